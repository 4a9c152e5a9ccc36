//! The group-commit writer: one transaction for many submissions, and nobody is answered before it is durable.
//!
//! One task takes what waits, commits the keys, then everything else; and when the head of the ledger with all of that is
//! signed and kept it answers. Under load two batches overlap: the head of one goes into the key store in the transaction
//! that brings the keys of the next, so that a batch costs two commits and not three. A batch that fails is tried again one
//! by one, so that one submission cannot spoil the others'. A commit whose outcome is unknown is looked up. What dies in
//! between leaves at most keys that open nothing, or a head that the next start signs.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

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
    ledger::{Appended, Head, Ledger, Signed},
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
    let mut before = None;
    loop {
        let mut batch = Vec::new();
        if before.is_some() {
            // Those before wait for their answer, and no longer than they must.
            while batch.len() < LARGEST_BATCH
                && let Ok(job) = waiting.try_recv()
            {
                batch.push(job);
            }
        } else {
            tokio::select! {
                biased;
                () = stop.notified(), if open => {
                    waiting.close();
                    open = false;
                    continue;
                }
                taken = waiting.recv_many(&mut batch, LARGEST_BATCH) => if taken == 0 { return },
            }
        }
        if !batch.is_empty() {
            tools.metrics.batch(batch.len());
        }
        let tools = tools.clone();
        // A task of its own: a panic costs these and not the writer.
        before = tokio::spawn(step(tools, before, batch)).await.unwrap_or_else(|_| {
            error!("a batch of submissions ended in a panic; this is a defect of the collector");
            None
        });
    }
}

/// A batch that the main database has and whose head is not signed: whoever is new in it waits for that.
struct Waiting {
    batch: Batch,
    jobs: Vec<Job>,
    /// The same tickets once more.
    again: Vec<Job>,
}

/// Ends the batch `before` and brings those in `jobs` as far as they wait for their signature.
async fn step(tools: Tools, before: Option<Waiting>, jobs: Vec<Job>) -> Option<Waiting> {
    let mut ids = HashSet::new();
    // The same ticket twice at once: whoever came first is written, the other one finds it.
    let (jobs, again): (Vec<Job>, Vec<Job>) =
        jobs.into_iter().partition(|job| ids.insert(job.record.submission.submission_id));
    let records: Vec<&Record> = jobs.iter().map(|job| job.record.as_ref()).collect();
    let head = before.as_ref().and_then(|waiting| waiting.batch.head());
    let (signed, keys) = keep_keys(&tools, head, &records).await;
    if let Some(waiting) = before {
        waiting.end(&tools, signed.as_ref()).await;
    }
    if records.is_empty() {
        return None;
    }
    let batch = keep_rest_or_each(&tools, &records, keys).await;
    let waiting = Waiting { batch, jobs, again };
    if waiting.batch.head().is_some() {
        return Some(waiting);
    }
    waiting.end(&tools, None).await;
    None
}

impl Waiting {
    /// Answers everybody.
    async fn end(self, tools: &Tools, signed: Option<&Result<Arc<Signed>, WriteError>>) {
        let mut outcomes = self.batch.outcomes(signed);
        if outcomes.iter().any(|outcome| matches!(outcome, Ok(Written::New(_)))) {
            tools.outbox.wake();
        }
        for job in &self.again {
            outcomes.push(match known_and_signed(tools, job.record.submission.submission_id).await {
                Ok(Some(kept)) => Ok(Written::Known(kept)),
                // The first one failed, and so would this one now.
                Ok(None) => Err(WriteError::Unavailable),
                Err(error) => Err(failed(&error)),
            });
        }
        for (job, outcome) in self.jobs.into_iter().chain(self.again).zip(outcomes) {
            // Nobody waits any more: the visitor left, and will find the result when they try again.
            let _ = job.answer.send(outcome);
        }
    }
}

/// One outcome for each record, in order: both halves of what [`step`] does, as a batch without another behind it.
#[cfg(test)]
pub(super) async fn together_or_alone(tools: &Tools, records: &[&Record]) -> Vec<Result<Written, WriteError>> {
    let (_, keys) = keep_keys(tools, None, records).await;
    let batch = keep_rest_or_each(tools, records, keys).await;
    let (signed, _) = keep_keys(tools, batch.head(), &[]).await;
    batch.outcomes(signed.as_ref())
}

/// Whose keys in the key store are not those that a record was sealed with.
type Others = BTreeSet<Uuid>;

/// What became of the records of a batch, in order.
struct Batch {
    fates: Vec<Fate>,
    /// What the new ones among them brought into the ledger.
    appended: Option<Arc<Appended>>,
}

enum Fate {
    /// It is in the main database, with this leaf, and waits until the head with it is signed.
    Leaf(u64),
    /// It is over.
    Over(Result<Written, WriteError>),
}

