//! Documents that count for those who said yes to it, and tools that ask before they track.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;
use unticked_collector::{
    documents::{Name, View, sql::of_submission},
    erasure::{self, forget},
    fetch_optional, retention,
};
use unticked_shared::{definition::Tracked, evidence::Ground, signature::SigningKey};
use uuid::Uuid;

use crate::{
    crm::{Crm, SECRET},
    house::{Answer, House},
    visitor::Visitor,
};

const DAY: i64 = 24 * 3600;
const PDF: &str = "%PDF-1.7 the price list";

/// A shop that asks three things about what it sends, and its documents.
struct Shop {
    crm: Crm,
    house: House,
    folder: TempDir,
}

fn purpose(tracks: &str, kind: &str, more: &str) -> String {
    let text = |key: &str, text: &str| format!("{key}.en = \"{text}\"\n{key}.bg = \"{text}\"\n{key}.ar = \"{text}\"\n");
    format!(
        "kind = \"{kind}\"\nlegal_basis = \"consent\"\ntracks = \"{tracks}\"\n{more}{}{}[retention]\nperiod = \"P1Y\"\n{}",
        text("name", tracks),
        text("statement", "{controller} may look whether I look at this."),
        text("text", "one year"),
    )
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let documents = folder.path().join("documents");
        fs::create_dir_all(documents.join("mail")).unwrap();
        fs::write(documents.join("list.pdf"), PDF).unwrap();
        fs::write(documents.join("other.pdf"), "%PDF-1.7 another").unwrap();
        fs::write(documents.join("mail/dot.png"), b"\x89PNG").unwrap();
        fs::write(documents.join("page.html"), "<script>alert(1)</script>").unwrap();
        fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        let crm = Crm::open();
        let mut settings = crm.settings().to_vec();
        settings.push(format!("documents.dir={}", documents.display()));
        let house = House::open_with(&settings.iter().map(String::as_str).collect::<Vec<_>>());
        house.rewrite("destinations.toml", "http://127.0.0.1:7412", &crm.origin());
        house.rewrite("destinations.toml", "\"event\"]", "\"event\", \"looks\", \"opens\"]");
        house.write("purposes/looks.toml", &purpose("document-views", "analytics", ""));
        house.write("purposes/opens.toml", &purpose("mail-opens", "profiling", ""));
        house.write("purposes/clicks.toml", &purpose("mail-clicks", "analytics", "confirm_by_mail = true\n"));
        let purposes = "\"phone-offers\"]\ndestinations";
        house.rewrite(
            "forms/contact.toml",
            purposes,
            "\"phone-offers\", \"looks\", \"opens\", \"clicks\"]\ndestinations",
        );
        house.rewrite(
            "forms/contact.toml",
            "[\"enquiry\", \"newsletter\"]",
            "[\"enquiry\", \"newsletter\", \"clicks\"]",
        );
        house.reload().unwrap();
        Self { crm, house, folder }
    }

    /// Somebody who ticks these, and whose lead the CRM has.
    fn person(&self, ticked: &[&str]) -> Person<'_> {
        let visitor = Visitor::with_an_enquiry(&self.house);
        let visitor = ticked.iter().fold(visitor, |visitor, purpose| visitor.ticks(purpose));
        let answer = visitor.sends(&self.house).expect(200).json();
        self.house.until_settled();
        let reference = answer["reference"].as_str().unwrap().to_owned();
        let token = answer["preferences"].as_str().unwrap().split('#').nth(1).unwrap().to_owned();
        let submission = self.house.with_store(async |store| {
            let connection = &mut store.read().await.unwrap();
            let found: Option<(Uuid,)> = fetch_optional!(
                connection,
                (Uuid,),
                "select submission_id from submission where reference = $1",
                reference.as_str()
            )
            .await
            .unwrap();
            found.unwrap().0
        });
        Person { shop: self, reference, token, submission }
    }

    fn asks_with(&self, secret: &str, body: &Value) -> Answer {
        let (id, at) = ("msg_1", self.house.now());
        let body = serde_json::to_vec(body).unwrap();
        let signature = SigningKey::from_secret(secret).unwrap().sign(id, at, &body);
        let at = at.to_string();
        let headers = [("webhook-id", id), ("webhook-timestamp", &at), ("webhook-signature", &signature)];
        self.house.send("POST", "/v1/allowed", &headers, &body)
    }

    fn asks(&self, body: &Value) -> Answer {
        self.asks_with(SECRET, body)
    }
}

