//! The statements of the key store.

use uuid::Uuid;

use super::subject::WrappedKeys;
use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional, insert_many};

/// Keeps new keys. Commit them before the main transaction: a value without its key is lost, a key without
/// its subject is only swept. To insert the same row again changes nothing.
pub async fn insert(tx: &mut Transaction, keys: &[&WrappedKeys]) -> Result<(), StoreError> {
    insert_many!(
        tx,
        {
            into: "subject_key (subject_id, identity_key, evidence_key, created_at)",
            then: "on conflict (subject_id) do nothing",
        },
        keys,
        |row| [row.subject_id, row.identity_key.as_deref(), row.evidence_key.as_deref(), row.created_at]
    )
    .await?;
    Ok(())
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
