//! Sweeps keys whose submission never became true: the process died, or the disk was full, between the two commits.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    reached::{self, Reach},
    sql,
};
use crate::{
    store::{Store, StoreError, values::millis},
    vault,
};

/// Younger keys may belong to a transaction under way.
const YOUNGEST: SignedDuration = SignedDuration::from_hours(1);
/// Older keys were looked at before, or by a collector that was away for long; they open nothing, and stay.
const OLDEST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Keys in one look.
const PAGE: i64 = 512;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// It destroyed so many keys that belonged to nobody.
    Keys(u64),
    /// Nothing: the main database is older than the key store, so that nobody can tell whose keys these are.
    MainIsBehind,
}

/// Destroys the keys that belong to no subject, where the main database is the one that the key store knows.
pub async fn sweep(store: &Store, now: Timestamp) -> Result<Swept, StoreError> {
    if reached::look(store, now).await? == Reach::Behind {
        return Ok(Swept::MainIsBehind);
    }
    let swept = destroy_orphans(store, now).await?;
    reached::note(store, now).await?;
    Ok(Swept::Keys(swept))
}

async fn destroy_orphans(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let (since, until) = (millis(now - OLDEST), millis(now - YOUNGEST));
    let mut past = Uuid::nil();
    let mut swept = 0;
    loop {
        let page = vault::sql::made_between(&mut store.keys().read().await?, since, until, past, PAGE).await?;
        let (Some(first), Some(last)) = (page.first().copied(), page.last().copied()) else { return Ok(swept) };
        let known = sql::subjects_between(&mut store.read().await?, first, last).await?;
        let orphans: Vec<Uuid> = page.into_iter().filter(|subject| known.binary_search(subject).is_err()).collect();
        if !orphans.is_empty() {
            let mut tx = store.keys().begin().await?;
            for orphan in orphans {
                swept += vault::sql::destroy(&mut tx, orphan).await?;
            }
            tx.commit().await?;
        }
        past = last;
    }
}