struct Person<'s> {
    shop: &'s Shop,
    reference: String,
    token: String,
    submission: Uuid,
}

impl Person<'_> {
    /// The path of a link of their own, whatever they allow.
    fn link(&self, tracked: Tracked, file: &str) -> String {
        let documents = &self.shop.house.app().documents;
        path(&documents.link(Some(self.submission), tracked, &Name::parse(file).unwrap()))
    }

    fn views(&self) -> Vec<View> {
        let submission = self.submission;
        self.shop
            .house
            .with_store(async |store| of_submission(&mut store.read().await.unwrap(), submission).await.unwrap())
    }

    /// How often, row by row.
    fn counts(&self) -> Vec<i64> {
        self.views().into_iter().map(|view| view.views).collect()
    }

    fn takes_back(&self, purpose: &str) {
        let body = json!({"token": self.token, "purposes": [purpose]}).to_string();
        let headers = [("content-type", "application/json")];
        self.shop.house.send("POST", "/v1/preferences/withdraw", &headers, body.as_bytes()).expect(200);
    }

    /// What the CRM is told of one thing.
    fn allowed(&self, kind: &str) -> Value {
        let answer = self.shop.asks(&json!({"destination": "crm", "reference": self.reference})).expect(200);
        answer.json()["tracking"][kind].clone()
    }
}

fn path(link: &str) -> String {
    link.strip_prefix("https://forms.example").unwrap().to_owned()
}

#[test]
fn whoever_said_yes_is_counted_by_the_day_and_whoever_said_no_never() {
    let shop = Shop::open();
    let (ann, bob) = (shop.person(&["looks"]), shop.person(&["opens"]));
    let link = ann.link(Tracked::DocumentViews, "list.pdf");
    for _ in 0..3 {
        assert_eq!(shop.house.get(&link, &[]).expect(200).text(), PDF);
    }
    shop.house.wait(DAY);
    shop.house.get(&link, &[]).expect(200);
    assert_eq!(ann.counts(), [3, 1]);
    let view = &ann.views()[0];
    assert_eq!(
        (view.kind.as_str(), view.document.as_str(), view.purpose.as_str()),
        ("document-views", "list.pdf", "looks")
    );
    assert_eq!(view.day % (DAY * 1000), 0, "nothing but the day");
    let refused = bob.link(Tracked::DocumentViews, "list.pdf");
    assert_eq!(shop.house.get(&refused, &[]).expect(200).text(), PDF, "the same for whoever refuses");
    assert_eq!(bob.counts(), [0; 0]);
    shop.house.get(&bob.link(Tracked::MailOpens, "mail/dot.png"), &[]).expect(200);
    assert_eq!((bob.counts(), bob.views()[0].kind.as_str()), (vec![1], "mail-opens"));
    shop.house.get(&ann.link(Tracked::MailOpens, "mail/dot.png"), &[]).expect(200);
    assert_eq!(ann.counts(), [3, 1], "a yes to one thing is none to another");
}

