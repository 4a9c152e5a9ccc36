//! People before the form, who know of their submission only what they are told, and send again what was not answered.

use std::{
    io::Write as _,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use unticked_shared::{
    canonical,
    signature::SigningKey,
    submission::{TicketAnswer, TicketRequest},
};
use xtask::fetch::Fetched;

use crate::{
    book::{Book, Entry, Sent},
    collector::Collector,
    dice::Dice,
};

pub const SITE: &str = "http://localhost:7411";
const SUBMISSIONS: &str = "/v1/forms/contact/submissions";
const BOXES: [&str; 2] = ["newsletter", "phone-offers"];

/// What all of them share.
pub struct World {
    pub collectors: Vec<Collector>,
    pub book: Book,
    /// The version on the page.
    pub version: String,
    pub stop: AtomicBool,
}

/// One of them, until the world stops; whatever is under way is brought to its end.
pub fn live(world: &Arc<World>, dice: &mut Dice) {
    while !world.stop.load(Ordering::SeqCst) {
        match dice.below(10) {
            0 => {
                if let Some(entry) = world.book.pick(dice) {
                    send_again(world, &entry, dice);
                }
            }
            1 | 2 => {
                if let Some(entry) = world.book.pick(dice) {
                    withdraw(world, &entry, dice);
                }
            }
            _ => submit(world, dice),
        }
    }
}

/// Asks until somebody answers with something else than "not now".
fn insist(world: &World, dice: &mut Dice, mut ask: impl FnMut(&Collector) -> std::io::Result<Fetched>) -> Fetched {
    loop {
        let up: Vec<&Collector> = world.collectors.iter().filter(|one| one.is_up()).collect();
        if up.is_empty() {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        match ask(up[dice.below(up.len())]) {
            Ok(answer) if answer.status == 503 => {
                world.book.asked_for_patience.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(20));
            }
            Ok(answer) => return answer,
            Err(_) => {
                world.book.unanswered();
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn json_of(world: &World, what: &str, answer: &Fetched) -> Option<Value> {
    if answer.status != 200 {
        world.book.wrong(format!("{what} was answered {}: {}", answer.status, answer.text()));
        return None;
    }
    let read = serde_json::from_slice(&answer.body);
    read.map_err(|error| world.book.wrong(format!("{what}: {error}: {}", answer.text()))).ok()
}

fn submit(world: &World, dice: &mut Dice) {
    let asked = TicketRequest { version: world.version.clone(), language: "en".to_owned().try_into().unwrap() };
    let asked = serde_json::to_vec(&asked).unwrap();
    let headers = [("origin", SITE), ("content-type", "application/json")];
    let answer = insist(world, dice, |one| one.asks("POST", "/v1/forms/contact/tickets", &headers, &asked));
    let Some(ticket) = json_of(world, "a ticket", &answer) else { return };
    let ticket: TicketAnswer = serde_json::from_value(ticket).unwrap();

    let granted: Vec<&'static str> = BOXES.into_iter().filter(|_| dice.once_in(2)).collect();
    let (sent, _) = signed(&ticket, &granted, dice);
    let headers = headers_of(&sent);
    // Now and then nobody waits for the answer: the line is cut once it is on its way.
    if dice.once_in(12)
        && let Some(one) = world.collectors.iter().find(|one| one.is_up())
    {
        hang_up(one, &headers, &sent.body);
    }
    // A double click: the same twice at once.
    let answers: Vec<Fetched> = if dice.once_in(12) {
        let (mut one, mut two) = (dice.fork(), dice.fork());
        thread::scope(|scope| {
            let twin = scope.spawn(|| insist(world, &mut two, |c| c.asks("POST", SUBMISSIONS, &headers, &sent.body)));
            let first = insist(world, &mut one, |c| c.asks("POST", SUBMISSIONS, &headers, &sent.body));
            vec![first, twin.join().unwrap()]
        })
    } else {
        vec![insist(world, dice, |one| one.asks("POST", SUBMISSIONS, &headers, &sent.body))]
    };
    let mut told = answers.iter().filter_map(|answer| json_of(world, "a submission", answer));
    let Some(first) = told.next() else { return };
    let (answer, _) = crate::book::parted(first.clone());
    let entry = Entry { sent: sent.clone(), answer, granted: granted.clone(), withdrawn: false };
    world.book.accepted(sent, first, granted);
    for more in told {
        world.book.repeated(&entry, more);
    }
}

/// What the widget would send, signed with the ticket's key.
fn signed(ticket: &TicketAnswer, granted: &[&str], dice: &mut Dice) -> (Sent, Value) {
    let choice = |purpose: &str| if granted.contains(&purpose) { "granted" } else { "refused" };
    let number = dice.below(1_000_000);
    let topic = ["tea", "order", "delivery", "other"][dice.below(4)];
    let mut values = json!({
        "name": format!("Visitor {number}"),
        "email": format!("visitor.{number}@example.org"),
        "topic": topic,
        "message": "Where is my parcel? ".repeat(1 + dice.below(20)),
    });
    if dice.once_in(3) {
        values["phone"] = json!("+359 2 777 8899");
    }
    let body = json!({
        "ticket": ticket.ticket,
        "values": values,
        "choices": { "newsletter": choice("newsletter"), "phone-offers": choice("phone-offers") },
        "page": format!("{SITE}/en/contact"),
        "build": "0123456789abcdef",
    });
    let bytes = canonical::to_vec(&body).unwrap();
    let timestamp = ticket.issued_at + 1;
    let signature = SigningKey::from_base64(&ticket.key).unwrap().sign(&ticket.id, timestamp, &bytes);
    (Sent { id: ticket.id.clone(), timestamp: timestamp.to_string(), signature, body: bytes }, body)
}

fn headers_of(sent: &Sent) -> [(&str, &str); 5] {
    [
        ("origin", SITE),
        ("content-type", "application/json"),
        ("unticked-id", &sent.id),
        ("unticked-timestamp", &sent.timestamp),
        ("unticked-signature", &sent.signature),
    ]
}

/// Sends, and does not wait.
fn hang_up(collector: &Collector, headers: &[(&str, &str)], body: &[u8]) {
    let Ok(mut connection) = TcpStream::connect(collector.address()) else { return };
    let lines: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    let message = format!("POST {SUBMISSIONS} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{lines}\r\n");
    let _ = connection.write_all(&[message.as_bytes(), body].concat());
}

/// The same submission once more: one lead, one answer.
pub fn send_again(world: &World, entry: &Entry, dice: &mut Dice) {
    let headers = headers_of(&entry.sent);
    let answer = insist(world, dice, |one| one.asks("POST", SUBMISSIONS, &headers, &entry.sent.body));
    if let Some(answer) = json_of(world, "a submission sent again", &answer) {
        world.book.repeated(entry, answer);
    }
}

/// Takes back all of it, and looks.
fn withdraw(world: &World, entry: &Entry, dice: &mut Dice) {
    let body = serde_json::to_vec(&json!({ "token": entry.token() })).unwrap();
    let headers = [("content-type", "application/json")];
    let answer = insist(world, dice, |one| one.asks("POST", "/v1/preferences/withdraw", &headers, &body));
    let Some(answer) = json_of(world, "a withdrawal", &answer) else { return };
    stands_as(world, entry, &answer, true);
    world.book.withdrawn(&entry.sent.id);
}

/// How it stands must be what was decided.
pub fn look(world: &World, entry: &Entry, dice: &mut Dice) {
    let body = serde_json::to_vec(&json!({ "token": entry.token() })).unwrap();
    let headers = [("content-type", "application/json")];
    let answer = insist(world, dice, |one| one.asks("POST", "/v1/preferences", &headers, &body));
    if let Some(answer) = json_of(world, "the personal page", &answer) {
        stands_as(world, entry, &answer, entry.withdrawn);
    }
}

fn stands_as(world: &World, entry: &Entry, answer: &Value, withdrawn: bool) {
    for purpose in BOXES {
        let states = answer["purposes"].as_array().into_iter().flatten();
        let state = states.filter(|one| one["purpose"] == purpose).find_map(|one| one["state"].as_str());
        let right = match (entry.granted.contains(&purpose), withdrawn) {
            (false, _) => state == Some("refused"),
            (true, true) => state == Some("withdrawn"),
            (true, false) => matches!(state, Some("granted" | "granted_unconfirmed")),
        };
        if !right {
            let (id, granted) = (&entry.sent.id, &entry.granted);
            world
                .book
                .wrong(format!("{purpose} of {id} (granted {granted:?}, withdrawn {withdrawn}) stands as {state:?}"));
        }
    }
}
