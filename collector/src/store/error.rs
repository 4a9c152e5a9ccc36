//! What can go wrong between us and a database, sorted by what the caller can do about it.

use sqlx::error::DatabaseError;

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot work now: disk full, read-only, locked, connection lost, pool exhausted. Trying again
    /// later may help; answered as `unavailable`.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A unique index or primary key holds the value already.
    #[error("a unique value stands already: {0}")]
    Unique(String),
    /// A defect: a statement, a type or a row that this build does not understand.
    #[error("the database refused a statement: {0}")]
    Defect(String),
}

impl StoreError {
    /// Whether trying again later may help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    // No message here holds a bound value: SQLite names columns, and PostgreSQL's values stand in `detail`, which
    // is not read.
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Unique(database.message().to_owned())
            }
            sqlx::Error::Database(database) if is_unavailable(database.as_ref()) => {
                Self::Unavailable(database.message().to_owned())
            }
            sqlx::Error::Database(database) => Self::Defect(database.message().to_owned()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            // The server broke off in the middle of a message.
            | sqlx::Error::Protocol(_) => Self::Unavailable(error.to_string()),
            _ => Self::Defect(error.to_string()),
        }
    }
}

fn is_unavailable(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    match error.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
        // Primary result codes (the low byte): SQLITE_BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL.
        Some(_) => code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15)),
        // SQLSTATE classes: connection exception, wrong password after a rotation, insufficient resources, operator
        // intervention, system error; and read-only transaction, lock not available, serialization failure, deadlock.
        None => {
            ["08", "28", "53", "57", "58"].iter().any(|class| code.starts_with(class))
                || ["25006", "55P03", "40001", "40P01"].contains(&code.as_ref())
        }
    }
}
