//! The outbox at work, on SQLite always and on PostgreSQL where `UNTICKED_TEST_POSTGRES` gives a server.

mod crash;
mod flow;
mod order;
mod sealed;
mod two_collectors;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore};
use unticked_shared::{
    event::EventKind,
    id::{DestinationId, PurposeId},
};
use uuid::Uuid;

use super::{
    destinations::{Attempt, Courier, Parcel, Speech, Target},
    schedule::Outcome,
    sql::{self, Claimed, NewDelivery, NewEvent},
    worker::{NoTarget, Opener, Opening, Tools, Unopened, Worker},
};
use crate::{
    config::DatabaseSettings,
    store::{Store, Watch},
    world::{Clock, Random},
};

/// An hour that tests can move.
#[derive(Clone)]
struct Hour(Arc<AtomicI64>);

impl Hour {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_795_446_000_000)))
    }

    fn passes(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn clock(&self) -> Clock {
        let hour = self.clone();
        Clock::custom(move || hour.now())
    }
}

/// What a receiver does with a parcel.
#[derive(Clone)]
enum Manner {
    Answers(u16),
    /// Answers the next of these, and the last for good.
    Flaps(Arc<Mutex<Vec<u16>>>),
    /// Answers when the gate opens.
    Waits(Arc<Semaphore>, u16),
    Panics,
}

/// The world outside: receivers by destination, and what each got.
#[derive(Default)]
struct Outside {
    manners: Mutex<HashMap<String, Manner>>,
    got: Mutex<Vec<(String, String)>>,
    at_once: AtomicU32,
    most_at_once: AtomicU32,
}

impl Outside {
    fn behaves(&self, destination: &str, manner: Manner) {
        self.manners.lock().unwrap().insert(destination.to_owned(), manner);
    }

    /// The event ids that a destination got, in order, repetitions included.
    fn got(&self, destination: &str) -> Vec<String> {
        self.got.lock().unwrap().iter().filter(|(to, _)| to == destination).map(|(_, event)| event.clone()).collect()
    }
}

impl Courier for Outside {
    fn deliver<'a>(&'a self, target: &'a Target, parcel: &'a Parcel) -> Attempt<'a> {
        Box::pin(async move {
            let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
            self.got.lock().unwrap().push((target.id.to_string(), parcel.event.clone()));
            let manner = self.manners.lock().unwrap().get(target.id.as_str()).cloned();
            tokio::task::yield_now().await;
            let status = match manner {
                None => 204,
                Some(Manner::Answers(status)) => status,
                Some(Manner::Flaps(list)) => {
                    let mut list = list.lock().unwrap();
                    if list.len() > 1 { list.remove(0) } else { list[0] }
                }
                Some(Manner::Waits(gate, status)) => {
                    gate.acquire().await.unwrap().forget();
                    status
                }
                Some(Manner::Panics) => panic!("a courier with a defect"),
            };
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            Outcome::Answered { status, retry_after: None }
        })
    }
}

/// Opens what `House::send` "sealed"; the vault has its own tests.
#[derive(Default)]
struct Glass {
    forgotten: Mutex<Vec<Uuid>>,
    /// Events that rest on nothing any more.
    groundless: Mutex<Vec<Uuid>>,
}

impl Opener for Glass {
    fn open<'a>(&'a self, claimed: &'a Claimed, _: &'a [PurposeId]) -> Opening<'a> {
        Box::pin(async move {
            if self.forgotten.lock().unwrap().contains(&claimed.subject_id) {
                return Err(Unopened::Forgotten);
            }
            if self.groundless.lock().unwrap().contains(&claimed.event_id) {
                return Err(Unopened::Groundless);
            }
            Ok(claimed.body.clone())
        })
    }
}

/// One database with everything around it.
struct House {
    store: Store,
    /// Another collector's way to the same database.
    second: Option<Store>,
    hour: Hour,
    outside: Arc<Outside>,
    glass: Arc<Glass>,
    random: Random,
    // Dropped with the house.
    folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        Self::watched(None).await
    }

    async fn watched(watch: Option<Arc<dyn Watch>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings::sqlite(folder.path().join("test.db"));
        let store = Store::open_watched(&settings, watch).await.unwrap();
        Self::around(store, folder)
    }

    fn around(store: Store, folder: tempfile::TempDir) -> Self {
        Self {
            store,
            second: None,
            hour: Hour::new(),
            outside: Arc::default(),
            glass: Arc::default(),
            random: Random::system(),
            folder,
        }
    }

    fn worker(&self) -> Worker {
        Worker::new(self.tools(), Arc::new(Notify::new()))
    }

    fn second_worker(&self) -> Worker {
        let store = self.second.clone().unwrap_or_else(|| self.store.clone());
        Worker::new(Tools { store, ..self.tools() }, Arc::new(Notify::new()))
    }

    fn tools(&self) -> Tools {
        Tools {
            store: self.store.clone(),
            opener: Arc::clone(&self.glass) as Arc<dyn Opener>,
            targets: Arc::new(target),
            courier: Arc::clone(&self.outside) as Arc<dyn Courier>,
            clock: self.hour.clock(),
            random: self.random.clone(),
        }
    }

    /// Keeps one event with a delivery to each of `destinations`; answers its id.
    async fn send(&self, destinations: &[&str]) -> Uuid {
        self.keep(destinations, false).await.id
    }

    async fn keep(&self, destinations: &[&str], held: bool) -> NewEvent {
        let now = self.hour.now();
        let delivery = |name: &&str| NewDelivery {
            id: self.random.uuid(now),
            destination: DestinationId::parse(name).unwrap(),
            body: b"sealed".to_vec(),
            after: None,
        };
        let event = NewEvent {
            id: self.random.uuid(now),
            submission: self.random.uuid(now),
            subject: self.random.uuid(now),
            kind: EventKind::LeadSubmitted,
            created_at: now,
            held,
            deliveries: destinations.iter().map(delivery).collect(),
        };
        let mut tx = self.store.begin().await.unwrap();
        sql::insert(&mut tx, std::slice::from_ref(&event)).await.unwrap();
        tx.commit().await.unwrap();
        event
    }

    async fn troubled(&self) -> Vec<sql::Troubled> {
        sql::list_troubled(&mut self.store.read().await.unwrap(), 100).await.unwrap()
    }

    async fn backlog(&self) -> sql::Backlog {
        sql::backlog(&mut self.store.read().await.unwrap()).await.unwrap()
    }
}

/// Turns until nothing is under way and nothing is due.
async fn work(worker: &mut Worker) {
    for _ in 0..10_000 {
        let pause = worker.turn().await.unwrap();
        if worker.is_idle() && pause > Duration::ZERO {
            return;
        }
        worker.finish().await;
    }
    panic!("the worker never comes to rest");
}

fn target(name: &str) -> Result<Target, NoTarget> {
    if name == "undefined" {
        return Err(NoTarget::Undefined);
    }
    Ok(Target {
        id: DestinationId::parse(name).unwrap(),
        url: "https://crm.example/hook".to_owned(),
        purposes: Vec::new(),
        speech: Speech::Webhook(Vec::new()),
    })
}
