//! The statements of the ledger, in the main database and in the key store.

use unticked_shared::merkle::{Frontier, Hash};

use super::Head;
use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional, insert_many};

/// As the databases count.
pub fn count(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Defect(format!("the ledger cannot have {number} leaves")))
}

/// As we count.
pub fn number(count: i64) -> Result<u64, StoreError> {
    u64::try_from(count).map_err(|_| StoreError::Defect(format!("the ledger cannot have {count} leaves")))
}

fn hash(bytes: &[u8], what: &str) -> Result<Hash, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Defect(format!("{what} of the ledger has {} bytes, not 32", bytes.len())))
}

#[derive(sqlx::FromRow)]
struct HeadRow {
    size: i64,
    edge: Vec<u8>,
}

impl HeadRow {
    fn edge(row: Option<Self>) -> Result<Frontier, StoreError> {
        let row = row.ok_or_else(|| StoreError::Defect("the ledger has no head".to_owned()))?;
        Frontier::from_bytes(number(row.size)?, &row.edge).map_err(|error| StoreError::Defect(error.to_string()))
    }
}

/// The right edge of the tree, locked until the transaction ends. SQLite's only writer holds it anyway.
pub async fn lock_head(tx: &mut Transaction) -> Result<Frontier, StoreError> {
    HeadRow::edge(
        fetch_optional!(
            tx,
            HeadRow,
            {
                sqlite: "select size, edge from ledger_head where one = 1",
                postgres: "select size, edge from ledger_head where one = 1 for update",
            },
        )
        .await?,
    )
}

/// The right edge of the tree.
pub async fn head(connection: &mut Connection) -> Result<Frontier, StoreError> {
    HeadRow::edge(fetch_optional!(connection, HeadRow, "select size, edge from ledger_head where one = 1").await?)
}

/// Moves the head on from `before` leaves.
pub async fn move_head(tx: &mut Transaction, before: u64, edge: &Frontier) -> Result<(), StoreError> {
    let (before, size, bytes) = (count(before)?, count(edge.size())?, edge.to_bytes());
    let moved = execute!(
        tx,
        "update ledger_head
         set size = $1, edge = $2
         where one = 1
           and size = $3",
        size,
        bytes.as_slice(),
        before,
    )
    .await?;
    if moved == 1 { Ok(()) } else { Err(StoreError::Defect("the ledger's head moved under a lock".to_owned())) }
}

/// Keeps leaves from `first` on.
pub async fn insert_leaves(tx: &mut Transaction, first: u64, commitments: &[Hash]) -> Result<u64, StoreError> {
    let rows: Vec<(i64, &Hash)> = (count(first)?..).zip(commitments).collect();
    insert_many!(tx, "ledger_leaf (leaf_index, commitment)", rows, |(index, commitment)| [
        *index,
        commitment.as_slice()
    ])
    .await
}

/// At most `limit` commitments from `first` on, without a gap: what is missing is a defect.
pub async fn leaves(connection: &mut Connection, first: u64, limit: u64) -> Result<Vec<Hash>, StoreError> {
    let (from, before) = (count(first)?, count(first.saturating_add(limit))?);
    let rows: Vec<(i64, Vec<u8>)> = fetch_all!(
        connection,
        (i64, Vec<u8>),
        "select leaf_index, commitment
         from ledger_leaf
         where leaf_index >= $1
           and leaf_index < $2
         order by leaf_index",
        from,
        before,
    )
    .await?;
    let mut commitments = Vec::with_capacity(rows.len());
    for (expected, (index, commitment)) in (from..).zip(&rows) {
        if *index != expected {
            return Err(StoreError::Defect(format!("leaf {expected} of the ledger is missing")));
        }
        commitments.push(hash(commitment, "a leaf")?);
    }
    Ok(commitments)
}

/// A row of `ledger_tile`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TileRow {
    /// The level of the tiles.
    pub level: i64,
    /// Its place within the level.
    pub tile_index: i64,
    /// 32 bytes each.
    pub hashes: Vec<u8>,
}

impl TileRow {
    /// A row.
    pub fn new(level: u8, index: u64, hashes: Vec<u8>) -> Self {
        Self { level: level.into(), tile_index: i64::try_from(index).unwrap_or(i64::MAX), hashes }
    }
}

/// The hashes of a tile as far as they are kept.
pub async fn tile(connection: &mut Connection, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let (level, index) = (i64::from(level), count(index)?);
    let row: Option<(Vec<u8>,)> = fetch_optional!(
        connection,
        (Vec<u8>,),
        "select hashes
         from ledger_tile
         where level = $1
           and tile_index = $2",
        level,
        index,
    )
    .await?;
    Ok(row.map(|(hashes,)| hashes))
}

