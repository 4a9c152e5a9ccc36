//! Others who vouch for the ledger: witnesses (C2SP tlog-witness) and a time-stamping authority (RFC 3161).
//!
//! A log that only its owner has seen can be rewritten by its owner. So each published head goes out: a witness checks that
//! it continues the one it saw before, and cosigns it ([`ask`]); an authority stamps it with the time ([`stamp`]). Each is
//! asked by a task of its own, so that one who is away delays neither publishing nor the others; what each answers is judged
//! without a database ([`decide`]). A witness that says it saw another tree is an alarm, and stays one until it cosigns.

pub mod ask;
pub mod decide;
pub mod sql;
pub mod stamp;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, task::JoinHandle};
use unticked_shared::merkle::proof;

use self::{
    decide::Verdict,
    sql::{CosignatureRow, OutsiderRow, StampRow},
};
use super::{
    Ledger, nodes,
    publish::sql::{self as publish_sql, CheckpointRow},
    sql as ledger_sql,
};
use crate::{
    config::{LedgerSettings, TimestampSettings, WitnessSettings},
    metrics::Metrics,
    outbox::destinations::Network,
    store::{Connection, Store, StoreError, values::millis},
    world::{Clock, Random},
};

/// How often it is looked whether there is something new to vouch for.
const POLL: Duration = Duration::from_secs(2);
/// The first pause after an answer that vouched for nothing; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause, and the one after a refusal.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// A witness with another size in mind is asked again at once, so often.
const MOST_SIZES: usize = 3;
/// More of an answer is not read: cosignatures are a few hundred bytes, stamps with their certificates a few thousand.
const MOST_BYTES: usize = 64 * 1024;

/// What the tasks work with.
#[derive(Clone)]
pub struct Tools {
    /// The main database.
    pub store: Store,
    /// Whose heads they are.
    pub ledger: Ledger,
    /// The way out.
    pub network: Network,
    /// The clock.
    pub clock: Clock,
    /// For nonces.
    pub random: Random,
    /// Told how far each has come.
    pub metrics: Metrics,
    /// Ends a pause.
    pub bell: Arc<Notify>,
}

/// What came of asking one of them once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// There was nothing new.
    Nothing,
    /// It vouches for the newest head.
    Vouched,
    /// It vouches for nothing this time.
    Waits(String),
    /// It says that this is not the ledger it saw.
    Refuses(String),
}

/// Starts a task for each witness, and one for the authority; each works until its `stop` ends.
pub fn start<S>(settings: &LedgerSettings, tools: &Tools, stop: impl Fn() -> S) -> Vec<JoinHandle<()>>
where
    S: Future<Output = ()> + Send + 'static,
{
    let mut tasks = Vec::new();
    for witness in settings.witnesses.clone() {
        let (tools, bell) = (tools.clone(), tools.bell.clone());
        let turn = move || {
            let (tools, witness) = (tools.clone(), witness.clone());
            async move { tools.witness(&witness).await }
        };
        tasks.push(tokio::spawn(work(turn, bell, stop())));
    }
    if let Some(authority) = settings.timestamp.clone() {
        let (tools, bell) = (tools.clone(), tools.bell.clone());
        let turn = move || {
            let (tools, authority) = (tools.clone(), authority.clone());
            async move { tools.timestamp(&authority).await }
        };
        tasks.push(tokio::spawn(work(turn, bell, stop())));
    }
    tasks
}

async fn work<F>(turn: impl Fn() -> F, bell: Arc<Notify>, stop: impl Future<Output = ()>)
where
    F: Future<Output = Result<Turn, StoreError>>,
{
    let mut stop = std::pin::pin!(stop);
    let mut failures = 0;
    loop {
        let outcome = tokio::select! {
            outcome = turn() => outcome,
            () = &mut stop => return,
        };
        let pause = match outcome {
            Ok(Turn::Nothing | Turn::Vouched) => {
                failures = 0;
                POLL
            }
            Ok(Turn::Waits(_)) => {
                failures += 1;
                pause_after(failures)
            }
            Ok(Turn::Refuses(_)) => LONGEST_PAUSE,
            Err(error) => {
                tracing::error!(%error, "what vouches for the ledger cannot be looked up or kept; it is tried again");
                failures += 1;
                pause_after(failures)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = bell.notified() => {}
            () = &mut stop => return,
        }
    }
}

/// 5 s, 10 s, 20 s, … and at most ten minutes.
fn pause_after(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST_PAUSE)
}

