//! The group-commit writer: one transaction for many submissions, and nobody is answered before it is durable.
//!
//! One task takes what waits, commits the keys, then everything else, and answers. A batch that fails is tried again
//! one by one, so that one submission cannot spoil the others'. A commit whose outcome is unknown is looked up. What
//! dies in between leaves at most keys that open nothing.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
};
use tracing::{error, warn};
use uuid::Uuid;

use super::{
    reached::LastCommitted,
    record::Record,
    sql::{self, Kept},
};
use crate::{
    evidence,
    ledger::{Appended, Ledger, Signed},
    mail,
    metrics::Metrics,
    outbox::{self, Outbox},
    rotation::rotate::any_retired,
    store::{Store, StoreError},
    vault,
};

/// The most submissions in one transaction.
pub const LARGEST_BATCH: usize = 256;
/// The most submissions that wait; who comes then waits outside.
const QUEUE: usize = 1024;
/// How long a database may take over a batch. Longer than any disk needs, shorter than visitors stay.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a submission.
#[derive(Debug, Clone)]
pub enum Written {
    /// It is durable, and in the ledger.
    New(Sequenced),
    /// Its id was accepted before; this is what is kept.
    Known(Kept),
}

/// The place of a new submission's evidence in the ledger, with all that proves it.
#[derive(Debug, Clone)]
pub struct Sequenced {
    /// Its leaf.
    pub index: u64,
    /// What went into the ledger together with it.
    pub appended: Arc<Appended>,
    /// The head that was signed then.
    pub signed: Arc<Signed>,
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The database cannot write now.
    #[error("the database cannot write now")]
    Unavailable,
    /// The reference is another submission's: make the record again.
    #[error("the reference is another submission's")]
    ReferenceTaken,
    /// A defect; it was logged.
    #[error("a defect of the collector")]
    Defect,
}

/// Where submissions wait for the writer. Cloning is cheap.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    stop: Arc<Notify>,
}

struct Job {
    record: Box<Record>,
    answer: oneshot::Sender<Result<Written, WriteError>>,
}

/// What the writer's task works with.
#[derive(Clone)]
pub struct Tools {
    /// Both databases.
    pub store: Store,
    /// Signs what was committed.
    pub ledger: Ledger,
    /// Woken after each commit.
    pub outbox: Outbox,
    /// Told how large each batch was.
    pub metrics: Metrics,
    /// What the last batch brought, noted with the keys of the next one.
    pub reached: LastCommitted,
    /// Whether the owner is told of new submissions by mail.
    pub by_mail: bool,
}

impl Writer {
    /// Starts the task. It ends after [`Writer::stop`], when everything that waits is written.
    pub fn start(tools: Tools) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(run(tools, waiting, Arc::clone(&stop)));
        (Self { queue, stop }, task)
    }

    /// Writes a submission; returns when it is durable. Who stops waiting does not stop the writing.
    pub async fn write(&self, record: Record) -> Result<Written, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { record: Box::new(record), answer };
        self.queue.send(job).await.map_err(|_| WriteError::Unavailable)?;
        // Without an answer the batch died of a defect, which was logged.
        answered.await.unwrap_or(Err(WriteError::Defect))
    }

    /// Whether the task lives and takes more.
    pub fn is_open(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Takes nothing more; what was taken is still written.
    pub fn stop(&self) {
        self.stop.notify_one();
    }
}

async fn run(tools: Tools, mut waiting: mpsc::Receiver<Job>, stop: Arc<Notify>) {
    let mut open = true;
    loop {
        let mut batch = Vec::new();
        tokio::select! {
            biased;
            () = stop.notified(), if open => {
                waiting.close();
                open = false;
                continue;
            }
            taken = waiting.recv_many(&mut batch, LARGEST_BATCH) => if taken == 0 { return },
        }
        tools.metrics.batch(batch.len());
        let tools = tools.clone();
        // A task of its own: a panic costs this batch and not the writer.
        if tokio::spawn(async move { write(&tools, batch).await }).await.is_err() {
            error!("a batch of submissions ended in a panic; this is a defect of the collector");
        }
    }
}

