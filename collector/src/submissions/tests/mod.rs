//! A shop with one form, in which the room's rules are tried.

mod canaries;
mod deciding;
mod failures;
mod flow;
mod references;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::Timestamp;
use unticked_shared::{
    canonical,
    decision::Choice,
    id::{FieldId, FormId, Language, PurposeId},
    signature::sha256,
    submission::{Submission, Value},
};

use super::{
    decide::{Arrival, Proof, Signed},
    *,
};
use crate::{
    config::DatabaseSettings, forms::Version, placements::tickets::Shown, store::Watch, vault::Ring, world::Random,
};

pub const SITE: &str = "https://shop.example";

/// Where the shop's definitions lie.
pub fn definitions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/submissions/tests/shop")
}

/// An hour that tests can move.
#[derive(Clone)]
pub struct Hour(Arc<AtomicI64>);

impl Hour {
    pub fn noon() -> Self {
        Self(Arc::new(AtomicI64::new("2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap().as_second())))
    }

    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub fn clock(&self) -> Clock {
        let hour = self.clone();
        Clock::custom(move || hour.now())
    }
}

/// The room with everything around it.
pub struct House {
    pub submissions: Submissions,
    pub hour: Hour,
    pub needs: Needs,
    pub dir: tempfile::TempDir,
}

impl House {
    pub async fn new() -> Self {
        Self::with(None, Random::system()).await
    }

    pub async fn watched(watch: Arc<dyn Watch>) -> Self {
        Self::with(Some(watch), Random::system()).await
    }

    pub async fn with(watch: Option<Arc<dyn Watch>>, random: Random) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings::sqlite(dir.path().join("main.db"));
        let hour = Hour::noon();
        // The forms are archived before anybody watches.
        let unwatched = Store::open(&settings).await.unwrap();
        let forms = Forms::open(unwatched.clone(), &definitions(), hour.clock()).await.unwrap();
        let store = match watch {
            Some(watch) => Store::open_watched(&settings, Some(watch)).await.unwrap(),
            None => unwatched,
        };
        let ring = Ring::open(&dir.path().join("keys.toml"), &Random::system()).unwrap();
        let tickets = TicketKeys::following(ring.clone());
        let links = Links::new(&ring.current(), "https://forms.example");
        let vault = Vault::with(ring, random);
        let ledger = Ledger::open(&store, &vault, "https://forms.example", &hour.clock()).await.unwrap();
        let needs = Needs {
            store,
            forms,
            tickets,
            links,
            vault,
            ledger,
            outbox: Outbox::default(),
            metrics: Metrics::default(),
            by_mail: false,
            clock: hour.clock(),
        };
        Self { submissions: Submissions::start(needs.clone()), hour, needs, dir }
    }

    pub fn version(&self) -> Arc<Version> {
        self.needs.forms.current("contact").unwrap()
    }

    pub fn ticket(&self) -> Ticket {
        self.ticket_for(SITE)
    }

    pub fn ticket_for(&self, origin: &str) -> Ticket {
        let version = self.version();
        let shown = Shown {
            form: version.form.clone(),
            version: version.digest.clone(),
            language: Language::parse("en").unwrap(),
            origin: origin.to_owned(),
        };
        self.needs.tickets.mint(shown, self.hour.now(), &Random::system())
    }

    /// A visitor who takes twenty seconds and ticks nothing.
    pub fn visitor(&self) -> Visitor {
        let ticket = self.ticket();
        self.hour.pass(20);
        Visitor::with(ticket, self.hour.now())
    }

    /// How many rows a table holds.
    pub async fn count(&self, table: &str) -> i64 {
        let keys = table == "subject_key";
        let database = if keys { self.needs.store.keys() } else { self.needs.store.main() };
        let mut tx = database.begin().await.unwrap();
        let place = crate::store::Place { file: "tests", line: 0 };
        let crate::store::Engine::Sqlite(engine) = tx.engine(place).unwrap() else { unreachable!() };
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let (count,): (i64,) = sqlx::query_as(sql).fetch_one(engine).await.unwrap();
        count
    }

    /// Rows in every table that a submission touches: submissions, subjects, values, evidence, events, deliveries.
    pub async fn counts(&self) -> [i64; 6] {
        let mut counts = [0; 6];
        let tables = ["submission", "subject", "value", "evidence", "event", "delivery"];
        for (count, table) in counts.iter_mut().zip(tables) {
            *count = self.count(table).await;
        }
        counts
    }
}

/// A visitor who has filled in the form.
#[derive(Clone)]
pub struct Visitor {
    pub ticket: Ticket,
    pub submission: Submission,
    pub sent_at: i64,
    pub origin: Option<String>,
}

impl Visitor {
    pub fn with(ticket: Ticket, now: Timestamp) -> Self {
        let submission = Submission {
            ticket: ticket.text.clone(),
            values: BTreeMap::new(),
            choices: BTreeMap::new(),
            page: format!("{}/contact?from=mail#top", ticket.claims.origin),
            gpc: None,
            build: "0123456789abcdef".to_owned(),
            visitor: None,
            trap: String::new(),
        };
        let origin = Some(ticket.claims.origin.clone());
        Self { ticket, submission, sent_at: now.as_second(), origin }
            .enters("email", "Ann@Example.org")
            .enters("topic", "tea")
            .enters("message", "Is the mint tea back?")
            .leaves("newsletter")
            .leaves("calls")
    }

    pub fn enters(mut self, field: &str, text: &str) -> Self {
        self.submission.values.insert(FieldId::parse(field).unwrap(), Value::One(text.to_owned()));
        self
    }

    pub fn clears(mut self, field: &str) -> Self {
        self.submission.values.remove(field);
        self
    }

    pub fn ticks(mut self, purpose: &str) -> Self {
        self.submission.choices.insert(PurposeId::parse(purpose).unwrap(), Choice::Granted);
        self
    }

    pub fn leaves(mut self, purpose: &str) -> Self {
        self.submission.choices.insert(PurposeId::parse(purpose).unwrap(), Choice::Refused);
        self
    }

    /// As the widget sends it.
    pub fn signed(&self) -> Arrival {
        let body = canonical::to_vec(&self.submission).unwrap();
        let id = self.ticket.claims.id.clone();
        let signature = self.ticket.submission_key().sign(&id, self.sent_at, &body);
        Arrival {
            form: FormId::parse("contact").unwrap(),
            origin: self.origin.clone(),
            client: None,
            submission: self.submission.clone(),
            body_digest: sha256(&[&body]),
            proof: Proof::Signed(Signed { id, timestamp: self.sent_at, signature, body: body.into() }),
        }
    }

    /// As the native form sends it.
    pub fn native(&self) -> Arrival {
        Arrival { proof: Proof::Ticket, ..self.signed() }
    }
}
