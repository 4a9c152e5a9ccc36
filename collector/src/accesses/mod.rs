//! Who of the staff opened what, when and why.
//!
//! Whatever opens a sealed value for a person's eyes goes through [`Accesses::open`] first: the entry is committed, in
//! the main database and as the new head in the key store, before a value is shown; where it cannot be, nothing is.
//! Entries are added and never changed: no statement of ours does it, triggers forbid it, and each entry carries a MAC
//! over itself and its predecessor under a key that derives from the ring, so that [`Accesses::check`] names what was
//! changed, removed or put in another order. Whoever holds ring and both databases can still write another history.

pub mod chain;
pub mod sql;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use unticked_shared::signature::SigningKey;
use uuid::Uuid;

use self::{
    chain::{Chain, Finding, Head},
    sql::Row,
};
use crate::{
    store::{Store, StoreError, values::millis},
    vault::Vault,
    world::Clock,
};

/// How many entries are read at once.
const PAGE: i64 = 256;
/// The longest name and the longest reason, in characters.
const LONGEST: [usize; 2] = [120, 500];

/// A named person with a reason. There is none without both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    who: String,
    reason: String,
}

/// Why somebody may not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReaderError {
    /// Nobody is named.
    #[error(
        "say who you are with --by, in words that a colleague will understand in a year, such as --by \"Ann Ivanova\""
    )]
    Who,
    /// No reason is given.
    #[error("say why with --reason, such as --reason \"answering the enquiry\"; it is kept in the access log")]
    Reason,
    /// One of them is too long, or holds what no line of a log should.
    #[error("--by takes at most 120 and --reason at most 500 characters, on one line")]
    Shape,
}

impl Reader {
    /// Refuses what is empty or no line of text.
    pub fn new(who: &str, reason: &str) -> Result<Self, ReaderError> {
        let (who, reason) = (who.trim(), reason.trim());
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        if letters(who) < 2 {
            return Err(ReaderError::Who);
        }
        if letters(reason) < 3 {
            return Err(ReaderError::Reason);
        }
        let wrong = [(who, LONGEST[0]), (reason, LONGEST[1])]
            .iter()
            .any(|(text, most)| text.chars().count() > *most || text.chars().any(char::is_control));
        if wrong { Err(ReaderError::Shape) } else { Ok(Self { who: who.to_owned(), reason: reason.to_owned() }) }
    }

    /// The name.
    pub fn who(&self) -> &str {
        &self.who
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// A submission that was opened; nothing more about the visitor is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// What the visitor was told.
    pub reference: String,
    /// The person's pseudonym.
    pub subject: Uuid,
}

/// One entry, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// 1, 2, 3, …
    pub number: i64,
    /// Milliseconds UTC.
    pub at: i64,
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
    /// With which command.
    pub command: String,
    /// What was opened.
    pub submissions: Vec<Opened>,
    /// The fields that were uncovered; empty where all stayed masked.
    pub revealed: Vec<String>,
}

/// What the check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How many entries there are.
    pub entries: i64,
    /// What is wrong with them; empty where nothing is.
    pub findings: Vec<Finding>,
}

/// The access log. Cloning is cheap.
#[derive(Clone)]
pub struct Accesses {
    store: Store,
    key: SigningKey,
    clock: Clock,
}

impl Accesses {
    /// The log in these databases.
    pub fn new(store: Store, vault: &Vault, clock: Clock) -> Self {
        Self { store, key: vault.ring().derived_key("access log"), clock }
    }

    /// Writes down that `reader` opens `submissions`. Call it before any of their values is opened, and open none
    /// when it fails.
    pub async fn open(
        &self,
        reader: &Reader,
        command: &str,
        submissions: &[Opened],
        revealed: &[String],
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        // Whoever comes at the same moment waits here, so that the chain cannot fork.
        sql::lock(&mut tx).await?;
        let last = sql::last(&mut tx).await?.map(Head::from);
        let known = sql::head(&mut self.store.keys().read().await?).await?.map(Head::from);
        // The key store is never ahead, unless the end was cut off: then the gap stays to be seen.
        let head = match (last, known) {
            (Some(last), Some(known)) if known.number > last.number => known,
            (None, Some(known)) => known,
            (Some(last), _) => last,
            (None, None) => Head::none(),
        };
        let mut row = Row {
            number: head.number + 1,
            at: millis(self.clock.now()),
            who: reader.who.clone(),
            reason: reader.reason.clone(),
            command: command.to_owned(),
            submissions: text_of(&submissions)?,
            revealed: text_of(&revealed)?,
            previous: head.mac,
            mac: Vec::new(),
        };
        row.mac = chain::mac(&self.key, &row);
        sql::insert(&mut tx, &row).await?;
        tx.commit().await?;
        let mut keys = self.store.keys().begin().await?;
        sql::move_head(&mut keys, row.number, &row.mac).await?;
        keys.commit().await
    }

    /// Entries after number `past`, in order; a page of them.
    pub async fn page(store: &Store, past: i64) -> Result<Vec<Entry>, StoreError> {
        let rows = sql::page(&mut store.read().await?, past, PAGE).await?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }

    /// Goes through the whole log.
    pub async fn check(&self) -> Result<Checked, StoreError> {
        // The head first: entries that are added meanwhile lie beyond it, and nothing before it may be missing.
        let head = sql::head(&mut self.store.keys().read().await?).await?.map(Head::from);
        let mut chain = Chain::new(&self.key, head);
        let mut past = i64::MIN;
        loop {
            let rows = sql::page(&mut self.store.read().await?, past, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(chain.finish()) };
            past = last.number;
            for row in &rows {
                chain.follow(row);
            }
        }
    }
}

fn text_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Defect(error.to_string()))
}

impl From<Row> for Entry {
    /// What cannot be read was changed; the check names it, and the list shows what is left.
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            at: row.at,
            who: row.who,
            reason: row.reason,
            command: row.command,
            submissions: serde_json::from_str(&row.submissions).unwrap_or_default(),
            revealed: serde_json::from_str(&row.revealed).unwrap_or_default(),
        }
    }
}
