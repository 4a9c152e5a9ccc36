//! What the key store knows of the main database: how far it had come.
//!
//! The sweep destroys keys whose subject the main database does not know. Beside a main database that was put back from an
//! old copy that would destroy the keys of everybody who came after the copy, for good. So each batch of submissions notes,
//! with its keys, a record that the batch before it has committed; a main database without that record is behind, and
//! nothing is swept until the newer one is back or `unticked restore --settle` says that there is none. What nobody can
//! tell is the loss of the very last batch alone.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use super::sql;
use crate::{
    store::{Store, StoreError, values::millis},
    vault,
};

/// Whether the main database is the one that the key store knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It has what was noted, or nothing was noted yet.
    Level,
    /// It lacks what was noted: it is older than the key store.
    Behind,
}

/// Looks, and notes in the key store what it sees, so that nothing is noted over it.
pub async fn look(store: &Store, now: Timestamp) -> Result<Reach, StoreError> {
    let Some(noted) = vault::sql::reached(&mut store.keys().read().await?).await? else { return Ok(Reach::Level) };
    let stands = sql::has_record(&mut store.read().await?, noted.record_id).await?;
    if stands == noted.behind_since.is_some() {
        let mut tx = store.keys().begin().await?;
        vault::sql::note_behind(&mut tx, (!stands).then(|| millis(now))).await?;
        tx.commit().await?;
    }
    Ok(if stands { Reach::Level } else { Reach::Behind })
}

/// Notes the newest record that the main database holds.
pub async fn note(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let Some(newest) = sql::newest_record(&mut store.read().await?).await? else { return Ok(()) };
    let mut tx = store.keys().begin().await?;
    vault::sql::note_reached(&mut tx, newest, millis(now)).await?;
    tx.commit().await
}

/// Takes the main database as it is: what it lacks is lost, and the keys of it may be swept.
pub async fn settle(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.keys().begin().await?;
    vault::sql::forget_reached(&mut tx).await?;
    tx.commit().await?;
    note(store, now).await
}

/// A record of the batch that this process committed last.
#[derive(Clone, Default)]
pub struct LastCommitted(Arc<Mutex<Option<Uuid>>>);

impl LastCommitted {
    pub(super) fn get(&self) -> Option<Uuid> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, record: Uuid) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }
}
