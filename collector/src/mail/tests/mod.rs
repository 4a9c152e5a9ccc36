//! The mail room with a mail server of its own.

mod server;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use uuid::Uuid;

use self::server::{CERTIFICATE, Offers, Server};
use super::{
    letter::Letter,
    smtp::{Postman, Smtp},
    sql::{self, Kind},
    worker::{Tools, Worker},
    *,
};
use crate::{
    config::{DatabaseSettings, MailSettings, Secret, Security, SmtpServer},
    execute,
    store::Store,
    world::{Clock, Random},
};

const NOON: i64 = 1_795_435_200_000;

fn settings(server: &Server, security: Security) -> MailSettings {
    MailSettings {
        smtp: SmtpServer { host: "localhost".to_owned(), port: server.address.port(), security, user: None },
        password: None,
        from: "The shop <forms@shop.example>".parse().unwrap(),
        notify: vec!["owner@shop.example".parse().unwrap(), "Ann <ann@shop.example>".parse().unwrap()],
    }
}

fn letter() -> Letter {
    Letter { subject: "Новый лид".to_owned(), body: "A lead has arrived:\n\n  AAAA-0001\n.\n".to_owned() }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(NOON).unwrap()
}

struct House {
    server: Server,
    store: Store,
    hour: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&DatabaseSettings::sqlite(dir.path().join("main.db"))).await.unwrap();
        let hour = Arc::new(AtomicI64::new(NOON));
        Self { server: Server::start(Offers::Nothing), store, hour, _dir: dir }
    }

    fn worker(&self) -> Worker {
        let hour = Arc::clone(&self.hour);
        Worker::new(Tools {
            store: self.store.clone(),
            postman: Arc::new(Smtp::new(&settings(&self.server, Security::Plain)).unwrap()),
            host: "forms.shop.example".to_owned(),
            clock: Clock::custom(move || Timestamp::from_millisecond(hour.load(Ordering::SeqCst)).unwrap()),
            random: Random::system(),
        })
    }

    fn pass(&self, seconds: i64) {
        self.hour.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// A submission arrives, and is noted in its transaction.
    async fn arrives(&self, number: u128, state: &str) {
        let (id, reference) = (Uuid::from_u128(number), format!("AAAA-{number:04}"));
        let mut tx = self.store.begin().await.unwrap();
        execute!(&mut tx, "insert into subject (subject_id, created_at) values ($1, 0)", id).await.unwrap();
        execute!(
            &mut tx,
            "insert into submission (submission_id, subject_id, reference, form, version, language, method, state,
                 body_digest, received_at)
             values ($1, $1, $2, 'contact', '', 'en', 'widget', $3, x'00', $4)",
            id,
            reference,
            state,
            self.hour.load(Ordering::SeqCst),
        )
        .await
        .unwrap();
        sql::note(&mut tx, Kind::Submission, &[id], self.hour.load(Ordering::SeqCst)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn unsent(&self) -> Vec<sql::Unsent> {
        sql::unsent(&mut self.store.read().await.unwrap(), 10).await.unwrap()
    }
}

#[tokio::test]
async fn a_mail_is_from_the_shop_to_everybody_named_and_answers_itself_to_nobody() {
    let server = Server::start(Offers::Nothing);
    let smtp = Smtp::new(&settings(&server, Security::Plain)).unwrap();
    smtp.post(Uuid::from_u128(7), &letter(), now()).await.unwrap();
    let mails = server.mails();
    let mail = &mails[0];
    for part in [
        "From: \"The shop\" <forms@shop.example>",
        "To: owner@shop.example, Ann <ann@shop.example>",
        "Message-ID: <00000000-0000-0000-0000-000000000007@shop.example>",
        "Date: Mon, 23 Nov 2026 12:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "Subject: =?utf-8?b?",
        "AAAA-0001",
    ] {
        assert!(mail.contains(part), "{part} is not in\n{mail}");
    }
    assert!(server.commands().contains(&"RCPT TO:<ann@shop.example>".to_owned()), "{:?}", server.commands());
}

#[tokio::test]
async fn nothing_but_a_greeting_is_said_to_a_server_without_the_tls_that_was_asked_for() {
    let server = Server::start(Offers::Nothing);
    let settings = MailSettings {
        smtp: SmtpServer { user: Some("ann".to_owned()), ..settings(&server, Security::StartTls).smtp },
        password: Some(Secret::new("hunter2")),
        ..settings(&server, Security::StartTls)
    };
    let error = Smtp::new(&settings).unwrap().post(Uuid::nil(), &letter(), now()).await.unwrap_err();
    assert!(error.starts_with("smtp://localhost:"), "{error}");
    assert!(server.mails().is_empty());
    assert!(!server.commands().iter().any(|said| said.starts_with("AUTH") || said.starts_with("MAIL")));
    assert!(check(&settings).await.is_err());
}

#[tokio::test]
async fn with_starttls_everything_that_matters_is_said_under_tls_and_to_nobody_unknown() {
    let server = Server::start(Offers::StartTls);
    let plain = settings(&server, Security::StartTls);
    let settings = MailSettings {
        smtp: SmtpServer { user: Some("ann@shop.example".to_owned()), ..plain.smtp.clone() },
        password: Some(Secret::new("hunter2")),
        ..plain
    };
    let error = Smtp::new(&settings).unwrap().post(Uuid::nil(), &letter(), now()).await.unwrap_err();
    assert!(error.to_lowercase().contains("certificate"), "{error}");
    assert!(server.mails().is_empty());

    let known = TlsParameters::builder("localhost".to_owned())
        .add_root_certificate(Certificate::from_pem(CERTIFICATE).unwrap())
        .build_rustls()
        .unwrap();
    let smtp = Smtp::with_tls(&settings, Tls::Required(known));
    smtp.post(Uuid::nil(), &letter(), now()).await.unwrap();
    assert_eq!(server.mails().len(), 1);
    let said = server.commands();
    assert!(said.iter().any(|said| said.starts_with("tls AUTH PLAIN")), "{said:?}");
    assert!(!said.iter().any(|said| said.starts_with("AUTH") || said.starts_with("MAIL")), "{said:?}");
}

#[tokio::test]
async fn a_server_can_be_checked_without_a_mail() {
    let server = Server::start(Offers::Nothing);
    check(&settings(&server, Security::Plain)).await.unwrap();
    assert!(server.mails().is_empty());
    let away = MailSettings {
        smtp: SmtpServer { port: 1, ..settings(&server, Security::Plain).smtp },
        ..settings(&server, Security::Plain)
    };
    let error = check(&away).await.unwrap_err().to_string();
    assert!(error.contains("smtp+plain://localhost:1"), "{error}");
}

#[tokio::test]
async fn the_first_lead_is_told_at_once_and_what_comes_within_a_minute_together() {
    let house = House::new().await;
    let worker = house.worker();
    assert!(!worker.turn().await.unwrap(), "there is nothing to tell");
    house.arrives(1, "accepted").await;
    assert!(worker.turn().await.unwrap());
    for number in 2..40 {
        house.pass(1);
        house.arrives(number, if number == 7 { "quarantined" } else { "accepted" }).await;
        assert!(!worker.turn().await.unwrap(), "{number}");
    }
    house.pass(60);
    assert!(worker.turn().await.unwrap());
    assert!(!worker.turn().await.unwrap());
    let mails = house.server.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails[0].contains("Subject: New lead AAAA-0001 (contact) - forms.shop.example"), "{}", mails[0]);
    assert!(mails[1].contains("37 new leads, 1 waiting as suspected spam"), "{}", mails[1]);
    assert_eq!(house.unsent().await, []);
}

