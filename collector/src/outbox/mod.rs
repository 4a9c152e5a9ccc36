//! How a lead leaves the house.
//!
//! The transaction that keeps a submission also writes its event and one delivery per destination, each
//! cut down to what that destination may hold ([`decide`]) and sealed under the subject's key. A
//! worker ([`worker`]) takes due deliveries under a lease, opens, signs and posts them
//! ([`destinations`]), and writes down how it went. Whatever dies in between, the lease runs out and the
//! same event goes again under the same id: at least once, and once for a receiver that looks at ids.
//! What is given up stays listed with its reason until somebody sends it again.

pub mod decide;
pub mod destinations;
pub mod schedule;
pub mod sql;
pub mod unseal;
pub mod worker;

use std::{future::Future, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, task::JoinHandle};

pub use worker::Tools;
use worker::Worker;

use crate::store::{Store, StoreError, values::millis};

/// The outbox of a running collector. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Outbox {
    bell: Arc<Notify>,
}

impl Outbox {
    /// Starts the worker; it ends after `shutdown`, when the attempts under way are written down.
    pub fn start(&self, tools: Tools, shutdown: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        tokio::spawn(Worker::new(tools, Arc::clone(&self.bell)).run(shutdown))
    }

    /// Tells the worker that something became due; call it after the commit.
    pub fn wake(&self) {
        self.bell.notify_one();
    }
}

/// No wait of the schedule, no `Retry-After` and no lease is longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);
/// An attempt that was under way when the clock was set is over by then.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// Brings deliveries forward that were put off while the clock was far ahead; answers how many.
pub async fn bring_forward(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let after = |wait| millis(now.saturating_add(wait).unwrap_or(Timestamp::MAX));
    let mut tx = store.begin().await?;
    let brought = sql::bring_forward(&mut tx, after(LONGEST), after(SOON)).await?;
    if brought > 0 {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(brought)
}

#[cfg(test)]
mod tests;
