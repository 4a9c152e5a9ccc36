//! `unticked deliveries list|retry`

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use clap::Subcommand;
use unticked_collector::{
    config::Sources,
    leads::{self, sql::Undelivered},
    store::Store,
    submissions::reference::as_typed,
    world::Clock,
};

use super::{Done, FOUND_WANTING, harmless, not_written, shown_time, unreadable};

/// What to do with what did not arrive.
#[derive(Subcommand)]
pub enum Deliveries {
    /// Lists what waits, is held or was given up, each with its reason; mails to the owner, too
    List {
        /// For programs: an array of objects
        #[arg(long)]
        json: bool,
    },
    /// Sends again at once what waits for another attempt or was given up
    Retry {
        /// The lead, such as `K7QD-93XF`
        #[arg(required_unless_present_any = ["all", "mail"], conflicts_with_all = ["all", "mail"])]
        reference: Option<String>,
        /// Of every lead, and mails to the owner
        #[arg(long)]
        all: bool,
        /// Only mails to the owner
        #[arg(long, conflicts_with = "all")]
        mail: bool,
        /// Only to this destination
        #[arg(long, value_name = "NAME", conflicts_with = "mail")]
        destination: Option<String>,
    },
}

/// Opens the database and does it.
pub fn run(sources: &Sources, what: &Deliveries) -> ExitCode {
    super::with_store(sources, async |_, store| match what {
        Deliveries::List { json } => list(store, *json).await,
        Deliveries::Retry { reference, mail, destination, .. } => {
            let reference = reference.as_deref().map(as_typed);
            retry(store, reference.as_deref(), destination.as_deref(), *mail).await
        }
    })
}

async fn list(store: &Store, json: bool) -> Done {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut shown = 0;
    let mut walk = leads::deliveries::Walk::default();
    loop {
        let page = walk.next(store).await.map_err(unreadable)?;
        if page.is_empty() {
            break;
        }
        for one in &page {
            let line = if json { as_json(one, shown) } else { as_line(one) };
            out.write_all(line.as_bytes()).map_err(not_written)?;
            shown += 1;
        }
    }
    for mail in leads::deliveries::mails(store).await.map_err(unreadable)? {
        let line = if json { mail_json(&mail, shown) } else { mail_line(&mail) };
        out.write_all(line.as_bytes()).map_err(not_written)?;
        shown += 1;
    }
    if json {
        out.write_all(if shown == 0 { b"[]\n" } else { b"\n]\n" }).map_err(not_written)?;
    }
    out.flush().map_err(not_written)?;
    if shown == 0 && !json {
        eprintln!("Everything was delivered.");
    }
    Ok(ExitCode::SUCCESS)
}

fn as_line(one: &Undelivered) -> String {
    let reference = one.reference.as_deref().unwrap_or("(removed)");
    let how = match one.state.as_str() {
        "held" => format!("held: suspected spam, `unticked quarantine release {reference}` lets it go"),
        "behind" => "waiting until what it follows has arrived".to_owned(),
        "failed" => format!("given up {}", one.settled_at.map(shown_time).unwrap_or_default()),
        _ => format!("waiting, next attempt {}", shown_time(one.due_at)),
    };
    let reason = match (&one.reason, one.attempt) {
        (Some(reason), _) => format!("  {reason}"),
        (None, 0) => String::new(),
        (None, _) => "  under way".to_owned(),
    };
    format!("{}\n", harmless(&format!("{reference}  {}  {}  {how}{reason}", one.destination, one.kind)))
}

fn as_json(one: &Undelivered, before: usize) -> String {
    let object = serde_json::json!({
        "reference": one.reference,
        "destination": one.destination,
        "event": one.kind,
        "state": one.state,
        "attempts": one.attempt,
        "reason": one.reason,
        "due_at": (one.state == "waiting").then(|| shown_time(one.due_at)),
        "settled_at": one.settled_at.map(shown_time),
    });
    format!("{}{object}", if before == 0 { "[\n" } else { ",\n" })
}

fn mail_line(mail: &unticked_collector::mail::sql::Unsent) -> String {
    let how = if mail.state == "failed" {
        "given up".to_owned()
    } else {
        format!("waiting, next attempt {}", shown_time(mail.due_at))
    };
    let reason = mail.reason.as_deref().map(|reason| format!("  {reason}")).unwrap_or_default();
    format!("{}\n", harmless(&format!("mail to you  of {}  {how}{reason}", shown_time(mail.created_at))))
}

fn mail_json(mail: &unticked_collector::mail::sql::Unsent, before: usize) -> String {
    let object = serde_json::json!({
        "reference": null,
        "destination": "mail",
        "event": "owner.mail",
        "state": mail.state,
        "attempts": mail.attempt,
        "reason": mail.reason,
        "due_at": (mail.state == "waiting").then(|| shown_time(mail.due_at)),
        "settled_at": null,
    });
    format!("{}{object}", if before == 0 { "[\n" } else { ",\n" })
}

async fn retry(store: &Store, reference: Option<&str>, destination: Option<&str>, mail: bool) -> Done {
    let now = Clock::system().now();
    let (mut deliveries, mut mails) = (0, 0);
    if !mail {
        deliveries = leads::deliveries::retry(store, reference, destination, now).await.map_err(unreadable)?;
    }
    if reference.is_none() && destination.is_none() {
        mails = leads::deliveries::retry_mails(store, now).await.map_err(unreadable)?;
    }
    if deliveries + mails == 0 {
        eprintln!("Nothing that fits waits or was given up; `unticked deliveries list` shows what does.");
        return Err(ExitCode::from(FOUND_WANTING));
    }
    if deliveries > 0 {
        println!("{deliveries} deliveries go again now; `unticked deliveries list` shows how they fare");
    }
    if mails > 0 {
        println!("{mails} mails go again now");
    }
    Ok(ExitCode::SUCCESS)
}