#[test]
fn who_takes_it_back_is_not_counted_from_that_moment_on_and_what_was_counted_goes() {
    let shop = Shop::open();
    let ann = shop.person(&["looks", "opens"]);
    let (list, dot) = (ann.link(Tracked::DocumentViews, "list.pdf"), ann.link(Tracked::MailOpens, "mail/dot.png"));
    shop.house.get(&list, &[]).expect(200);
    shop.house.get(&dot, &[]).expect(200);
    assert_eq!(ann.allowed("document-views")["allowed"], true);
    ann.takes_back("looks");
    assert_eq!(ann.views().iter().map(|view| view.kind.as_str()).collect::<Vec<_>>(), ["mail-opens"], "at once");
    assert_eq!(shop.house.get(&list, &[]).expect(200).text(), PDF, "the link leads to the file all the same");
    assert_eq!(ann.counts(), [1]);
    assert_eq!(ann.allowed("document-views")["allowed"], false);
    assert_eq!(ann.allowed("mail-opens")["allowed"], true);
}

#[test]
fn a_yes_that_nobody_confirmed_is_none() {
    let shop = Shop::open();
    let ann = shop.person(&["clicks"]);
    shop.house.get(&ann.link(Tracked::MailClicks, "list.pdf"), &[]).expect(200);
    assert_eq!(ann.counts(), [0; 0]);
}

#[test]
fn when_the_promised_period_is_over_nothing_is_counted_and_nothing_kept() {
    let shop = Shop::open();
    let ann = shop.person(&["looks"]);
    let link = ann.link(Tracked::DocumentViews, "list.pdf");
    shop.house.get(&link, &[]).expect(200);
    shop.house.wait(366 * DAY);
    shop.house.get(&link, &[]).expect(200);
    assert!(ann.counts().len() <= 1, "what is over is not counted, even before a rule was carried out");
    assert_eq!(ann.allowed("document-views")["allowed"], false);
    shop.house.until("the counts went with their purpose", |_| ann.counts().is_empty());
    shop.house.get(&link, &[]).expect(200);
    assert_eq!(ann.counts(), [0; 0]);
}

#[test]
fn whoever_is_forgotten_leaves_no_count() {
    let shop = Shop::open();
    let (ann, bob) = (shop.person(&["looks"]), shop.person(&["looks"]));
    let link = ann.link(Tracked::DocumentViews, "list.pdf");
    shop.house.get(&link, &[]).expect(200);
    shop.house.get(&bob.link(Tracked::DocumentViews, "list.pdf"), &[]).expect(200);
    let app = shop.house.app().clone();
    shop.house.with_store(async |store| {
        let (forms, vault, ledger) = (app.forms.clone(), app.vault.clone(), app.ledger.clone());
        let tools =
            retention::Tools::new(store.clone(), forms, vault, ledger, 30).forgetting(app.settings.erasure.clone());
        let found = erasure::look_up(&tools, None, Some(&ann.reference)).await.unwrap();
        let order =
            erasure::Order { ground: Ground::Withdrawal, request: None, despite_obligation: false, since: None };
        forget(&tools, &found[0], &order, app.clock.now(), std::time::Duration::from_secs(5)).await.unwrap();
    });
    assert_eq!(ann.counts(), [0; 0]);
    assert_eq!(shop.house.get(&link, &[]).expect(200).text(), PDF);
    assert_eq!(ann.counts(), [0; 0]);
    assert_eq!(ann.allowed("document-views")["allowed"], false);
    assert_eq!(bob.counts(), [1]);
}

#[test]
fn what_only_looks_ahead_or_asks_for_the_headers_is_no_view() {
    let shop = Shop::open();
    let ann = shop.person(&["looks", "opens"]);
    let link = ann.link(Tracked::DocumentViews, "list.pdf");
    let head = shop.house.send("HEAD", &link, &[], b"").expect(200);
    assert_eq!(head.header("content-length"), Some(PDF.len().to_string().as_str()));
    for header in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("Purpose", "Prefetch"),
        ("x-moz", "prefetch"),
        ("x-purpose", "preview"),
        ("range", "bytes=4-9"),
    ] {
        assert_eq!(shop.house.get(&link, &[header]).expect(200).text(), PDF, "{header:?}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        shop.house.send(method, &link, &[], b"").expect_problem(405, "method-not-allowed");
    }
    assert_eq!(ann.counts(), [0; 0]);
    shop.house.get(&link, &[("range", "bytes=0-")]).expect(200);
    shop.house.get(&link, &[("sec-gpc", "1")]).expect(200);
    assert_eq!(ann.counts(), [2], "statistics are not what the signal is about");
    let dot = ann.link(Tracked::MailOpens, "mail/dot.png");
    shop.house.get(&dot, &[("sec-gpc", "1")]).expect(200);
    assert_eq!(ann.counts(), [2], "profiling is");
}