/// Writes a batch and answers everybody in it.
async fn write(tools: &Tools, batch: Vec<Job>) {
    let mut ids = HashSet::new();
    // The same ticket twice at once: whoever came first is written, the other one finds it.
    let (first, again): (Vec<Job>, Vec<Job>) =
        batch.into_iter().partition(|job| ids.insert(job.record.submission.submission_id));
    let mut outcomes = {
        let records: Vec<&Record> = first.iter().map(|job| job.record.as_ref()).collect();
        together_or_alone(tools, &records).await
    };
    if outcomes.iter().any(|outcome| matches!(outcome, Ok(Written::New(_)))) {
        tools.outbox.wake();
    }
    for job in &again {
        outcomes.push(match known_and_signed(tools, job.record.submission.submission_id).await {
            Ok(Some(kept)) => Ok(Written::Known(kept)),
            // The first one failed, and so would this one now.
            Ok(None) => Err(WriteError::Unavailable),
            Err(error) => Err(failed(&error)),
        });
    }
    for (job, outcome) in first.into_iter().chain(again).zip(outcomes) {
        // Nobody waits any more: the visitor left, and will find the result when they try again.
        let _ = job.answer.send(outcome);
    }
}

/// One outcome for each record, in order.
pub(super) async fn together_or_alone(tools: &Tools, records: &[&Record]) -> Vec<Result<Written, WriteError>> {
    match attempt(tools, records).await {
        Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
        Err(Failure::ReferenceTaken) if records.len() == 1 => return vec![Err(WriteError::ReferenceTaken)],
        Err(Failure::Store(error)) if records.len() == 1 => return vec![Err(failed(&error))],
        Err(Failure::ReferenceTaken) => {}
        Err(Failure::Store(error)) => {
            warn!(%error, submissions = records.len(), "a batch could not be written; trying one by one");
        }
    }
    let mut outcomes = Vec::with_capacity(records.len());
    let mut away = false;
    for record in records {
        // A database that is away for one is away for all: nobody waits for another 255 timeouts.
        let outcome = if away {
            Err(WriteError::Unavailable)
        } else {
            match attempt(tools, &[record]).await {
                Ok(mut outcomes) => outcomes.pop().ok_or(WriteError::Defect),
                Err(Failure::ReferenceTaken) => Err(WriteError::ReferenceTaken),
                Err(Failure::Store(error)) => Err(failed(&error)),
            }
        };
        away |= matches!(outcome, Err(WriteError::Unavailable));
        outcomes.push(outcome);
    }
    outcomes
}

