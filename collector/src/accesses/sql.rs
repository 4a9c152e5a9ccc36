//! The statements of the access log. There is none that changes or removes an entry.

use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional};

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// 1, 2, 3, …
    pub number: i64,
    /// Milliseconds UTC.
    pub at: i64,
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
    /// With which command.
    pub command: String,
    /// JSON.
    pub submissions: String,
    /// JSON.
    pub revealed: String,
    /// The MAC of the entry before.
    pub previous: Vec<u8>,
    /// The entry's own.
    pub mac: Vec<u8>,
}

/// The end of the chain, as one of the two databases knows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredHead {
    /// The last entry.
    pub number: i64,
    /// Its MAC.
    pub mac: Vec<u8>,
}

/// Nobody else adds an entry until the transaction ends.
pub async fn lock(tx: &mut Transaction) -> Result<(), StoreError> {
    execute!(
        tx,
        {
            // A transaction on SQLite holds the only write lock from its beginning.
            sqlite: "select 1",
            postgres: "lock table access in share row exclusive mode",
        },
    )
    .await?;
    Ok(())
}

/// The last entry.
pub async fn last(connection: &mut Connection) -> Result<Option<StoredHead>, StoreError> {
    fetch_optional!(
        connection,
        StoredHead,
        "select number, mac
         from access
         order by number desc
         limit 1",
    )
    .await
}

/// Adds an entry.
pub async fn insert(tx: &mut Transaction, row: &Row) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into access (number, at, who, reason, command, submissions, revealed, previous, mac)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.number,
        row.at,
        row.who.as_str(),
        row.reason.as_str(),
        row.command.as_str(),
        row.submissions.as_str(),
        row.revealed.as_str(),
        row.previous.as_slice(),
        row.mac.as_slice(),
    )
    .await
}

/// Entries after number `past`, in order; at most `limit`.
pub async fn page(connection: &mut Connection, past: i64, limit: i64) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select number, at, who, reason, command, submissions, revealed, previous, mac
         from access
         where number > $1
         order by number
         limit $2",
        past,
        limit,
    )
    .await
}

/// The end of the chain as the key store knows it.
pub async fn head(keys: &mut Connection) -> Result<Option<StoredHead>, StoreError> {
    fetch_optional!(
        keys,
        StoredHead,
        "select number, mac
         from access_head
         where id = 1",
    )
    .await
}

/// Moves the key store's knowledge of the end forward, never back.
pub async fn move_head(keys: &mut Transaction, number: i64, mac: &[u8]) -> Result<u64, StoreError> {
    execute!(
        keys,
        "insert into access_head (id, number, mac)
         values (1, $1, $2)
         on conflict (id) do update
         set number = excluded.number, mac = excluded.mac
         where access_head.number < excluded.number",
        number,
        mac,
    )
    .await
}