#[test]
fn a_token_opens_its_own_file_and_no_other() {
    let shop = Shop::open();
    let (ann, bob) = (shop.person(&["looks"]), shop.person(&[]));
    let link = ann.link(Tracked::DocumentViews, "list.pdf");
    let token = link.split('/').nth(2).unwrap();
    let theirs = bob.link(Tracked::DocumentViews, "list.pdf");
    let altered = format!("{}{}", &token[..43], if token.ends_with('A') { "B" } else { "A" });
    let nobody = "A".repeat(44);
    for wrong in [
        format!("/d/{token}/other.pdf"),
        format!("/d/{altered}/list.pdf"),
        format!("/d/{nobody}/list.pdf"),
        format!("/d/{}/list.pdf", &token[1..]),
        format!("/d/{token}/"),
        format!("/d/{token}"),
        format!("/d/{token}/none.pdf"),
    ] {
        shop.house.get(&wrong, &[]).expect_problem(404, "not-found");
    }
    shop.house.get(&theirs, &[]).expect(200);
    assert_eq!((ann.counts(), bob.counts()), (vec![], vec![]));
    // A person who never was, under a key of ours: the file, and no row.
    let documents = &shop.house.app().documents;
    let made_up = documents.link(Some(Uuid::from_u128(7)), Tracked::DocumentViews, &Name::parse("list.pdf").unwrap());
    shop.house.get(&path(&made_up), &[]).expect(200);
}

#[test]
fn nothing_outside_the_folder_is_served_and_nothing_is_listed() {
    let shop = Shop::open();
    #[cfg(unix)]
    std::os::unix::fs::symlink(shop.folder.path().join("secret.txt"), shop.folder.path().join("documents/out.txt"))
        .unwrap();
    fs::write(shop.folder.path().join("documents/.env"), "secret").unwrap();
    assert!(Path::new(&shop.folder.path().join("secret.txt")).exists());
    for path in [
        "/d",
        "/d/",
        "/d/mail",
        "/d/mail/",
        "/d/.env",
        "/d/../secret.txt",
        "/d/%2e%2e/secret.txt",
        "/d/..%2fsecret.txt",
        "/d/mail/..%2f..%2fsecret.txt",
        "/d/..%5csecret.txt",
        "/d/%2fetc%2fpasswd",
        "/d//etc/passwd",
        "/d/out.txt",
        "/d/list.pdf%00",
        "/d/list.pdf/",
        "/d/./list.pdf",
    ] {
        let answer = shop.house.get(path, &[]).expect_problem(404, "not-found");
        assert!(!answer.text().contains("secret"), "{path}");
    }
    shop.house.get("/d/%ff.pdf", &[]).expect(400);
}