/// Keeps a tile, in place of what was kept of it.
pub async fn put_tile(tx: &mut Transaction, tile: &TileRow) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_tile (level, tile_index, hashes)
         values ($1, $2, $3)
         on conflict (level, tile_index) do update
         set hashes = excluded.hashes",
        tile.level,
        tile.tile_index,
        tile.hashes.as_slice(),
    )
    .await
}

/// A name that the log has, or had.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Origin {
    /// 1, 2, 3, …
    pub number: i64,
    /// Such as `forms.example/ledger`.
    pub origin: String,
    /// How many leaves the tree had when it began.
    pub began_at_size: i64,
    /// Milliseconds UTC.
    pub began_at: i64,
    /// Why the one before ended.
    pub reason: Option<String>,
    /// The last head that was signed under the one before, a signed note.
    pub previous: Option<String>,
}

/// Every name that the log has had, the oldest first.
pub async fn origins(connection: &mut Connection) -> Result<Vec<Origin>, StoreError> {
    fetch_all!(
        connection,
        Origin,
        "select number, origin, began_at_size, began_at, reason, previous
         from ledger_origin
         order by number",
    )
    .await
}

/// Begins an origin; answers how many rows went in: none where somebody else was faster.
pub async fn insert_origin(tx: &mut Transaction, origin: &Origin) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_origin (number, origin, began_at_size, began_at, reason, previous)
         values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing",
        origin.number,
        origin.origin.as_str(),
        origin.began_at_size,
        origin.began_at,
        origin.reason.as_deref(),
        origin.previous.as_deref(),
    )
    .await
}

/// The last signed head, as the key store has it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SignedRow {
    /// The log.
    pub origin: String,
    /// How many leaves.
    pub size: i64,
    /// The root.
    pub root: Vec<u8>,
    /// A signed note.
    pub note: String,
    /// Milliseconds UTC.
    pub signed_at: i64,
}

/// Stands behind the name of a log whose key store came back from a backup. No name holds a space: it is none.
pub const RESTORED: &str = " restored";

impl SignedRow {
    /// The same, so that no collector goes on from it before a new name has begun.
    #[must_use]
    pub fn restored(mut self) -> Self {
        self.origin.push_str(RESTORED);
        self
    }

    /// What it was, where [`SignedRow::restored`] made it what it is.
    pub fn before_restore(&self) -> Option<Self> {
        let origin = self.origin.strip_suffix(RESTORED)?.to_owned();
        Some(Self { origin, ..self.clone() })
    }

    /// The head.
    pub fn head(&self) -> Result<Head, StoreError> {
        Ok(Head { size: number(self.size)?, root: hash(&self.root, "the last signed head")? })
    }
}

/// The last signed head; of the key store.
pub async fn signed(connection: &mut Connection) -> Result<Option<SignedRow>, StoreError> {
    fetch_optional!(
        connection,
        SignedRow,
        "select origin, size, root, note, signed_at
         from ledger_signed
         where one = 1",
    )
    .await
}

/// Keeps a signed head of the same log that is larger than the last one; answers whether it did. Of the key store.
pub async fn keep_signed(tx: &mut Transaction, row: &SignedRow) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_signed (one, origin, size, root, note, signed_at)
         values (1, $1, $2, $3, $4, $5)
         on conflict (one) do update
         set size = excluded.size, root = excluded.root, note = excluded.note, signed_at = excluded.signed_at
         where ledger_signed.origin = excluded.origin
           and ledger_signed.size < excluded.size",
        row.origin.as_str(),
        row.size,
        row.root.as_slice(),
        row.note.as_str(),
        row.signed_at,
    )
    .await
}

/// Keeps a signed head that is larger than the last one, if that is one of `before` and of the same log; answers whether it
/// did. Of the key store.
pub async fn move_signed(tx: &mut Transaction, row: &SignedRow, before: [Head; 2]) -> Result<u64, StoreError> {
    let [one, other] = before;
    let (one_size, other_size) = (count(one.size)?, count(other.size)?);
    execute!(
        tx,
        "update ledger_signed
         set size = $1, root = $2, note = $3, signed_at = $4
         where one = 1
           and origin = $5
           and size < $6
           and ((size = $7 and root = $8) or (size = $9 and root = $10))",
        row.size,
        row.root.as_slice(),
        row.note.as_str(),
        row.signed_at,
        row.origin.as_str(),
        row.size,
        one_size,
        one.root.as_slice(),
        other_size,
        other.root.as_slice(),
    )
    .await
}

/// Puts the first head of a new origin in place of the last head of the one before. Of the key store.
pub async fn replace_signed(tx: &mut Transaction, row: &SignedRow) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_signed (one, origin, size, root, note, signed_at)
         values (1, $1, $2, $3, $4, $5)
         on conflict (one) do update
         set origin = excluded.origin, size = excluded.size, root = excluded.root, note = excluded.note,
             signed_at = excluded.signed_at",
        row.origin.as_str(),
        row.size,
        row.root.as_slice(),
        row.note.as_str(),
        row.signed_at,
    )
    .await
}
