//! A destination of the stories: keeps what it receives, and answers as it is told. Its clock is not the collector's, so it
//! verifies no signature; that is `examples/crm-receiver`'s part.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use xtask::serve::{Answer, Server, serve};

use crate::house::House;

/// A secret that guards nothing.
const SECRET: &str = "whsec_dW50aWNrZWQtc3RvcmllcyEhdW50aWNrZWQtc3Rvcnk=";

pub struct Crm {
    server: Server,
    got: Arc<Mutex<Vec<Value>>>,
    answers: Arc<AtomicU16>,
}

impl Crm {
    /// One that accepts everything.
    pub fn open() -> Self {
        let (got, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU16::new(200)));
        let (keeps, status) = (Arc::clone(&got), Arc::clone(&answers));
        let server = serve(0, move |request| {
            keeps.lock().unwrap().push(serde_json::from_slice(&request.body).unwrap());
            Answer::Full { status: status.load(Ordering::SeqCst), headers: Vec::new(), body: Vec::new() }
        });
        Self { server: server.unwrap(), got, answers }
    }

    /// A collector whose destination it is.
    pub fn house(&self) -> House {
        self.house_with(&[])
    }

    /// The same with more settings.
    pub fn house_with(&self, settings: &[&str]) -> House {
        let allowed = format!("outbox.allow_hosts={}", self.server.address());
        let secret = format!("secrets.crm={SECRET}");
        let house = House::open_with(&[settings, &[&allowed, &secret]].concat());
        house.rewrite("destinations.toml", "127.0.0.1:7412", &self.server.address().to_string());
        house.reload().unwrap();
        house
    }

    /// From now on it answers with this status.
    pub fn answers(&self, status: u16) {
        self.answers.store(status, Ordering::SeqCst);
    }

    /// Everything it received so far, repetitions included.
    pub fn got(&self) -> Vec<Value> {
        self.got.lock().unwrap().clone()
    }

    /// Waits until it has received so many, and a little longer, for one too many.
    #[track_caller]
    pub fn waits_for(&self, count: usize) -> Vec<Value> {
        let start = Instant::now();
        while self.got().len() < count {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "received {} of {count}: {:#?}",
                self.got().len(),
                self.got()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(150));
        assert_eq!(self.got().len(), count, "{:#?}", self.got());
        self.got()
    }
}

/// The fields that an event carries.
pub fn fields(event: &Value) -> Vec<&str> {
    event["data"]["values"].as_array().unwrap().iter().map(|value| value["field"].as_str().unwrap()).collect()
}

/// The decision on a purpose, as an event tells it.
pub fn decision<'a>(event: &'a Value, purpose: &str) -> &'a Value {
    let decisions = event["data"]["decisions"].as_array().unwrap();
    &decisions.iter().find(|one| one["purpose"] == purpose).unwrap()["decision"]
}