#[test]
fn a_plain_link_is_a_file_and_a_personal_one_is_kept_by_nobody() {
    let shop = Shop::open();
    let ann = shop.person(&["looks"]);
    let plain = shop.house.get("/d/list.pdf", &[]).expect(200);
    assert_eq!(plain.header("content-type"), Some("application/pdf"));
    let tag = plain.header("etag").unwrap().to_owned();
    shop.house.get("/d/list.pdf", &[("if-none-match", &tag)]).expect(304);
    fs::write(shop.folder.path().join("documents/list.pdf"), format!("{PDF} of next year")).unwrap();
    shop.house.get("/d/list.pdf", &[("if-none-match", &tag)]).expect(200);
    let own = shop.house.get(&ann.link(Tracked::DocumentViews, "list.pdf"), &[("if-none-match", &tag)]).expect(200);
    assert_eq!(own.header("cache-control"), Some("private, no-store"));
    assert_eq!(own.header("etag"), None);
    let page = shop.house.get(&ann.link(Tracked::DocumentViews, "page.html"), &[]).expect(200);
    assert!(page.header("content-security-policy").unwrap().starts_with("sandbox; default-src 'none'"));
    for answer in [&plain, &own, &page] {
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("x-robots-tag"), Some("noindex"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"), "images stand in mails");
        assert_eq!(answer.header("set-cookie"), None);
    }
    let big: Vec<u8> = (0..1_000_000u32).map(|at| at.to_le_bytes()[at as usize % 3]).collect();
    fs::write(shop.folder.path().join("documents/big.png"), &big).unwrap();
    assert_eq!(shop.house.get("/d/big.png", &[]).expect(200).0.body, big);
}

#[test]
fn two_who_look_at_once_are_two_views_in_one_row() {
    let shop = Shop::open();
    let ann = shop.person(&["looks"]);
    let link = ann.link(Tracked::DocumentViews, "list.pdf");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| shop.house.get(&link, &[]).expect(200));
        }
    });
    assert_eq!(ann.counts(), [8]);
    for _ in 0..40 {
        shop.house.get(&link, &[]).expect(200);
    }
    assert_eq!(ann.counts(), [30], "whoever has a link keeps nobody from the writer");
}

#[test]
fn a_file_is_served_even_when_nothing_can_be_counted() {
    let shop = Shop::open();
    let ann = shop.person(&["looks"]);
    shop.house.make_read_only();
    assert_eq!(shop.house.get(&ann.link(Tracked::DocumentViews, "list.pdf"), &[]).expect(200).text(), PDF);
}

#[test]
fn a_destination_learns_what_it_may_track_of_those_whose_lead_it_has() {
    let shop = Shop::open();
    let (ann, bob) = (shop.person(&["looks", "clicks"]), shop.person(&["opens"]));
    let now = json!({"allowed": true, "purpose": "looks", "since": ann.allowed("document-views")["since"]});
    assert_eq!(ann.allowed("document-views"), now);
    assert!(now["since"].as_str().unwrap().starts_with("2026-11-23T"));
    let opens = ann.allowed("mail-opens");
    assert_eq!((&opens["allowed"], &opens["purpose"]), (&json!(false), &json!("opens")));
    let nothing = json!({"allowed": false});
    assert_eq!(ann.allowed("mail-clicks"), nothing, "this destination does not serve that purpose");
    let subject = shop.crm.events()[1]["data"]["subject"].clone();
    let body = json!({"destination": "crm", "document": "list.pdf", "people": [
        {"reference": ann.reference.to_lowercase().replace('-', " ")},
        {"subject": subject},
        {"reference": "XXXX-XXXX"},
        {"subject": "019abfd2-0000-7000-8000-000000000001"},
        {"email": "nobody@example.org"},
        {"email": "no address"},
    ]});
    let results = shop.asks(&body).expect(200).json()["results"].clone();
    assert_eq!(results[0]["tracking"]["document-views"], now);
    let links: Vec<&str> = results.as_array().unwrap().iter().map(|one| one["link"].as_str().unwrap()).collect();
    assert_eq!(path(links[0]), ann.link(Tracked::DocumentViews, "list.pdf"));
    assert!(links[1..].iter().all(|link| *link == "https://forms.example/d/list.pdf"), "{links:?}");
    assert_eq!(results[1]["tracking"]["mail-opens"]["allowed"], true);
    let never = json!({"document-views": nothing, "mail-clicks": nothing, "mail-opens": nothing});
    for unknown in 2..6 {
        assert_eq!(results[unknown]["tracking"], never, "as one who was never asked");
    }
    let pixel =
        json!({"destination": "crm", "document": "mail/dot.png", "kind": "mail-opens", "reference": bob.reference});
    let link = shop.asks(&pixel).expect(200).json()["link"].as_str().unwrap().to_owned();
    shop.house.get(&path(&link), &[]).expect(200);
    assert_eq!((bob.views()[0].kind.as_str(), bob.counts()), ("mail-opens", vec![1]));
}

