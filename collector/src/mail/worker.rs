//! Gathers what is to be told, and sends it.
//!
//! A turn takes one mail at most. While one waits for another attempt, what comes meanwhile is told in that same mail:
//! a server that was away for a night is not met with hundreds. Between two turns the process may die at any point: a
//! claim without its outcome is a lease that runs out, and the mail goes again under the same Message-ID.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::{
    letter::{self, Letter},
    smtp::Postman,
    sql::{self, Claimed},
};
use crate::{
    ledger,
    outbox::schedule::{Outcome, Verdict, judge},
    store::{Store, StoreError, values::millis},
    world::{Clock, Random},
};

/// The least time between two mails, milliseconds.
const PACE: i64 = 60_000;
/// How long a claim holds, milliseconds: longer than an attempt may take.
const LEASE: i64 = 120_000;
/// How long sent mails are remembered, milliseconds: a week.
const MEMORY: i64 = 7 * 24 * 3_600_000;
/// How long a stop waits for an attempt under way.
const GRACE: Duration = Duration::from_secs(5);
/// How often the worker looks; nothing wakes it.
const POLL: Duration = Duration::from_secs(1);

/// What the worker works with.
#[derive(Clone)]
pub struct Tools {
    /// Where mails are kept.
    pub store: Store,
    /// Brings them away.
    pub postman: Arc<dyn Postman>,
    /// The collector's own host, as the mails name it.
    pub host: String,
    /// The clock.
    pub clock: Clock,
    /// For ids, leases and jitter.
    pub random: Random,
}

/// The worker. [`Worker::run`] is its life, [`Worker::turn`] a step of it.
pub struct Worker(Tools);

impl Worker {
    /// A worker with these tools.
    pub fn new(tools: Tools) -> Self {
        Self(tools)
    }

    /// Works until `shutdown`, and gives an attempt under way a moment to end.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let mut turn = std::pin::pin!(self.turn());
            let done = tokio::select! {
                done = &mut turn => done,
                () = &mut shutdown => {
                    // An attempt that was begun is written down, or goes again when its lease runs out.
                    let _ = tokio::time::timeout(GRACE, turn).await;
                    return;
                }
            };
            if let Err(error) = done {
                tracing::warn!(%error, "the mail room cannot work now; it tries again");
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = &mut shutdown => return,
            }
        }
    }

    /// Sends a mail if one is due; answers whether it tried.
    pub async fn turn(&self) -> Result<bool, StoreError> {
        let Some((claimed, lease)) = self.claim().await? else { return Ok(false) };
        let letter = {
            let connection = &mut self.0.store.read().await?;
            let arrived = sql::arrived(connection, claimed.mail_id, letter::COUNTED).await?;
            let given_up = sql::given_up(connection, claimed.mail_id, letter::COUNTED).await?;
            let signed = ledger::sql::signed(&mut self.0.store.keys().read().await?).await?;
            letter::write(&arrived, &given_up, signed.as_ref().map(|signed| signed.note.as_str()), &self.0.host)
        };
        let outcome = self.post(claimed.mail_id, letter).await;
        self.settle(&claimed, lease, outcome).await?;
        Ok(true)
    }

    /// Makes a mail of what gathered, if it is time, and takes the one that is due.
    async fn claim(&self) -> Result<Option<(Claimed, Uuid)>, StoreError> {
        let now = millis(self.0.clock.now());
        // Without SQLite's only writer, which visitors need.
        if !is_time(&sql::look(&mut self.0.store.read().await?).await?, now) {
            return Ok(None);
        }
        let mut tx = self.0.store.begin().await?;
        sql::lock(&mut tx).await?;
        let look = sql::look(&mut tx).await?;
        if !is_time(&look, now) {
            return Ok(None);
        }
        if look.due.is_none() {
            sql::sweep(&mut tx, now - MEMORY).await?;
            sql::insert(&mut tx, self.0.random.uuid(self.0.clock.now()), now).await?;
        }
        let lease = Uuid::from_bytes(self.0.random.bytes());
        let Some(claimed) = sql::claim(&mut tx, now, lease, now + LEASE).await? else { return Ok(None) };
        sql::attach(&mut tx, claimed.mail_id).await?;
        tx.commit().await?;
        Ok(Some((claimed, lease)))
    }

    async fn post(&self, id: Uuid, letter: Option<Letter>) -> Result<(), String> {
        match letter {
            Some(letter) => self.0.postman.post(id, &letter, self.0.clock.now()).await,
            // What it would have told of is gone, or mended.
            None => Ok(()),
        }
    }

    async fn settle(&self, claimed: &Claimed, lease: Uuid, outcome: Result<(), String>) -> Result<(), StoreError> {
        let (mail, now) = (claimed.mail_id, self.0.clock.now());
        let attempt = u32::try_from(claimed.attempt).unwrap_or(u32::MAX);
        let mut tx = self.0.store.begin().await?;
        match outcome {
            Ok(()) => {
                sql::sent(&mut tx, mail, millis(now)).await?;
                tracing::debug!(%mail, attempt, "told the owner by mail");
            }
            Err(reason) => {
                let jitter = u32::from_be_bytes(self.0.random.bytes());
                match judge(&Outcome::Unreachable(reason), attempt, now, jitter) {
                    Verdict::Again { due_at, reason } => {
                        sql::again(&mut tx, mail, lease, millis(due_at), &reason).await?;
                        tracing::warn!(%mail, attempt, reason, again = %due_at, "a mail to the owner was not sent");
                    }
                    Verdict::Failed { reason } => {
                        sql::failed(&mut tx, mail, lease, &reason, millis(now)).await?;
                        tracing::error!(%mail, attempt, reason, "gave up a mail to the owner; it stays listed");
                    }
                    // No reason leads here.
                    Verdict::Delivered { .. } | Verdict::Withheld { .. } => {}
                }
            }
        }
        tx.commit().await
    }
}

/// Whether there is anything to send: a mail that is due, or enough time since the last one for another.
fn is_time(look: &sql::Look, now: i64) -> bool {
    match look.due {
        Some(due) => due <= now,
        // A clock that was set back makes nobody wait.
        None => look.untold.is_some() && look.made.is_none_or(|made| now - made >= PACE || made > now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_next_after_a_minute() {
        let look = |untold, made, due| sql::Look { untold, made, due };
        assert!(is_time(&look(Some(1), None, None), 1));
        assert!(!is_time(&look(Some(1), Some(1), None), PACE));
        assert!(is_time(&look(Some(1), Some(1), None), PACE + 1));
        assert!(!is_time(&look(None, None, None), PACE));
        assert!(!is_time(&look(Some(1), Some(1), Some(PACE * 9)), PACE * 3), "it is told with the one that waits");
        assert!(is_time(&look(None, Some(1), Some(5)), 5));
        assert!(is_time(&look(Some(1), Some(PACE * 9), None), 5));
    }
}