impl Batch {
    /// The head that has to be signed.
    fn head(&self) -> Option<Head> {
        self.appended.as_ref().map(|appended| appended.head())
    }

    fn outcomes(self, signed: Option<&Result<Arc<Signed>, WriteError>>) -> Vec<Result<Written, WriteError>> {
        let Self { fates, appended } = self;
        fates
            .into_iter()
            .map(|fate| match (fate, &appended, signed) {
                (Fate::Over(outcome), ..) => outcome,
                (Fate::Leaf(index), Some(appended), Some(Ok(signed))) => {
                    let (appended, signed) = (Arc::clone(appended), Arc::clone(signed));
                    Ok(Written::New(Sequenced { index, appended, signed }))
                }
                // It stands, and nobody was told so: who tries again finds it.
                (Fate::Leaf(_), _, Some(Err(error))) => Err(*error),
                (Fate::Leaf(_), ..) => Err(WriteError::Defect),
            })
            .collect()
    }
}

/// Keeps, in one transaction of the key store, the keys of `records` and the signed `head` of the batch before them.
///
/// Keys first: a value without its key is lost, a key without its subject is swept. The head last: nobody hears of a leaf
/// before the head that holds it is signed and kept. To repeat either changes nothing, so that a commit whose outcome is
/// unknown needs no look.
async fn keep_keys(
    tools: &Tools,
    head: Option<Head>,
    records: &[&Record],
) -> (Option<Result<Arc<Signed>, WriteError>>, Result<Others, StoreError>) {
    if !records.is_empty() {
        match in_time(keep_keys_and_head(tools, head, records)).await {
            Ok((Some(signed), others)) => return (Some(Ok(signed)), Ok(others)),
            // Nothing is to be signed, or another collector has signed meanwhile, and it takes a look.
            Ok((None, others)) => return (sign_alone(tools, head).await, Ok(others)),
            // What these bring must not cost those before their answer.
            Err(error) if head.is_none() => return (None, Err(error)),
            Err(error) => {
                let signed = sign_alone(tools, head).await;
                return (signed, Err(error));
            }
        }
    }
    (sign_alone(tools, head).await, Ok(Others::new()))
}

async fn sign_alone(tools: &Tools, head: Option<Head>) -> Option<Result<Arc<Signed>, WriteError>> {
    let head = head?;
    let mut signed = in_time(tools.ledger.sign(&head)).await;
    if let Err(error) = &signed {
        warn!(%error, "the head of the ledger could not be kept; trying once more");
        signed = in_time(tools.ledger.sign(&head)).await;
    }
    Some(signed.map_err(|error| failed(&error)))
}

async fn keep_keys_and_head(
    tools: &Tools,
    head: Option<Head>,
    records: &[&Record],
) -> Result<(Option<Arc<Signed>>, Others), StoreError> {
    let keys: Vec<_> = records.iter().map(|record| &record.keys).collect();
    let mut tx = tools.store.keys().begin().await?;
    let others = vault::sql::insert(&mut tx, &keys).await?;
    let retired = vault::sql::retired(&mut tx).await?;
    if records.iter().any(|record| any_retired(&retired, record.sealed_by_the_ring())) {
        let why = "it was sealed under a key that has left the ring: this collector needs the new key ring";
        return Err(StoreError::Unavailable(why.to_owned()));
    }
    if let (Some(committed), Some(newest)) = (tools.reached.get(), keys.last()) {
        vault::sql::note_reached(&mut tx, committed, newest.created_at).await?;
    }
    let signed = match head {
        Some(head) => tools.ledger.sign_in(&mut tx, &head).await?,
        None => None,
    };
    tx.commit().await?;
    Ok((signed.map(|signed| tools.ledger.kept(signed)), others))
}

/// Everything but the keys, whose outcome is `keys`: together, or, when that fails, one by one.
async fn keep_rest_or_each(tools: &Tools, records: &[&Record], keys: Result<Others, StoreError>) -> Batch {
    let together = match keys {
        Ok(others) => in_time(keep_rest(tools, records, &others)).await,
        Err(error) => Err(error),
    };
    match together {
        Ok(batch) => {
            if let (Some(Fate::Leaf(_)), Some(record)) = (batch.fates.last(), records.last()) {
                tools.reached.set(record.evidence.record_id);
            }
            batch
        }
        Err(error) if records.len() == 1 => Batch { fates: vec![Fate::Over(Err(failed(&error)))], appended: None },
        Err(error) => {
            warn!(%error, submissions = records.len(), "a batch could not be written; trying one by one");
            Batch { fates: each(tools, records).await, appended: None }
        }
    }
}

/// Each by itself, to the end.
async fn each(tools: &Tools, records: &[&Record]) -> Vec<Fate> {
    let mut fates = Vec::with_capacity(records.len());
    let mut away = false;
    for record in records {
        // A database that is away for one is away for all: nobody waits for another 255 timeouts.
        let outcome = if away { Err(WriteError::Unavailable) } else { alone(tools, record).await };
        away |= matches!(outcome, Err(WriteError::Unavailable));
        fates.push(Fate::Over(outcome));
    }
    fates
}

