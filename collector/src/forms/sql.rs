//! The room's statements.

use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional};

/// An archived version.
#[derive(sqlx::FromRow)]
pub struct Archived {
    /// Its bytes.
    pub bundle: Vec<u8>,
    /// When the owner withdrew it, milliseconds UTC.
    pub withdrawn_at: Option<i64>,
}

/// Keeps a version that is about to be shown; one that is kept already stays as it is, and a withdrawn one is in
/// use again: the owner's folder says so.
pub async fn keep(tx: &mut Transaction, digest: &str, form: &str, bundle: &[u8], now: i64) -> Result<Kept, StoreError> {
    let inserted = execute!(
        tx,
        "insert into version (digest, form, bundle, first_at)
         values ($1, $2, $3, $4)
         on conflict (digest) do nothing",
        digest,
        form,
        bundle,
        now,
    )
    .await?;
    if inserted == 1 {
        return Ok(Kept::New);
    }
    let reinstated = execute!(
        tx,
        "update version
         set withdrawn_at = null
         where digest = $1
           and withdrawn_at is not null",
        digest,
    )
    .await?;
    Ok(if reinstated == 1 { Kept::Reinstated } else { Kept::Already })
}

/// What [`keep`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was never shown before.
    New,
    /// It was shown before.
    Already,
    /// It had been withdrawn.
    Reinstated,
}

/// A version by its digest.
pub async fn find(connection: &mut Connection, digest: &str) -> Result<Option<Archived>, StoreError> {
    fetch_optional!(
        connection,
        Archived,
        "select bundle, withdrawn_at
         from version
         where digest = $1",
        digest,
    )
    .await
}

/// A line of the archive's list.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Listed {
    /// Names it.
    pub digest: String,
    /// Its form.
    pub form: String,
    /// When it was first shown, milliseconds UTC.
    pub first_at: i64,
    /// When the owner withdrew it, milliseconds UTC.
    pub withdrawn_at: Option<i64>,
}

/// Every version that was ever shown, by form, the newest first.
pub async fn list(connection: &mut Connection) -> Result<Vec<Listed>, StoreError> {
    fetch_all!(
        connection,
        Listed,
        "select digest, form, first_at, withdrawn_at
         from version
         order by form, first_at desc, digest",
    )
    .await
}

/// Withdraws a version; answers how many rows it touched: 0 where it is unknown or withdrawn already.
pub async fn withdraw(tx: &mut Transaction, digest: &str, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update version
         set withdrawn_at = $2
         where digest = $1
           and withdrawn_at is null",
        digest,
        now,
    )
    .await
}
