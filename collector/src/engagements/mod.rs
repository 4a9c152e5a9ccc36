//! What a CRM knows and we do not: that a person was heard of again.
//!
//! Some periods count from the last engagement. A destination that received a person's data may say when that was
//! (`POST /v1/engagements`, signed with its own secret, see [`crate::callers`]), and
//! the periods of the purposes that it serves, and that still stand, count from that day on ([`decide`]). An evidence
//! record says who said so and when. Nothing is ever moved back, nor into the future, and what has ended or was withdrawn
//! stays so: then the destination is told that it is too late.

pub mod decide;
pub mod http;
mod push;
pub mod sql;

pub use push::{Engaged, Outcome, Person, Report, Tools, report};

use jiff::{SignedDuration, Timestamp};

use crate::store::{Store, StoreError, values::millis};

/// For how long a message is known again. Whoever tries once more does so within days.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Forgets messages that nobody sends again.
pub async fn forget_taken(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let before = millis(now.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN));
    let mut tx = store.begin().await?;
    let gone = sql::forget_taken(&mut tx, before).await?;
    tx.commit().await?;
    Ok(gone)
}

#[cfg(test)]
mod tests;