#[tokio::test]
async fn while_a_server_is_away_one_mail_gathers_everything_and_is_given_up_in_the_open() {
    let house = House::new().await;
    let worker = house.worker();
    house.server.refuses(true);
    house.arrives(1, "accepted").await;
    assert!(worker.turn().await.unwrap());
    for number in 2..10 {
        house.arrives(number, "accepted").await;
        house.pass(30 * 3600);
        assert!(worker.turn().await.unwrap());
    }
    let unsent = house.unsent().await;
    assert_eq!((unsent.len(), unsent[0].state.as_str(), unsent[0].attempt), (1, "waiting", 9));
    house.pass(30 * 3600);
    assert!(worker.turn().await.unwrap());
    let unsent = house.unsent().await;
    assert_eq!((unsent[0].state.as_str(), unsent[0].items), ("failed", 9));
    let reason = unsent[0].reason.as_deref().unwrap();
    assert!(reason.contains("gave up after 10 attempts") && reason.contains("550"), "{reason}");
    assert!(!reason.contains("owner@shop.example"), "{reason}");

    house.server.refuses(false);
    let mut tx = house.store.begin().await.unwrap();
    assert_eq!(sql::send_again(&mut tx, house.hour.load(Ordering::SeqCst)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(worker.turn().await.unwrap());
    assert!(house.server.mails()[0].contains("9 new leads"));
    assert_eq!(house.unsent().await, []);
}

#[tokio::test]
async fn a_mail_whose_sender_died_goes_again_under_the_same_id() {
    let house = House::new().await;
    house.arrives(1, "accepted").await;
    // The process dies between the claim and the outcome.
    let mail = Uuid::from_u128(55);
    let mut tx = house.store.begin().await.unwrap();
    sql::insert(&mut tx, mail, NOON).await.unwrap();
    sql::claim(&mut tx, NOON, Uuid::from_u128(1), NOON + 120_000).await.unwrap().unwrap();
    sql::attach(&mut tx, mail).await.unwrap();
    tx.commit().await.unwrap();
    let worker = house.worker();
    assert!(!worker.turn().await.unwrap(), "it may still be under way");
    house.pass(121);
    assert!(worker.turn().await.unwrap());
    assert!(house.server.mails()[0].contains(&format!("<{mail}@shop.example>")));
}

#[tokio::test]
async fn two_collectors_send_one_mail() {
    let house = House::new().await;
    house.arrives(1, "accepted").await;
    let (left, right) = (house.worker(), house.worker());
    let (left, right) = tokio::join!(left.turn(), right.turn());
    assert_eq!([left.unwrap(), right.unwrap()].iter().filter(|tried| **tried).count(), 1);
    assert_eq!(house.server.mails().len(), 1);
}

#[tokio::test]
async fn what_was_mended_meanwhile_is_not_told() {
    let house = House::new().await;
    let mut tx = house.store.begin().await.unwrap();
    sql::note(&mut tx, Kind::Delivery, &[Uuid::from_u128(1)], NOON).await.unwrap();
    tx.commit().await.unwrap();
    assert!(house.worker().turn().await.unwrap());
    assert!(house.server.mails().is_empty());
    assert_eq!(house.unsent().await, []);
}
