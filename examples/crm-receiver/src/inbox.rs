//! What was received: in memory, and gone with the process, as befits an example.

use std::sync::Mutex;

use serde_json::{Value, json};

/// Events and refusals kept; older ones make room.
const ROOM: usize = 500;

/// The type of an event that says that a person is to be forgotten.
pub const ERASED: &str = "person.erased";

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `webhook-id`.
    pub id: String,
    /// How often it was delivered; it is kept once.
    pub deliveries: u32,
    /// The event.
    pub event: Value,
}

/// A request that was no genuine event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: String,
    /// How many in a row.
    pub times: u32,
}

/// All of it at one moment, the latest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// What was received.
    pub entries: Vec<Entry>,
    /// What was not.
    pub refused: Vec<Refused>,
}

/// Keeps events by id.
#[derive(Debug, Default)]
pub struct Inbox(Mutex<Contents>);

impl Inbox {
    /// Keeps an event, or counts one more delivery of it. The newest comes first.
    pub fn keep(&self, id: &str, event: Value) {
        let mut contents = self.lock();
        if let Some(entry) = contents.entries.iter_mut().find(|entry| entry.id == id) {
            entry.deliveries += 1;
            return;
        }
        if event["type"] == ERASED {
            // What every receiver has to do (Art. 19): whatever it holds of the person goes.
            let gone = event["data"]["reference"].clone();
            contents.entries.retain(|entry| entry.event["data"]["reference"] != gone);
        }
        contents.entries.insert(0, Entry { id: id.to_owned(), deliveries: 1, event });
        contents.entries.truncate(ROOM);
    }

    /// Notes a refusal.
    pub fn refuse(&self, reason: String) {
        let mut contents = self.lock();
        match contents.refused.first_mut() {
            Some(last) if last.reason == reason => last.times += 1,
            _ => contents.refused.insert(0, Refused { reason, times: 1 }),
        }
        contents.refused.truncate(ROOM);
    }

    /// A copy of everything.
    pub fn look(&self) -> Contents {
        self.lock().clone()
    }

    /// `{events: [{id, deliveries, event}], refused: [{reason, times}]}`, the latest first.
    pub fn to_json(&self) -> Value {
        let contents = self.lock();
        let events = contents.entries.iter();
        let events: Vec<_> =
            events.map(|e| json!({"id": e.id, "deliveries": e.deliveries, "event": e.event})).collect();
        let refused: Vec<_> = contents.refused.iter().map(|r| json!({"reason": r.reason, "times": r.times})).collect();
        json!({"events": events, "refused": refused})
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Contents> {
        // Nothing here panics half-way, so what a poisoned lock guards is whole.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
