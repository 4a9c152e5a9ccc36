//! What looked like a robot's waits for the owner, who may let it go.

use jiff::Timestamp;

use super::sql::{self, Quarantined};
use crate::{
    outbox,
    store::{Store, StoreError, values::millis},
};

/// What waits, the oldest first.
pub async fn list(store: &Store) -> Result<Vec<Quarantined>, StoreError> {
    sql::list_quarantined(&mut store.read().await?).await
}

/// Lets a submission go to its destinations; false where nothing of that reference waits. A running collector takes the
/// deliveries up within a second.
pub async fn release(store: &Store, reference: &str, now: Timestamp) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    if sql::accept_quarantined(&mut tx, reference).await? == 0 {
        return Ok(false);
    }
    for event in sql::events_of(&mut tx, reference).await? {
        outbox::sql::release(&mut tx, event, millis(now)).await?;
    }
    tx.commit().await?;
    Ok(true)
}
