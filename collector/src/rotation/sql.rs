//! The room's statements: what is sealed under which key of the ring, and who works with which.

use uuid::Uuid;

use crate::{
    store::{Connection, StoreError, Transaction, execute, fetch_all},
    vault::WrappedKeys,
};

/// How many wrapped keys there are under each key of the ring, by the bytes of its id.
pub async fn wrapped_under(connection: &mut Connection) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    fetch_all!(
        connection,
        (Vec<u8>, i64),
        "select id, count(*)
         from (
             select substr(identity_key, 1, 4) as id
             from subject_key
             where identity_key is not null
             union all
             select substr(evidence_key, 1, 4) as id
             from subject_key
             where evidence_key is not null
         ) as wrapped
         group by id
         order by id",
    )
    .await
}

/// Keys that are wrapped under another key than `first`, after `past`.
pub async fn wrapped_otherwise(
    connection: &mut Connection,
    first: &[u8],
    past: Uuid,
    limit: i64,
) -> Result<Vec<WrappedKeys>, StoreError> {
    fetch_all!(
        connection,
        WrappedKeys,
        "select subject_id, identity_key, evidence_key, created_at
         from subject_key
         where subject_id > $2
           and (substr(identity_key, 1, 4) <> $1 or substr(evidence_key, 1, 4) <> $1)
         order by subject_id
         limit $3",
        first,
        past,
        limit,
    )
    .await
}

/// Puts wrapped keys in the place of `old`, unless somebody was forgotten meanwhile; answers how many rows it changed.
pub async fn replace_wrapped(tx: &mut Transaction, old: &WrappedKeys, new: &WrappedKeys) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update subject_key
         set identity_key = $2, evidence_key = $3
         where subject_id = $1
           and identity_key is not distinct from $4
           and evidence_key is not distinct from $5",
        old.subject_id,
        new.identity_key.as_deref(),
        new.evidence_key.as_deref(),
        old.identity_key.as_deref(),
        old.evidence_key.as_deref(),
    )
    .await
}

/// A value that identifies nobody.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SealedValue {
    /// Whose.
    pub submission_id: Uuid,
    /// Its field.
    pub field: String,
    /// Sealed under the ring.
    pub content: Vec<u8>,
}

/// How many values there are under each key of the ring, by the bytes of its id.
pub async fn values_under(connection: &mut Connection) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    fetch_all!(
        connection,
        (Vec<u8>, i64),
        "select substr(content, 1, 4) as id, count(*)
         from value
         where identifies = 'no'
         group by substr(content, 1, 4)
         order by id",
    )
    .await
}

/// Values that are sealed under another key than `first`, after `(past, past_field)`.
pub async fn values_otherwise(
    connection: &mut Connection,
    first: &[u8],
    past: Uuid,
    past_field: &str,
    limit: i64,
) -> Result<Vec<SealedValue>, StoreError> {
    fetch_all!(
        connection,
        SealedValue,
        "select submission_id, field, content
         from value
         where identifies = 'no'
           and substr(content, 1, 4) <> $1
           and (submission_id, field) > ($2, $3)
         order by submission_id, field
         limit $4",
        first,
        past,
        past_field,
        limit,
    )
    .await
}

/// Puts a value that was sealed anew in its place, unless it was destroyed or changed meanwhile.
pub async fn replace_value(tx: &mut Transaction, old: &SealedValue, content: &[u8]) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update value
         set content = $3
         where submission_id = $1
           and field = $2
           and content = $4",
        old.submission_id,
        old.field.as_str(),
        content,
        old.content.as_slice(),
    )
    .await
}

/// Waits until whoever writes wrapped keys has committed, and keeps others from it until the transaction ends. On SQLite
/// every transaction does.
pub async fn hold_wrapped(tx: &mut Transaction) -> Result<u64, StoreError> {
    execute!(
        tx,
        {
            sqlite: "select 1",
            postgres: "lock table subject_key in share mode",
        },
    )
    .await
}

/// The same for values.
pub async fn hold_values(tx: &mut Transaction) -> Result<u64, StoreError> {
    execute!(
        tx,
        {
            sqlite: "select 1",
            postgres: "lock table value in share mode",
        },
    )
    .await
}

/// Notes that nothing may be sealed under a key any more.
pub async fn retire(tx: &mut Transaction, kind: &str, key: &[u8], now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ring_retired (kind, key_id, retired_at)
         values ($1, $2, $3)
         on conflict (kind, key_id) do nothing",
        kind,
        key,
        now,
    )
    .await
}

/// A collector that works with the ring.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct User {
    /// The process.
    pub collector: Uuid,
    /// Where it runs.
    pub place: String,
    /// The keys that it knows, the first of each kind first.
    pub knows: String,
    /// Since when, milliseconds UTC.
    pub since: i64,
    /// When it said so last.
    pub seen_at: i64,
}

/// Notes which keys a collector knows.
pub async fn note_user(
    tx: &mut Transaction,
    collector: Uuid,
    place: &str,
    knows: &str,
    now: i64,
) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ring_user (collector, place, knows, since, seen_at)
         values ($1, $2, $3, $4, $4)
         on conflict (collector) do update
         set since = case when ring_user.knows = excluded.knows then ring_user.since else excluded.since end,
             knows = excluded.knows,
             seen_at = excluded.seen_at",
        collector,
        place,
        knows,
        now,
    )
    .await
}

/// Collectors that were heard of since.
pub async fn users(connection: &mut Connection, since: i64) -> Result<Vec<User>, StoreError> {
    fetch_all!(
        connection,
        User,
        "select collector, place, knows, since, seen_at
         from ring_user
         where seen_at >= $1
         order by place, collector",
        since,
    )
    .await
}

/// A collector has ended.
pub async fn forget_user(tx: &mut Transaction, collector: Uuid) -> Result<u64, StoreError> {
    execute!(tx, "delete from ring_user where collector = $1", collector).await
}

/// Forgets collectors of which nobody has heard for long.
pub async fn forget_users(tx: &mut Transaction, before: i64) -> Result<u64, StoreError> {
    execute!(tx, "delete from ring_user where seen_at < $1", before).await
}