#[test]
fn by_address_the_last_word_holds_and_only_of_leads_that_were_received() {
    let shop = Shop::open();
    let by_address = |email: &str| {
        let answer = shop.asks(&json!({"destination": "crm", "email": email})).expect(200).json();
        answer["tracking"]["document-views"]["allowed"].as_bool().unwrap()
    };
    let first = shop.person(&["looks"]);
    assert!(by_address("Ann.Canary@example.org") && !by_address("ann@example.org"));
    shop.house.wait(DAY);
    let second = shop.person(&[]);
    assert!(!by_address("ann.canary@example.org"), "a later refusal");
    assert_eq!(first.allowed("document-views")["allowed"], true, "that lead has its own yes");
    shop.house.wait(DAY);
    let third = shop.person(&["looks"]);
    assert!(by_address("ann.canary@example.org"), "a later yes");
    first.takes_back("looks");
    assert!(!by_address("ann.canary@example.org"), "what was taken back last, whichever lead it belonged to");
    assert_eq!(third.allowed("document-views")["allowed"], true);
    assert_eq!(second.counts(), [0; 0]);
    // Somebody whose lead the destination does not have: nobody, to it.
    shop.crm.says(500);
    let house = &shop.house;
    house.rewrite("forms/contact.toml", "destinations = [\"crm\"]", "destinations = []");
    house.reload().unwrap();
    let visitor = Visitor::with_an_enquiry(house).types("email", "eve@example.org").ticks("looks");
    visitor.sends(house).expect(200);
    assert!(!by_address("eve@example.org"));
}

#[test]
fn strangers_learn_nothing_and_what_cannot_be_read_is_refused() {
    let shop = Shop::open();
    let ann = shop.person(&["looks"]);
    let stranger = "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vyc3RyYW5nZXI=";
    let known = json!({"destination": "crm", "reference": ann.reference});
    let texts = [
        &known,
        &json!({"destination": "crm", "reference": "XXXX-XXXX"}),
        &json!({"destination": "nobody", "reference": "X"}),
    ]
    .map(|body| shop.asks_with(stranger, body).expect_problem(401, "signature-invalid").text());
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    shop.house.send("POST", "/v1/allowed", &[], known.to_string().as_bytes()).expect_problem(401, "signature-invalid");
    shop.house.get("/v1/allowed", &[]).expect_problem(405, "method-not-allowed");
    let reference = &ann.reference;
    for body in [
        json!([]),
        json!({"destination": "crm"}),
        json!({"destination": "crm", "reference": reference, "email": "ann.canary@example.org"}),
        json!({"destination": "crm", "people": []}),
        json!({"destination": "crm", "people": [{}]}),
        json!({"destination": "crm", "people": [{"reference": reference}], "reference": reference}),
        json!({"destination": "crm", "people": vec![json!({"reference": reference}); 101]}),
        json!({"destination": "crm", "reference": "x".repeat(321)}),
        json!({"destination": "crm", "reference": reference, "kind": "mail-opens"}),
        json!({"destination": "crm", "reference": reference, "document": "list.pdf", "kind": "mail-reads"}),
        json!({"destination": "crm", "reference": reference, "when": "now"}),
    ] {
        shop.asks(&body).expect_problem(400, "malformed");
    }
    let lost = json!({"destination": "crm", "reference": reference, "document": "../secret.txt"});
    shop.asks(&lost).expect_problem(404, "not-found");
    assert_eq!(shop.asks(&known).expect(200).header("cache-control"), Some("no-store"));
}
