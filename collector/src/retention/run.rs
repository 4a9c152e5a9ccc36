//! Looks through what is due, in short transactions, and at everything that nobody has looked at yet.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::Notify, task::JoinHandle};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::{
    Hands, RetentionError, Tools, carry_out, clock,
    clock::Present,
    decide::{Promises, decide},
    load,
    sql::{self, Row},
};
use crate::{
    erasure,
    metrics::Metrics,
    store::{
        StoreError,
        values::{millis, rfc3339},
    },
    vault::{self, SubjectKeys},
    world::Clock,
};

/// Submissions in one transaction: on SQLite visitors wait for it.
const BATCH: usize = 32;
/// However far away the next end is, the clock is looked at every hour: it may have been set.
const HOUR: Duration = Duration::from_hours(1);
/// How long a run waits for whoever reads an older state of the files.
const FOLDING: Duration = Duration::from_secs(5);
/// After which somebody who is not forgotten wholly is looked at again.
const MINUTE: Duration = Duration::from_mins(1);
/// How long to wait at least, so that what cannot be done is not tried without a pause.
const BREATH: Duration = Duration::from_secs(1);

/// What a run has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Purposes whose use has ended.
    pub ended: u64,
    /// Values destroyed.
    pub destroyed: u64,
    /// Persons of whom nothing that identifies is left.
    pub forgotten: u64,
    /// Submissions on which the rules could not be carried out; each is in the log.
    pub failed: u64,
}

/// The room at work. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Retention {
    bell: Arc<Notify>,
}

impl Retention {
    /// Starts the worker; it ends after `shutdown`.
    pub fn start(
        &self,
        tools: Tools,
        clock: Clock,
        metrics: Metrics,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        tokio::spawn(work(tools, clock, metrics, Arc::clone(&self.bell), shutdown))
    }

    /// Tells the worker that something may be due; call it after the commit.
    pub fn wake(&self) {
        self.bell.notify_one();
    }
}

async fn work(
    tools: Tools,
    clock: Clock,
    metrics: Metrics,
    bell: Arc<Notify>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut said = None;
    loop {
        let now = clock.now();
        let pause = tokio::select! {
            // A transaction that is dropped is rolled back, and what stays due is done by whoever starts next.
            pause = turn(&tools, &metrics, &mut said, now) => pause,
            () = &mut shutdown => return,
        };
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = &mut shutdown => return,
        }
    }
}

/// One run, told to log and metrics; answers how long there is nothing to do.
async fn turn(tools: &Tools, metrics: &Metrics, said: &mut Option<Timestamp>, now: Timestamp) -> Duration {
    match run_as_trusted(tools, now).await {
        Ok(done) => {
            let Done { ended, destroyed, forgotten, failed } = done;
            metrics.retention(&done);
            if ended + destroyed + forgotten > 0 {
                info!(ended, destroyed, forgotten, "carried out the retention rules");
            }
            if failed > 0 {
                warn!(
                    failed,
                    "the retention rules of some submissions could not be carried out; the next hour tries again"
                );
            }
        }
        Err(error) => {
            metrics.retention(&Done { failed: 1, ..Done::default() });
            warn!(%error, "the retention rules cannot be carried out now; the next hour tries again");
        }
    }
    match clock::doubt(&tools.store, now).await {
        Ok(Some(doubt)) => {
            metrics.retention_clock_doubted(true);
            // A withdrawal wakes us, too.
            let again = said.is_none_or(|said| now.duration_since(said).unsigned_abs() >= HOUR);
            *said = if again { Some(now) } else { *said };
            if again {
                error!(
                clock = %rfc3339(now),
                trusted = %rfc3339(doubt.trusted_at),
                "the clock is weeks ahead of where it last stood: what fell due in between is not sent any more, and \
                 nothing of it is destroyed before somebody confirms the date (`unticked retention confirm-clock`) or the \
                 clock is set right"
                );
            }
        }
        Ok(None) => {
            metrics.retention_clock_doubted(false);
            *said = None;
        }
        Err(_) => {}
    }
    // What somebody asked for and did not end, and the evidence whose deadline is over.
    let forgetting = erasure::run_as_trusted(tools, now, FOLDING).await;
    if let Ok(standing) = erasure::standing(&tools.store, &erasure::journal_of(tools)).await {
        metrics.erasure(&standing);
    }
    match forgetting {
        Ok(done) => {
            let erasure::Done { evidence_ended, finished, failed } = done;
            if evidence_ended + finished + failed > 0 {
                info!(evidence_ended, finished, failed, "went on with forgetting");
            }
            if failed > 0 {
                return MINUTE;
            }
        }
        Err(error) => warn!(%error, "nobody can be forgotten wholly now; the next hour tries again"),
    }
    let next = match tools.store.read().await {
        Ok(mut connection) => {
            let (waiting, _) = sql::overdue(&mut connection, millis(now)).await.unwrap_or_default();
            metrics.retention_due(waiting);
            sql::next_due(&mut connection, millis(now)).await
        }
        Err(error) => Err(error),
    };
    let wait = next.ok().flatten().and_then(|next| u64::try_from(next.saturating_sub(millis(now))).ok());
    wait.map_or(HOUR, Duration::from_millis).clamp(BREATH, HOUR)
}

/// Carries out every rule that is due, as far as the clock may be trusted, which is noted.
///
/// A submission that cannot be read is left, counted and due; nothing else waits for it. An error means that the
/// database is away.
pub async fn run_as_trusted(tools: &Tools, now: Timestamp) -> Result<Done, RetentionError> {
    run_within(tools, clock::note(&tools.store, now).await?).await
}