impl Tools {
    /// Asks everybody again at once who pauses.
    pub fn wake(&self) {
        self.bell.notify_waiters();
    }

    /// Asks a witness to cosign the newest published head, where it has not.
    pub async fn witness(&self, witness: &WitnessSettings) -> Result<Turn, StoreError> {
        let Some(newest) = self.newest().await? else { return Ok(Turn::Nothing) };
        let outsider = witness.key.to_string();
        let size = ledger_sql::number(newest.size)?;
        let known = sql::outsider(&mut self.store.read().await?, newest.origin_number, &outsider).await?;
        let vouched = known.as_ref().map_or(0, |known| known.size);
        self.metrics.witness(witness.key.name(), vouched, known.as_ref().is_some_and(|one| one.refused_at.is_some()));
        // An alarm is asked about again, whether there is a new head or not.
        if vouched >= newest.size && known.as_ref().is_none_or(|known| known.refused_at.is_none()) {
            return Ok(Turn::Nothing);
        }
        let mut old = ledger_sql::number(vouched)?;
        for _ in 0..MOST_SIZES {
            let connection = &mut self.store.read().await?;
            let hashes = nodes::with_nodes(connection, |nodes| proof::consistency(nodes, old, size)).await?;
            let Some(hashes) = hashes else { break };
            let body = ask::body(old, &hashes, &newest.note);
            let url = format!("{}/add-checkpoint", witness.url);
            let answer = self.network.ask(&url, ask::KIND, body, MOST_BYTES, PATIENCE).await;
            // After the answer, and what any collector has signed: a witness may have seen another one's head.
            let head = self.ledger.newest().await?.head.size;
            let verdict = match &answer {
                Ok(answer) => decide::judge(answer, &witness.key, &newest.note, old, size, head),
                Err(reason) => Verdict::Waits(reason.clone()),
            };
            let turn = match verdict {
                Verdict::Again(seen) => {
                    old = seen;
                    continue;
                }
                Verdict::Cosigned(cosigned) => {
                    let row = CosignatureRow {
                        origin_number: newest.origin_number,
                        size: newest.size,
                        witness: outsider.clone(),
                        line: cosigned.line,
                        signed_at: i64::try_from(cosigned.time).unwrap_or(i64::MAX),
                    };
                    self.keep(&newest, &outsider, Some(&row), None).await?;
                    self.metrics.witness(witness.key.name(), newest.size, false);
                    tracing::debug!(witness = witness.key.name(), size, "a witness cosigned the ledger");
                    Turn::Vouched
                }
                Verdict::Waits(problem) => Turn::Waits(problem),
                Verdict::Refuses(problem) => Turn::Refuses(problem),
            };
            return self.note_down(&newest, &outsider, witness.key.name(), known.as_ref(), turn).await;
        }
        let turn = Turn::Waits("it names another size each time it is asked".to_owned());
        self.note_down(&newest, &outsider, witness.key.name(), known.as_ref(), turn).await
    }

    /// Asks the authority to stamp the newest published head, where it is time.
    pub async fn timestamp(&self, authority: &TimestampSettings) -> Result<Turn, StoreError> {
        let Some(newest) = self.newest().await? else { return Ok(Turn::Nothing) };
        let now = millis(self.clock.now());
        let last = sql::last_stamp(&mut self.store.read().await?, newest.origin_number, &authority.url).await?;
        let every = i64::try_from(authority.every.as_millis()).unwrap_or(i64::MAX);
        // A clock that was set back is no reason to wait for years.
        let waits = |kept_at: i64| kept_at <= now && now - kept_at < every;
        if last.as_ref().is_some_and(|last| last.size >= newest.size || waits(last.kept_at)) {
            return Ok(Turn::Nothing);
        }
        let known = sql::outsider(&mut self.store.read().await?, newest.origin_number, &authority.url).await?;
        let request = stamp::Request::new(newest.note.as_bytes(), self.random.bytes());
        let answer = self.network.ask(&authority.url, stamp::QUERY, request.to_der(), MOST_BYTES, PATIENCE).await;
        let stamped = answer.and_then(|answer| {
            let stamp = request.check(answer.status, &answer.kind, &answer.body).map_err(|error| error.to_string())?;
            Ok((stamp, answer.body))
        });
        let turn = match stamped {
            Ok((stamped_at, response)) => {
                let row = StampRow {
                    origin_number: newest.origin_number,
                    size: newest.size,
                    authority: authority.url.clone(),
                    note: newest.note.clone(),
                    response,
                    stamped_at,
                    kept_at: now,
                };
                self.keep(&newest, &authority.url, None, Some(&row)).await?;
                tracing::debug!(size = newest.size, "the head of the ledger was stamped with the time");
                Turn::Vouched
            }
            Err(problem) => Turn::Waits(problem),
        };
        self.note_down(&newest, &authority.url, "the time-stamping authority", known.as_ref(), turn).await
    }

