//! The statements of what others vouch for.

use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional};

/// How it stands with one of those who are asked.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutsiderRow {
    /// A witness's key, or the authority's address.
    pub outsider: String,
    /// The largest head that it vouches for; 0 where there is none.
    pub size: i64,
    /// When it was asked last, milliseconds UTC.
    pub asked_at: i64,
    /// Why the last answer vouched for nothing.
    pub problem: Option<String>,
    /// Since when it says that the ledger is not the one it saw.
    pub refused_at: Option<i64>,
}

/// A line of a witness under a published head.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CosignatureRow {
    /// Of `ledger_origin`.
    pub origin_number: i64,
    /// The head.
    pub size: i64,
    /// The witness's key.
    pub witness: String,
    /// The line, without its end.
    pub line: String,
    /// When the witness says that it signed, seconds since 1970.
    pub signed_at: i64,
}

/// A time-stamp of a published head.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StampRow {
    /// Of `ledger_origin`.
    pub origin_number: i64,
    /// The head.
    pub size: i64,
    /// The authority's address.
    pub authority: String,
    /// What was stamped.
    pub note: String,
    /// The authority's whole answer.
    pub response: Vec<u8>,
    /// What it says the time was, RFC 3339.
    pub stamped_at: String,
    /// Milliseconds UTC.
    pub kept_at: i64,
}

/// How it stands with one.
pub async fn outsider(
    connection: &mut Connection,
    origin: i64,
    outsider: &str,
) -> Result<Option<OutsiderRow>, StoreError> {
    fetch_optional!(
        connection,
        OutsiderRow,
        "select outsider, size, asked_at, problem, refused_at
         from ledger_outsider
         where origin_number = $1
           and outsider = $2",
        origin,
        outsider,
    )
    .await
}

/// How it stands with all who were ever asked about an origin.
pub async fn outsiders(connection: &mut Connection, origin: i64) -> Result<Vec<OutsiderRow>, StoreError> {
    fetch_all!(
        connection,
        OutsiderRow,
        "select outsider, size, asked_at, problem, refused_at
         from ledger_outsider
         where origin_number = $1
         order by outsider",
        origin,
    )
    .await
}

/// Keeps how it stands with one. What it once vouched for it never ceases to.
pub async fn put_outsider(tx: &mut Transaction, origin: i64, row: &OutsiderRow) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_outsider (origin_number, outsider, size, asked_at, problem, refused_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (origin_number, outsider) do update
         set size = case when excluded.size > ledger_outsider.size then excluded.size else ledger_outsider.size end,
             asked_at = excluded.asked_at,
             problem = excluded.problem,
             refused_at = excluded.refused_at",
        origin,
        row.outsider.as_str(),
        row.size,
        row.asked_at,
        row.problem.as_deref(),
        row.refused_at,
    )
    .await
}

/// Keeps a cosignature; the first of a witness for a head stays.
pub async fn insert_cosignature(tx: &mut Transaction, row: &CosignatureRow) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_cosignature (origin_number, size, witness, line, signed_at)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        row.origin_number,
        row.size,
        row.witness.as_str(),
        row.line.as_str(),
        row.signed_at,
    )
    .await
}

/// The cosignatures of a head.
pub async fn cosignatures(
    connection: &mut Connection,
    origin: i64,
    size: i64,
) -> Result<Vec<CosignatureRow>, StoreError> {
    fetch_all!(
        connection,
        CosignatureRow,
        "select origin_number, size, witness, line, signed_at
         from ledger_cosignature
         where origin_number = $1
           and size = $2
         order by witness",
        origin,
        size,
    )
    .await
}

/// Keeps a time-stamp; the first of an authority for a head stays.
pub async fn insert_stamp(tx: &mut Transaction, row: &StampRow) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into ledger_timestamp (origin_number, size, authority, note, response, stamped_at, kept_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict do nothing",
        row.origin_number,
        row.size,
        row.authority.as_str(),
        row.note.as_str(),
        row.response.as_slice(),
        row.stamped_at.as_str(),
        row.kept_at,
    )
    .await
}

/// The last time-stamp of an authority.
pub async fn last_stamp(
    connection: &mut Connection,
    origin: i64,
    authority: &str,
) -> Result<Option<StampRow>, StoreError> {
    fetch_optional!(
        connection,
        StampRow,
        "select origin_number, size, authority, note, response, stamped_at, kept_at
         from ledger_timestamp
         where origin_number = $1
           and authority = $2
         order by size desc
         limit 1",
        origin,
        authority,
    )
    .await
}

/// Time-stamps, the newest first; at most `limit`.
pub async fn stamps(connection: &mut Connection, limit: i64) -> Result<Vec<StampRow>, StoreError> {
    fetch_all!(
        connection,
        StampRow,
        "select origin_number, size, authority, note, response, stamped_at, kept_at
         from ledger_timestamp
         order by origin_number desc, size desc, authority
         limit $1",
        limit,
    )
    .await
}