/// Carries out every rule that is due at `now`, which is certain.
pub async fn run(tools: &Tools, now: Timestamp) -> Result<Done, RetentionError> {
    run_within(tools, Present::certain(now)).await
}

async fn run_within(tools: &Tools, present: Present) -> Result<Done, RetentionError> {
    let mut work = Run { tools, present, promises: HashMap::new(), done: Done::default(), looked: false };
    let limit = i64::try_from(BATCH).unwrap_or(1);
    let (mut past_due, mut past) = (i64::MIN, Uuid::nil());
    loop {
        let page = sql::due(&mut tools.store.read().await?, millis(present.until), past_due, past, limit).await?;
        let Some(last) = page.last() else { break };
        (past_due, past) = (last.due_at.unwrap_or(i64::MIN), last.submission_id);
        work.page(&page).await?;
    }
    let mut past = Uuid::nil();
    loop {
        let page = sql::unseen(&mut tools.store.read().await?, past, limit).await?;
        let Some(last) = page.last() else { break };
        past = last.submission_id;
        work.page(&page).await?;
    }
    // What was overwritten in the files still stands in their logs; what a withdrawal destroyed, too.
    if work.looked || tools.unfolded.load(Ordering::Relaxed) {
        let folded = tools.store.fold_logs().await?;
        tools.unfolded.store(!folded, Ordering::Relaxed);
    }
    Ok(work.done)
}

struct Run<'a> {
    tools: &'a Tools,
    present: Present,
    /// By version.
    promises: HashMap<String, Arc<Promises>>,
    done: Done,
    looked: bool,
}

/// A person of whom nothing that identifies is left.
struct Forgotten {
    submission: Uuid,
    subject: Uuid,
    due_at: i64,
    then_due_at: i64,
}

impl Run<'_> {
    /// Together, and where that fails one by one, so that one broken submission holds up no other.
    async fn page(&mut self, page: &[Row]) -> Result<(), RetentionError> {
        self.looked = true;
        match self.batch(page).await {
            Ok(done) => return self.count(done),
            Err(error) if error.is_unavailable() => return Err(error),
            Err(_) => {}
        }
        for row in page {
            match self.batch(std::slice::from_ref(row)).await {
                Ok(done) => self.count(done)?,
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => {
                    error!(submission = %row.submission_id, %error, "a retention rule cannot be carried out");
                    self.done.failed += 1;
                }
            }
        }
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "it ends the arms that call it")]
    fn count(&mut self, done: Done) -> Result<(), RetentionError> {
        self.done.ended += done.ended;
        self.done.destroyed += done.destroyed;
        self.done.forgotten += done.forgotten;
        Ok(())
    }

    async fn batch(&mut self, rows: &[Row]) -> Result<Done, RetentionError> {
        let mut promises = Vec::with_capacity(rows.len());
        for row in rows {
            promises.push(self.promises(&row.version).await?);
        }
        let tools = self.tools;
        let mut done = Done::default();
        let mut forgotten = Vec::new();
        let mut tx = tools.store.begin().await?;
        for (seen, promises) in rows.iter().zip(promises) {
            let Some(row) = sql::lock_if_free(&mut tx, seen.submission_id).await? else { continue };
            // Somebody else was here since.
            if row.due_at != seen.due_at {
                continue;
            }
            let loaded = load(&mut tx, row, Some(tools.unreleased_after)).await?;
            let verdict = decide(&promises, &loaded.case, self.present.until);
            // Always: without its key a body that waits would look like one that rests on nothing, and a lead be lost.
            let keys = tools.vault.keys_of(&tools.store, loaded.row.subject_id).await?;
            let keys = keys.unwrap_or(SubjectKeys { identity: None, evidence: None });
            let hands = Hands { vault: &tools.vault, keys: &keys };
            let carried = carry_out(&mut tx, &tools.ledger, &loaded, &verdict, hands, self.present).await?;
            done.ended += carried.ended as u64;
            done.destroyed += carried.destroyed as u64;
            if carried.forget {
                forgotten.push(Forgotten {
                    submission: loaded.row.submission_id,
                    subject: loaded.row.subject_id,
                    due_at: carried.due_at,
                    then_due_at: carried.then_due_at,
                });
            }
        }
        tx.commit().await?;
        tools.ledger.catch_up().await?;
        done.forgotten = self.forget(&forgotten).await?;
        Ok(done)
    }

    /// Destroys keys, now that nothing in the main database needs them; then, and not before, these submissions are no
    /// longer due. Until subjects are joined a subject has one submission.
    async fn forget(&self, forgotten: &[Forgotten]) -> Result<u64, StoreError> {
        if forgotten.is_empty() {
            return Ok(0);
        }
        let mut keys = self.tools.store.keys().begin().await?;
        let mut destroyed = 0;
        for one in forgotten {
            destroyed += vault::sql::destroy_identity(&mut keys, one.subject).await?;
        }
        keys.commit().await?;
        let mut tx = self.tools.store.begin().await?;
        for one in forgotten {
            sql::move_due(&mut tx, one.submission, one.due_at, one.then_due_at).await?;
        }
        tx.commit().await?;
        Ok(destroyed)
    }

    async fn promises(&mut self, version: &str) -> Result<Arc<Promises>, RetentionError> {
        if let Some(known) = self.promises.get(version) {
            return Ok(Arc::clone(known));
        }
        let archived = self.tools.forms.version(version).await?;
        let archived = archived.ok_or_else(|| RetentionError::UnknownVersion(version.to_owned()))?;
        let promises = Arc::new(Promises::of(&archived));
        self.promises.insert(version.to_owned(), Arc::clone(&promises));
        Ok(promises)
    }
}
