//! The statements of the key store.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::subject::WrappedKeys;
use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional, insert_many};

/// Keeps new keys. Commit them before the main transaction: a value without its key is lost, a key without
/// its subject is only swept. To insert the same row again changes nothing.
///
/// Answers whose keys are others: the store keeps the first ones that it was given, and what these seal nobody opens.
pub async fn insert(tx: &mut Transaction, keys: &[&WrappedKeys]) -> Result<BTreeSet<Uuid>, StoreError> {
    let inserted = insert_many!(
        tx,
        {
            into: "subject_key (subject_id, identity_key, evidence_key, created_at)",
            then: "on conflict (subject_id) do nothing",
        },
        keys,
        |row| [row.subject_id, row.identity_key.as_deref(), row.evidence_key.as_deref(), row.created_at]
    )
    .await?;
    let mut others = BTreeSet::new();
    if inserted < keys.len() as u64 {
        for row in keys {
            let kept = find(tx, row.subject_id).await?;
            if kept.is_none_or(|kept| kept.identity_key != row.identity_key || kept.evidence_key != row.evidence_key) {
                others.insert(row.subject_id);
            }
        }
    }
    Ok(others)
}

/// One person's keys.
pub async fn find(connection: &mut Connection, subject: Uuid) -> Result<Option<WrappedKeys>, StoreError> {
    fetch_optional!(
        connection,
        WrappedKeys,
        "select subject_id, identity_key, evidence_key, created_at
         from subject_key
         where subject_id = $1",
        subject,
    )
    .await
}

/// The keys made last.
pub async fn newest(connection: &mut Connection) -> Result<Option<WrappedKeys>, StoreError> {
    fetch_optional!(
        connection,
        WrappedKeys,
        "select subject_id, identity_key, evidence_key, created_at
         from subject_key
         order by created_at desc
         limit 1",
    )
    .await
}

/// The keys made first.
pub async fn oldest(connection: &mut Connection) -> Result<Option<WrappedKeys>, StoreError> {
    fetch_optional!(
        connection,
        WrappedKeys,
        "select subject_id, identity_key, evidence_key, created_at
         from subject_key
         order by created_at
         limit 1",
    )
    .await
}

/// A key of the ring under which nothing may be sealed any more.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Retired {
    /// `wrap` or `value`.
    pub kind: String,
    /// The bytes of its id.
    pub key_id: Vec<u8>,
}

/// What was retired. Ask in the transaction that inserts keys, after it has: whoever retires one holds that up, and sees
/// either the new rows or a transaction that will be refused.
pub async fn retired(connection: &mut Connection) -> Result<Vec<Retired>, StoreError> {
    fetch_all!(
        connection,
        Retired,
        "select kind, key_id
         from ring_retired
         order by kind, key_id",
    )
    .await
}

/// Subjects whose keys were made from `since` on and before `until`, after `past`, in order; at most `limit`.
pub async fn made_between(
    connection: &mut Connection,
    since: i64,
    until: i64,
    past: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = fetch_all!(
        connection,
        (Uuid,),
        "select subject_id
         from subject_key
         where created_at >= $1 and created_at < $2 and subject_id > $3
         order by subject_id
         limit $4",
        since,
        until,
        past,
        limit,
    )
    .await?;
    Ok(rows.into_iter().map(|(subject,)| subject).collect())
}

/// Destroys one person's keys; answers how many rows went.
pub async fn destroy(tx: &mut Transaction, subject: Uuid) -> Result<u64, StoreError> {
    execute!(tx, "delete from subject_key where subject_id = $1", subject).await
}

/// What the main database is known to have reached.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Reached {
    /// An evidence record that it had committed.
    pub record_id: Uuid,
    /// When that was noted, milliseconds UTC.
    pub noted_at: i64,
    /// Since when it is known to be without that record.
    pub behind_since: Option<i64>,
}

/// What was noted last.
pub async fn reached(connection: &mut Connection) -> Result<Option<Reached>, StoreError> {
    fetch_optional!(
        connection,
        Reached,
        "select record_id, noted_at, behind_since
         from main_reached
         where one = 1",
    )
    .await
}

/// Notes an evidence record that the main database has committed; changes nothing while the main database is known to be
/// behind, since what it lacks would be forgotten.
pub async fn note_reached(tx: &mut Transaction, record: Uuid, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into main_reached (one, record_id, noted_at)
         values (1, $1, $2)
         on conflict (one) do update
         set record_id = excluded.record_id, noted_at = excluded.noted_at
         where main_reached.behind_since is null",
        record,
        now,
    )
    .await
}

/// Notes whether the main database is behind: since when, or not at all.
pub async fn note_behind(tx: &mut Transaction, since: Option<i64>) -> Result<u64, StoreError> {
    execute!(tx, "update main_reached set behind_since = $1 where one = 1", since).await
}

/// Forgets what was noted: the main database counts as it is.
pub async fn forget_reached(tx: &mut Transaction) -> Result<u64, StoreError> {
    execute!(tx, "delete from main_reached where one = 1").await
}

/// Destroys the key of one person's identity and leaves that of the evidence; answers how many went. Commit it after
/// the main transaction in which everything that the key opens was deleted.
pub async fn destroy_identity(tx: &mut Transaction, subject: Uuid) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update subject_key
         set identity_key = null
         where subject_id = $1
           and identity_key is not null",
        subject,
    )
    .await
}