enum Failure {
    Store(StoreError),
    ReferenceTaken,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Writes all of `records` that are new in one transaction, or none.
async fn attempt(tools: &Tools, records: &[&Record]) -> Result<Vec<Written>, Failure> {
    let overdue = |_| StoreError::Unavailable("it did not answer in time".to_owned());
    tokio::time::timeout(PATIENCE, keep_keys(tools, records)).await.map_err(overdue)??;
    let outcomes = tokio::time::timeout(PATIENCE, keep_rest(tools, records)).await.map_err(overdue)??;
    if let (Some(Written::New(_)), Some(record)) = (outcomes.last(), records.last()) {
        tools.reached.set(record.evidence.record_id);
    }
    Ok(outcomes)
}

/// Keys first: a value without its key is lost, a key without its subject is swept. Repeating it changes nothing,
/// so that a commit whose outcome is unknown needs no look.
async fn keep_keys(tools: &Tools, records: &[&Record]) -> Result<(), StoreError> {
    let keys: Vec<_> = records.iter().map(|record| &record.keys).collect();
    let mut tx = tools.store.keys().begin().await?;
    vault::sql::insert(&mut tx, &keys).await?;
    let retired = vault::sql::retired(&mut tx).await?;
    if records.iter().any(|record| any_retired(&retired, record.sealed_by_the_ring())) {
        let why = "it was sealed under a key that has left the ring: this collector needs the new key ring";
        return Err(StoreError::Unavailable(why.to_owned()));
    }
    if let (Some(committed), Some(newest)) = (tools.reached.get(), keys.last()) {
        vault::sql::note_reached(&mut tx, committed, newest.created_at).await?;
    }
    tx.commit().await
}

async fn keep_rest(tools: &Tools, records: &[&Record]) -> Result<Vec<Written>, Failure> {
    let mut outcomes: Vec<Option<Kept>> = vec![None; records.len()];
    loop {
        let fresh: Vec<&Record> =
            records.iter().zip(&outcomes).filter(|(_, known)| known.is_none()).map(|(record, _)| *record).collect();
        if fresh.is_empty() {
            // Whoever wrote them may have been stopped before the head was signed.
            tools.ledger.catch_up().await?;
            return Ok(outcomes.into_iter().flatten().map(Written::Known).collect());
        }
        if let Some(appended) = keep_fresh(tools, &fresh).await? {
            // Nobody hears of a leaf before the head that holds it is signed and kept.
            let signed = tools.ledger.sign(&appended.head()).await?;
            let (mut index, appended) = (appended.first(), Arc::new(appended));
            let sequenced = outcomes.into_iter().map(|known| match known {
                Some(kept) => Written::Known(kept),
                None => {
                    index += 1;
                    let (appended, signed) = (Arc::clone(&appended), Arc::clone(&signed));
                    Written::New(Sequenced { index: index - 1, appended, signed })
                }
            });
            return Ok(sequenced.collect());
        }
        // Some were there before. Each round finds at least one of them, or the reference is at fault.
        let mut found = false;
        for (record, outcome) in records.iter().zip(&mut outcomes) {
            if outcome.is_none() {
                *outcome = known(tools, record.submission.submission_id).await?;
                found |= outcome.is_some();
            }
        }
        if !found {
            return Err(Failure::ReferenceTaken);
        }
    }
}

/// What went into the ledger, when all of them are durable now; otherwise some of them stand already and nothing was written.
async fn keep_fresh(tools: &Tools, records: &[&Record]) -> Result<Option<Appended>, StoreError> {
    let mut tx = tools.store.begin().await?;
    if sql::insert(&mut tx, records).await? < records.len() as u64 {
        tx.rollback().await?;
        return Ok(None);
    }
    let events: Vec<_> = records.iter().map(|record| record.event.clone()).collect();
    outbox::sql::insert(&mut tx, &events).await?;
    if tools.by_mail
        && let Some(first) = records.first()
    {
        let ids: Vec<Uuid> = records.iter().map(|record| record.submission.submission_id).collect();
        mail::sql::note(&mut tx, mail::sql::Kind::Submission, &ids, first.submission.received_at).await?;
    }
    // Last: from here until the commit nobody else appends.
    let rows: Vec<_> = records.iter().map(|record| &record.evidence).collect();
    let appended = evidence::sql::insert(&mut tx, &rows).await?;
    tools.ledger.continues(&appended)?;
    match tx.commit().await {
        Ok(()) => Ok(Some(appended)),
        Err(error) => {
            // Nobody knows whether it happened. It happened for all or for none, so one of them tells.
            let Some(one) = records.first() else { return Ok(Some(appended)) };
            match known(tools, one.submission.submission_id).await? {
                Some(kept) if kept.subject_id == one.submission.subject_id => {
                    warn!(%error, "a commit was reported as failed, but it happened");
                    Ok(Some(appended))
                }
                _ => Err(error),
            }
        }
    }
}

/// What is kept under an id, once the ledger's head that holds it is signed.
async fn known_and_signed(tools: &Tools, submission: Uuid) -> Result<Option<Kept>, StoreError> {
    let kept = known(tools, submission).await?;
    if kept.is_some() {
        tools.ledger.catch_up().await?;
    }
    Ok(kept)
}

async fn known(tools: &Tools, submission: Uuid) -> Result<Option<Kept>, StoreError> {
    sql::find(&mut tools.store.read().await?, submission).await
}

fn failed(error: &StoreError) -> WriteError {
    if error.is_unavailable() {
        warn!(%error, "a submission could not be written");
        WriteError::Unavailable
    } else {
        error!(%error, "a submission could not be written; this is a defect of the collector");
        WriteError::Defect
    }
}
