//! After the commit: keys, journal, files; then the row is `done`. Each of them may be done again.

use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;
use unticked_shared::evidence::{Erasure, Ground, Happened, Method};

use super::{
    ErasureError, decide,
    journal::{Entry, Journal},
    neighbours::staying,
    sql::{self, Row},
};
use crate::{
    evidence,
    retention::{self, Hands, Tools, follow_up_on_request},
    store::{EngineKind, values::time},
    vault::{self, SubjectKeys},
};

/// Between two tries to empty the files.
const BREATH: Duration = Duration::from_millis(100);

/// Ends what the main database has begun. Where one part fails the rest is done all the same, and the row stays `pending`.
pub async fn finish(tools: &Tools, rows: &[Row], patience: Duration) -> Result<(), ErasureError> {
    // Whoever was stopped behind the commit has not signed it, and nobody is told that it is done before.
    tools.ledger.catch_up().await?;
    let mut first = None;
    let mut let_gone = Vec::new();
    for row in rows {
        match let_go(tools, row).await {
            Ok(()) => let_gone.push(row),
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => {
                warn!(submission = %row.submission_id, %error, "somebody is not forgotten wholly yet");
                first = first.or(Some(error));
            }
        }
    }
    empty_files(tools, patience).await?;
    let mut tx = tools.store.begin().await?;
    for row in let_gone {
        sql::done(&mut tx, row.submission_id, row.step).await?;
    }
    tx.commit().await?;
    first.map_or(Ok(()), Err)
}

/// The keys first: they are what makes every copy worthless, and nothing else may keep them.
async fn let_go(tools: &Tools, row: &Row) -> Result<(), ErasureError> {
    let ground = Ground::parse(&row.ground);
    let by_rule = matches!(ground, None | Some(Ground::Retention | Ground::Unreleased | Ground::Withdrawal));
    if by_rule && row.step == 1 {
        drop_rare(tools, row).await?;
    }
    let mut keys = tools.store.keys().begin().await?;
    if row.step == 1 {
        vault::sql::destroy_identity(&mut keys, row.subject_id).await?;
    } else {
        vault::sql::destroy(&mut keys, row.subject_id).await?;
    }
    keys.commit().await?;
    // What ended by a rule ends by it again, whatever is brought back.
    if let Some(ground) = ground.filter(|_| !by_rule && row.step == 1) {
        let (submission, subject) = (row.submission_id, row.subject_id);
        let entry = Entry { submission, subject, ground, at: time(row.forgotten_at)? };
        journal(tools).add(&entry)?;
    }
    Ok(())
}

/// The journal of these tools.
pub fn journal(tools: &Tools) -> Journal {
    Journal::new(&tools.forgetting.journal, &tools.vault)
}

/// The files are cleaned of copies, and SQLite's logs, which still hold what was overwritten, are folded into them; no reader
/// may look at an older state meanwhile.
async fn empty_files(tools: &Tools, patience: Duration) -> Result<(), ErasureError> {
    match tools.store.vacuum().await {
        Err(error) if tools.store.kind() == EngineKind::Postgres => {
            warn!(%error, "PostgreSQL could not be told to clean up what was deleted; it does so by itself (autovacuum)");
        }
        vacuumed => vacuumed?,
    }
    let mut waited = Duration::ZERO;
    while !tools.store.fold_logs().await? {
        if waited >= patience {
            return Err(ErasureError::NotFolded);
        }
        tokio::time::sleep(BREATH).await;
        waited += BREATH;
    }
    Ok(())
}

/// Of somebody who ended by a rule: what identifies nobody and is still in use for a purpose goes, too, where it would
/// single them out. It has a record of its own.
async fn drop_rare(tools: &Tools, row: &Row) -> Result<(), ErasureError> {
    let staying = staying(tools, row.submission_id).await?;
    let keys = tools.vault.keys_of(&tools.store, row.subject_id).await?;
    let keys = keys.unwrap_or(SubjectKeys { identity: None, evidence: None });
    let mut tx = tools.store.begin().await?;
    let Some(submission) = retention::sql::lock(&mut tx, row.submission_id).await? else { return Ok(()) };
    let loaded = retention::load(&mut tx, submission, None).await?;
    let dropped = decide::rare(&loaded.case.held, &staying);
    if dropped.is_empty() {
        return Ok(tx.rollback().await?);
    }
    let now = time(row.forgotten_at)?;
    for field in &dropped {
        retention::sql::destroy_value(&mut tx, row.submission_id, field.as_str()).await?;
    }
    let erasure = Erasure {
        destroyed: dropped.clone(),
        singled_out: decide::singled_out(dropped, tools.forgetting.k),
        ..Erasure::on(Ground::parse(&row.ground).unwrap_or(Ground::Retention))
    };
    let hands = Hands { vault: &tools.vault, keys: &keys };
    let happened = Happened::Erasure(erasure);
    let record = follow_up_on_request(&loaded, Vec::new(), Method::Rule, happened, None, hands, now)?;
    evidence::keep(&mut tx, &tools.ledger, &[&record]).await?;
    tx.commit().await?;
    tools.ledger.catch_up().await?;
    Ok(())
}

/// Whether a row's time has come.
pub(super) fn until(now: Timestamp, days: u32) -> Timestamp {
    now.saturating_sub(jiff::SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}
