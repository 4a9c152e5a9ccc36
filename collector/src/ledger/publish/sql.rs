//! The statements of publishing.

use crate::store::{Connection, StoreError, Transaction, execute, fetch_optional};

/// A head that the world was shown.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CheckpointRow {
    /// Under which name: a number of `ledger_origin`.
    pub origin_number: i64,
    /// How many leaves.
    pub size: i64,
    /// 32 bytes.
    pub root: Vec<u8>,
    /// A signed note.
    pub note: String,
    /// Milliseconds UTC.
    pub published_at: i64,
}

/// The last one of a name.
pub async fn newest(connection: &mut Connection, origin: i64) -> Result<Option<CheckpointRow>, StoreError> {
    fetch_optional!(
        connection,
        CheckpointRow,
        "select origin_number, size, root, note, published_at
         from ledger_checkpoint
         where origin_number = $1
         order by size desc
         limit 1",
        origin,
    )
    .await
}

/// No other collector publishes until the transaction ends. Readers are not held up.
pub async fn lock(tx: &mut Transaction) -> Result<(), StoreError> {
    execute!(
        tx,
        {
            // A transaction on SQLite holds the only write lock from its beginning.
            sqlite: "select 1",
            postgres: "lock table ledger_checkpoint in share row exclusive mode",
        },
    )
    .await?;
    Ok(())
}

/// Publishes a head.
pub async fn insert(tx: &mut Transaction, row: &CheckpointRow) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_checkpoint (origin_number, size, root, note, published_at)
         values ($1, $2, $3, $4, $5)",
        row.origin_number,
        row.size,
        row.root.as_slice(),
        row.note.as_str(),
        row.published_at,
    )
    .await
}
