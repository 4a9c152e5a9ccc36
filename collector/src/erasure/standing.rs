//! How forgetting stands: for the doctor and for `/metrics`.

use super::{
    journal::{Entry, Journal, JournalError},
    sql,
};
use crate::store::{Store, StoreError};

/// How it stands.
#[derive(Debug)]
pub struct Standing {
    /// Persons of whom something is left to do.
    pub pending: u64,
    /// Persons whom the journal names.
    pub named: usize,
    /// Why the journal is not to be relied on.
    pub doubt: Option<Doubt>,
}

/// Why the journal is not to be relied on.
#[derive(Debug, thiserror::Error)]
pub enum Doubt {
    /// It cannot be read, or was altered.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Somebody who was forgotten is not in it.
    #[error(
        "the journal of the forgotten names {named}, and {forgotten} were forgotten at their request: it is another one, or \
         lines of it are lost, and whoever it lacks may come back with a backup"
    )]
    Short {
        /// Persons whom it names.
        named: usize,
        /// Persons who were forgotten.
        forgotten: u64,
    },
}

/// Looks, and changes nothing.
pub async fn standing(store: &Store, journal: &Journal) -> Result<Standing, StoreError> {
    // Before the journal: whoever is forgotten meanwhile stands in the journal first.
    let (pending, forgotten) = sql::tally(&mut store.read().await?).await?;
    Ok(judge(pending.unsigned_abs(), forgotten.unsigned_abs(), journal.read_all()))
}

fn judge(pending: u64, forgotten: u64, read: Result<Vec<Entry>, JournalError>) -> Standing {
    let (named, doubt) = match read {
        Ok(entries) if (entries.len() as u64) < forgotten => {
            (entries.len(), Some(Doubt::Short { named: entries.len(), forgotten }))
        }
        Ok(entries) => (entries.len(), None),
        Err(error) => (0, Some(error.into())),
    };
    Standing { pending, named, doubt }
}
