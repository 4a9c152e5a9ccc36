//! What lies under older keys is sealed under the first one, a batch at a time, while everybody works.

use std::time::Duration;

use uuid::Uuid;

use super::{
    RotationError,
    rotate::{Step, Tools},
    sql::{self, SealedValue},
};
use crate::{
    submissions::record::value_cell,
    vault::{Kind, WrappedKeys},
};

/// Rows in one transaction: visitors wait for it on SQLite.
const BATCH: i64 = 128;
/// Between two batches, so that whoever waits for the database gets it.
const BREATH: Duration = Duration::from_millis(15);
/// A collector that still seals under an old key brings new work while we look.
const PASSES: usize = 8;

/// Seals anew whatever of this kind lies under another key than the first; answers how many rows it changed. Rows that
/// cannot be opened are told and left.
pub(super) async fn seal_anew(tools: &Tools, kind: Kind, tell: &mut dyn FnMut(Step)) -> Result<u64, RotationError> {
    let mut all = 0;
    for _ in 0..PASSES {
        let (done, unreadable) = match kind {
            Kind::Wrap => wrapped(tools, all, tell).await?,
            Kind::Value => values(tools, all, tell).await?,
            Kind::Ticket => (0, 0),
        };
        all += done;
        if done == 0 {
            if unreadable > 0 {
                tell(Step::Unreadable { kind, count: unreadable });
            }
            break;
        }
    }
    Ok(all)
}

async fn wrapped(tools: &Tools, before: u64, tell: &mut dyn FnMut(Step)) -> Result<(u64, u64), RotationError> {
    let first = tools.vault.ring().first(Kind::Wrap).0;
    let (mut past, mut done, mut unreadable) = (Uuid::nil(), 0, 0);
    loop {
        let mut connection = tools.store.keys().read().await?;
        let page = sql::wrapped_otherwise(&mut connection, &first, past, BATCH).await?;
        drop(connection);
        let Some(last) = page.last() else { return Ok((done, unreadable)) };
        past = last.subject_id;
        let anew: Vec<Option<WrappedKeys>> = page.iter().map(|row| tools.vault.wrap_anew(row).ok()).collect();
        let mut tx = tools.store.keys().begin().await?;
        for (old, new) in page.iter().zip(&anew) {
            match new {
                Some(new) => done += sql::replace_wrapped(&mut tx, old, new).await?,
                None => unreadable += 1,
            }
        }
        tx.commit().await?;
        tell(Step::Progress { kind: Kind::Wrap, done: before + done });
        tokio::time::sleep(BREATH).await;
    }
}

async fn values(tools: &Tools, before: u64, tell: &mut dyn FnMut(Step)) -> Result<(u64, u64), RotationError> {
    let first = tools.vault.ring().first(Kind::Value).0;
    let (mut past, mut field, mut done, mut unreadable) = (Uuid::nil(), String::new(), 0, 0);
    loop {
        let mut connection = tools.store.read().await?;
        let page = sql::values_otherwise(&mut connection, &first, past, &field, BATCH).await?;
        drop(connection);
        let Some(last) = page.last() else { return Ok((done, unreadable)) };
        (past, field) = (last.submission_id, last.field.clone());
        let anew: Vec<Option<Vec<u8>>> = page.iter().map(|row| value_anew(tools, row)).collect();
        let mut tx = tools.store.begin().await?;
        for (old, new) in page.iter().zip(&anew) {
            match new {
                Some(new) => done += sql::replace_value(&mut tx, old, new).await?,
                None => unreadable += 1,
            }
        }
        tx.commit().await?;
        tell(Step::Progress { kind: Kind::Value, done: before + done });
        tokio::time::sleep(BREATH).await;
    }
}

fn value_anew(tools: &Tools, value: &SealedValue) -> Option<Vec<u8>> {
    value_cell(value.submission_id, &value.field, |cell| {
        let plain = tools.vault.open_value(cell, &value.content).ok()?;
        Some(tools.vault.ring().seal(cell, &plain, tools.vault.random()))
    })
}