    async fn newest(&self) -> Result<Option<CheckpointRow>, StoreError> {
        let mut connection = self.store.read().await?;
        let origins = ledger_sql::origins(&mut connection).await?;
        match origins.iter().find(|one| one.origin == self.ledger.origin()) {
            Some(origin) => publish_sql::newest(&mut connection, origin.number).await,
            None => Ok(None),
        }
    }

    /// Keeps what vouches, with the state that follows from it, in one transaction.
    async fn keep(
        &self,
        newest: &CheckpointRow,
        outsider: &str,
        line: Option<&CosignatureRow>,
        stamp: Option<&StampRow>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        if let Some(line) = line {
            sql::insert_cosignature(&mut tx, line).await?;
        }
        if let Some(stamp) = stamp {
            sql::insert_stamp(&mut tx, stamp).await?;
        }
        let row = OutsiderRow {
            outsider: outsider.to_owned(),
            size: newest.size,
            asked_at: millis(self.clock.now()),
            problem: None,
            refused_at: None,
        };
        sql::put_outsider(&mut tx, newest.origin_number, &row).await?;
        tx.commit().await
    }

    /// Says and keeps an answer that vouched for nothing.
    async fn note_down(
        &self,
        newest: &CheckpointRow,
        outsider: &str,
        name: &str,
        known: Option<&OutsiderRow>,
        turn: Turn,
    ) -> Result<Turn, StoreError> {
        let now = millis(self.clock.now());
        let (problem, refused_at) = match &turn {
            Turn::Nothing | Turn::Vouched => return Ok(turn),
            Turn::Waits(problem) => {
                // Said once for each problem, not every ten minutes.
                if known.and_then(|known| known.problem.as_ref()) != Some(problem) {
                    tracing::warn!(
                        outsider = name,
                        problem,
                        "nobody vouches for the newest head yet; it is tried again"
                    );
                }
                // Who once said that this is another tree has not taken that back by being away.
                (problem, known.and_then(|known| known.refused_at))
            }
            Turn::Refuses(problem) => {
                tracing::error!(
                    witness = name,
                    problem,
                    "A WITNESS SAYS THAT THIS IS NOT THE LEDGER IT SAW. Stop the collector, keep copies, say `unticked verify`"
                );
                self.metrics.witness(name, known.map_or(0, |known| known.size), true);
                (problem, Some(known.and_then(|known| known.refused_at).unwrap_or(now)))
            }
        };
        let row = OutsiderRow {
            outsider: outsider.to_owned(),
            size: known.map_or(0, |known| known.size),
            asked_at: now,
            problem: Some(problem.clone()),
            refused_at,
        };
        let mut tx = self.store.begin().await?;
        sql::put_outsider(&mut tx, newest.origin_number, &row).await?;
        tx.commit().await?;
        Ok(turn)
    }
}

/// A published head with the lines of those who cosigned it: what is served, and what stands in bundles.
pub async fn cosigned(connection: &mut Connection, checkpoint: &CheckpointRow) -> Result<String, StoreError> {
    let mut note = checkpoint.note.clone();
    for row in sql::cosignatures(connection, checkpoint.origin_number, checkpoint.size).await? {
        note.push_str(&row.line);
        note.push('\n');
    }
    Ok(note)
}