async fn alone(tools: &Tools, record: &Record) -> Result<Written, WriteError> {
    let (_, keys) = keep_keys(tools, None, &[record]).await;
    let others = keys.map_err(|error| failed(&error))?;
    let batch = in_time(keep_rest(tools, &[record], &others)).await.map_err(|error| failed(&error))?;
    let signed = sign_alone(tools, batch.head()).await;
    batch.outcomes(signed.as_ref()).pop().unwrap_or(Err(WriteError::Defect))
}

async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let overdue = |_| StoreError::Unavailable("it did not answer in time".to_owned());
    tokio::time::timeout(PATIENCE, work).await.map_err(overdue)?
}

/// Writes all of `records` that are new and can be in one transaction, or none.
async fn keep_rest(tools: &Tools, records: &[&Record], others: &Others) -> Result<Batch, StoreError> {
    let mut over: Vec<Option<Result<Written, WriteError>>> = vec![None; records.len()];
    for (record, over) in records.iter().zip(&mut over).filter(|(record, _)| others.contains(&record.keys.subject_id)) {
        // Another attempt under the same id has come in between, and what this one has sealed could never be opened.
        let kept = known(tools, record.submission.submission_id).await?;
        *over = Some(kept.map(Written::Known).ok_or(WriteError::Unavailable));
    }
    loop {
        let fresh: Vec<&Record> =
            records.iter().zip(&over).filter(|(_, over)| over.is_none()).map(|(record, _)| *record).collect();
        let appended = if fresh.is_empty() {
            // Whoever wrote them may have been stopped before the head was signed.
            tools.ledger.catch_up().await?;
            None
        } else if let Some(appended) = keep_fresh(tools, &fresh).await? {
            Some(Arc::new(appended))
        } else {
            // Some of them cannot be written. Each round finds at least one.
            find_obstacles(tools, records, &mut over).await?;
            continue;
        };
        let mut leaves = appended.as_ref().map_or(0, |appended| appended.first())..;
        let fates = over.into_iter().map(|over| match over {
            Some(outcome) => Fate::Over(outcome),
            None => Fate::Leaf(leaves.next().unwrap_or_default()),
        });
        return Ok(Batch { fates: fates.collect(), appended });
    }
}

/// Finds which submissions stand already; if none does, which references are taken.
async fn find_obstacles(
    tools: &Tools,
    records: &[&Record],
    over: &mut [Option<Result<Written, WriteError>>],
) -> Result<(), StoreError> {
    let left = over.iter().filter(|over| over.is_none()).count();
    for (record, over) in records.iter().zip(&mut *over).filter(|(_, over)| over.is_none()) {
        *over = known(tools, record.submission.submission_id).await?.map(|kept| Ok(Written::Known(kept)));
    }
    if over.iter().filter(|over| over.is_none()).count() < left {
        return Ok(());
    }
    let mut drawn = HashSet::new();
    for (record, over) in records.iter().zip(&mut *over).filter(|(_, over)| over.is_none()) {
        let reference = record.submission.reference.as_str();
        let twice = !drawn.insert(reference);
        if twice || sql::has_reference(&mut tools.store.read().await?, reference).await? {
            *over = Some(Err(WriteError::ReferenceTaken));
        }
    }
    if over.iter().filter(|over| over.is_none()).count() < left {
        return Ok(());
    }
    Err(StoreError::Defect("a submission meets another one that cannot be found".to_owned()))
}

/// What went into the ledger, when all of them are durable now; otherwise some of them stand already and nothing was written.
async fn keep_fresh(tools: &Tools, records: &[&Record]) -> Result<Option<Appended>, StoreError> {
    let mut tx = tools.store.begin().await?;
    if sql::insert(&mut tx, records).await? < records.len() as u64 {
        tx.rollback().await?;
        return Ok(None);
    }
    // What was decided at a banner is no lead: nobody is told.
    let leads: Vec<&Record> = records.iter().copied().filter(|record| !record.is_banner()).collect();
    let events: Vec<_> = leads.iter().map(|record| &record.event).collect();
    outbox::sql::insert(&mut tx, &events).await?;
    if tools.by_mail
        && let Some(first) = leads.first()
    {
        let ids: Vec<Uuid> = leads.iter().map(|record| record.submission.submission_id).collect();
        mail::sql::note(&mut tx, mail::sql::Kind::Submission, &ids, first.submission.received_at).await?;
    }
    // Last: from here until the commit nobody else appends.
    let rows: Vec<_> = records.iter().map(|record| &record.evidence).collect();
    let appended = evidence::keep(&mut tx, &tools.ledger, &rows).await?;
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
