//! Ends what was begun, ends evidence whose deadline is over, and forgets again whom a backup brought back.

use std::time::Duration;

use jiff::Timestamp;
use tracing::{error, warn};
use uuid::Uuid;

use super::{
    ErasureError, Order,
    deadline::end_evidence,
    finish::{self, journal, until},
    forget::forget,
    sql::{self, Found},
};
use crate::{
    retention::{
        Tools,
        clock::{self, Present},
    },
    store::values::millis,
    vault,
};

/// Rows read at once.
const PAGE: i64 = 32;

/// What a run has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Persons whose evidence has ended.
    pub evidence_ended: u64,
    /// Steps that were begun and are over now.
    pub finished: u64,
    /// Submissions of which something is left to do; each is in the log.
    pub failed: u64,
}

/// Ends everything that was begun, and the evidence whose deadline is over, as far as the clock may be trusted.
pub async fn run_as_trusted(tools: &Tools, now: Timestamp, patience: Duration) -> Result<Done, ErasureError> {
    let present = clock::present(&mut tools.store.read().await?, now).await?;
    run_within(tools, present, patience).await
}

/// Ends everything that was begun, and the evidence whose deadline is over at `now`, which is certain.
pub async fn run(tools: &Tools, now: Timestamp, patience: Duration) -> Result<Done, ErasureError> {
    run_within(tools, Present::certain(now), patience).await
}

async fn run_within(tools: &Tools, present: Present, patience: Duration) -> Result<Done, ErasureError> {
    let mut done = Done::default();
    let now = present.now;
    let until = millis(until(present.until, tools.forgetting.evidence_days));
    let (mut past_at, mut past) = (i64::MIN, Uuid::nil());
    loop {
        let page = sql::past_deadline(&mut tools.store.read().await?, until, past_at, past, PAGE).await?;
        let Some(last) = page.last() else { break };
        (past_at, past) = (last.forgotten_at, last.submission_id);
        for row in &page {
            match end_evidence(tools, row, now).await {
                Ok(ended) => done.evidence_ended += u64::from(ended),
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => {
                    error!(submission = %row.submission_id, %error, "the evidence of a forgotten person does not end");
                    done.failed += 1;
                }
            }
        }
    }
    let mut past = Uuid::nil();
    loop {
        let page = sql::pending(&mut tools.store.read().await?, past, PAGE).await?;
        let Some(last) = page.last() else { return Ok(done) };
        past = last.submission_id;
        match finish::finish(tools, &page, patience).await {
            Ok(()) => done.finished += page.len() as u64,
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => {
                warn!(%error, "somebody is not forgotten wholly yet; the next run goes on");
                done.failed += page.len() as u64;
            }
        }
    }
}

/// Forgets again whoever the journal names and a backup has brought back. Answers how many that were.
///
/// Call it at every start, before anything is sent: whatever way an older database came here, nobody returns.
pub async fn replay(tools: &Tools, now: Timestamp, patience: Duration) -> Result<u64, ErasureError> {
    let read = journal(tools).read()?;
    if let Some(line) = read.altered {
        error!(
            journal = %tools.forgetting.journal.display(), line,
            "the journal of the forgotten was altered, or is another key ring's: whoever it named there may have come back"
        );
    }
    let mut again = 0;
    for entry in read.entries {
        let (submission, subject) = (entry.submission, entry.subject);
        let known = sql::find(&mut tools.store.read().await?, submission).await?;
        if known.is_some() {
            let keys = vault::sql::find(&mut tools.store.keys().read().await?, subject).await?;
            // Only the keys are older.
            if keys.is_some_and(|keys| keys.identity_key.is_some()) {
                let mut tx = tools.store.keys().begin().await?;
                vault::sql::destroy_identity(&mut tx, subject).await?;
                tx.commit().await?;
                again += 1;
            }
            continue;
        }
        let found = sql::of_subject(&mut tools.store.read().await?, subject).await?;
        let Some(found) = found.into_iter().find(|one: &Found| one.submission_id == submission) else { continue };
        let order = Order { ground: entry.ground, request: None, despite_obligation: true, since: Some(entry.at) };
        match forget(tools, &found, &order, now, patience).await {
            Ok(report) => {
                again += 1;
                if let Some(error) = report.unfinished {
                    warn!(%submission, %error, "somebody who came back is not forgotten wholly yet");
                }
            }
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => error!(%submission, %error, "somebody whom a backup brought back is not forgotten again"),
        }
    }
    Ok(again)
}
