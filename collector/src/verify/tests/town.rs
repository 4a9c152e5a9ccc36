//! Visitors, withdrawals, engagements, ends: everything that makes a record.

use std::path::PathBuf;

use jiff::SignedDuration;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use unticked_shared::{evidence::Method, id::DestinationId};
use uuid::Uuid;

use crate::{
    config,
    engagements::{self, Report},
    preferences::{self, Asked, By, Preferences},
    retention::{
        Retention,
        tests::{DAY, YEAR, enforce},
    },
    store::values::millis,
    submissions::{decide::Arrival, reached, tests::House},
    verify::Tools,
};

/// A house with everything in it.
pub struct Town {
    pub house: House,
    /// The pseudonyms and references of who sent something, in order.
    pub sent: Vec<String>,
}

impl Town {
    /// So many visitors; a third of them is a year older than the rest.
    pub async fn build(visitors: usize) -> Self {
        let mut town = Self { house: House::new().await, sent: Vec::new() };
        let old = visitors / 3;
        town.send(0, old).await;
        town.publish().await;
        town.take_back(old / 5).await;
        town.deliver().await;
        town.house.hour.pass(10 * DAY);
        town.hear_of(old / 4).await;
        town.publish().await;
        town.house.hour.pass(YEAR);
        enforce(&town.house).await;
        town.send(old, visitors).await;
        town.take_back(visitors / 4).await;
        town.publish().await;
        reached::note(&town.house.needs.store, town.house.hour.now()).await.unwrap();
        town
    }

    pub fn tools(&self) -> Tools {
        let needs = &self.house.needs;
        Tools { store: needs.store.clone(), vault: needs.vault.clone(), clock: self.house.hour.clock() }
    }

    /// The `n`th visitor: every second one leaves a number, every third one ticks the newsletter, some have no script.
    pub fn visitor(&self, n: usize) -> Arrival {
        let mut visitor = self.house.visitor().enters("email", &format!("visitor{n}@example.org"));
        if n.is_multiple_of(2) {
            visitor = visitor.enters("phone", &format!("+353 1 {n:06}")).ticks("calls");
        }
        if n.is_multiple_of(3) {
            visitor = visitor.ticks("newsletter");
        }
        if n % 11 == 3 {
            visitor.submission.trap = "http://spam.example".to_owned();
        }
        if n % 5 == 4 { visitor.native() } else { visitor.signed() }
    }

    pub async fn send(&mut self, from: usize, to: usize) {
        for n in from..to {
            let arrival = self.visitor(n);
            self.sent.push(self.house.submissions.submit(arrival).await.unwrap().accepted.reference);
        }
    }

    /// The last `count` of those who consented to calls take it back.
    async fn take_back(&self, count: usize) {
        let needs = &self.house.needs;
        let preferences = Preferences::new(preferences::Needs {
            store: needs.store.clone(),
            forms: needs.forms.clone(),
            vault: needs.vault.clone(),
            ledger: needs.ledger.clone(),
            outbox: needs.outbox.clone(),
            retention: Retention::default(),
            links: needs.links.clone(),
            clock: self.house.hour.clock(),
        });
        let by = By { method: Method::Page, client: None };
        for reference in self.sent.iter().rev().step_by(2).take(count) {
            let submission = self.submission(reference).await;
            preferences.withdraw(&needs.links.token(submission), &Asked::All, &by).await.unwrap();
        }
    }

    pub async fn submission(&self, reference: &str) -> Uuid {
        let found = crate::leads::Leads::find(&self.house.needs.store, reference).await.unwrap();
        found.unwrap().submission.submission_id
    }

    /// The CRM has received some of it.
    async fn deliver(&self) {
        let now = millis(self.house.hour.now());
        let mut tx = self.house.needs.store.begin().await.unwrap();
        for _ in 0..3 {
            let claimed =
                crate::outbox::sql::claim(&mut tx, "crm", now, 8, Uuid::from_u128(7), now + 60_000).await.unwrap();
            for one in claimed {
                crate::outbox::sql::delivered(&mut tx, one.delivery_id, 204, now).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }

    /// The CRM has heard of the first ones again.
    async fn hear_of(&self, count: usize) {
        let needs = &self.house.needs;
        let tools = engagements::Tools {
            store: needs.store.clone(),
            forms: needs.forms.clone(),
            vault: needs.vault.clone(),
            ledger: needs.ledger.clone(),
        };
        let at = self.house.hour.now() - SignedDuration::from_hours(24);
        let engaged = self.sent.iter().take(count).map(|reference| {
            let person = engagements::Person::Reference(reference.clone());
            engagements::Engaged { person, at }
        });
        let message = Report {
            destination: DestinationId::parse("crm").unwrap(),
            served: ["enquiry", "calls"].iter().map(|id| crate::retention::tests::purpose(id)).collect(),
            message: "m1".to_owned(),
            digest: [1; 32],
            engaged: engaged.collect(),
        };
        engagements::report(&tools, &message, self.house.hour.now()).await.unwrap();
    }

    /// The world has seen the head.
    pub async fn publish(&self) {
        let signed = self.house.needs.ledger.catch_up().await.unwrap();
        let mut main = self.connect("main").await;
        sqlx::query(
            "insert into ledger_checkpoint (origin_number, size, root, note, published_at) values (1, $1, $2, $3, $4)",
        )
        .bind(i64::try_from(signed.head.size).unwrap())
        .bind(signed.head.root.to_vec())
        .bind(signed.note.clone())
        .bind(millis(self.house.hour.now()))
        .execute(&mut main)
        .await
        .unwrap();
        main.close().await.unwrap();
    }

    pub fn file(&self, database: &str) -> PathBuf {
        let settings = config::DatabaseSettings::sqlite(self.house.dir.path().join("main.db"));
        let place = if database == "main" { settings.main } else { settings.keys };
        let config::Database::Sqlite { file } = place else { unreachable!() };
        file
    }

    /// A hand of its own in one of the files, bound by no rule.
    pub async fn connect(&self, database: &str) -> SqliteConnection {
        hand(&self.file(database)).await
    }
}

/// A connection to a file, bound by no rule of ours.
pub async fn hand(file: &std::path::Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .foreign_keys(false)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Off)
        .pragma("ignore_check_constraints", "on");
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Runs what a hand does; false where the database itself refuses.
pub async fn does(hand: &mut SqliteConnection, sql: String) -> Option<u64> {
    sqlx::query(AssertSqlSafe(sql)).execute(hand).await.ok().map(|done| done.rows_affected())
}

/// One column of text.
pub async fn column(hand: &mut SqliteConnection, sql: String) -> Vec<String> {
    let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(hand).await.unwrap();
    rows.into_iter().map(|(text,)| text).collect()
}
