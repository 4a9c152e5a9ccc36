//! What visitors were told, and what may not be otherwise from then on.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

/// A signed submission, byte for byte, so that it can be sent again.
#[derive(Debug, Clone)]
pub struct Sent {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: Vec<u8>,
}

/// One that was answered.
#[derive(Debug, Clone)]
pub struct Entry {
    pub sent: Sent,
    /// The first answer, without its receipt.
    pub answer: Value,
    /// What was ticked.
    pub granted: Vec<&'static str>,
    /// Whether the withdrawal of all of it was answered.
    pub withdrawn: bool,
}

impl Entry {
    pub fn reference(&self) -> &str {
        self.answer["reference"].as_str().unwrap()
    }

    /// The token of the personal page.
    pub fn token(&self) -> &str {
        self.answer["preferences"].as_str().unwrap().split_once('#').unwrap().1
    }
}

#[derive(Default)]
pub struct Book {
    entries: Mutex<Vec<Entry>>,
    /// Every receipt that was ever given out, base64, with the submission's id.
    receipts: Mutex<Vec<(String, String)>>,
    wrong: Mutex<Vec<String>>,
    /// Requests that were not answered, and sent again.
    pub unanswered: AtomicUsize,
    /// Answers that asked for patience (503).
    pub asked_for_patience: AtomicUsize,
}

/// A visitor that panicked has noted nothing half.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer apart from its receipt, which may be of a later head each time.
pub fn parted(mut answer: Value) -> (Value, Option<String>) {
    let receipt = answer.as_object_mut().and_then(|members| members.remove("receipt"));
    (answer, receipt.and_then(|receipt| receipt.as_str().map(str::to_owned)))
}

impl Book {
    /// Notes a first answer.
    pub fn accepted(&self, sent: Sent, answer: Value, granted: Vec<&'static str>) {
        let (answer, receipt) = parted(answer);
        if answer["id"] != sent.id.as_str() {
            self.wrong(format!("{} was answered as {}", sent.id, answer["id"]));
        }
        self.given(&sent.id, receipt);
        lock(&self.entries).push(Entry { sent, answer, granted, withdrawn: false });
    }

    /// Holds another answer to the same submission against the first.
    pub fn repeated(&self, entry: &Entry, answer: Value) {
        let (answer, receipt) = parted(answer);
        if answer != entry.answer {
            self.wrong(format!("{} was answered {} and then {answer}", entry.sent.id, entry.answer));
        }
        self.given(&entry.sent.id, receipt);
    }

    fn given(&self, id: &str, receipt: Option<String>) {
        match receipt.filter(|text| !text.is_empty()) {
            Some(text) => lock(&self.receipts).push((id.to_owned(), text)),
            None => self.wrong(format!("{id} was answered without a receipt")),
        }
    }

    pub fn withdrawn(&self, id: &str) {
        if let Some(entry) = lock(&self.entries).iter_mut().find(|entry| entry.sent.id == id) {
            entry.withdrawn = true;
        }
    }

    /// Something that must not be.
    pub fn wrong(&self, what: String) {
        lock(&self.wrong).push(what);
    }

    pub fn unanswered(&self) {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
    }

    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.entries).clone()
    }

    pub fn receipts(&self) -> Vec<(String, String)> {
        lock(&self.receipts).clone()
    }

    pub fn len(&self) -> usize {
        lock(&self.entries).len()
    }

    /// One from anywhere, or from among the last few.
    pub fn pick(&self, dice: &mut crate::dice::Dice) -> Option<Entry> {
        let entries = lock(&self.entries);
        let reach = if dice.once_in(2) { 8 } else { entries.len() };
        let begin = entries.len().saturating_sub(reach);
        (!entries.is_empty()).then(|| entries[begin + dice.below(entries.len() - begin)].clone())
    }

    #[track_caller]
    pub fn must_be_right(&self) {
        let wrong = lock(&self.wrong);
        assert!(wrong.is_empty(), "{} times, first of all: {}", wrong.len(), wrong[0]);
    }
}
