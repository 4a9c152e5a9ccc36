//! A connection of either engine, and a transaction on it.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, pool::PoolConnection};

use super::StoreError;

/// Which engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EngineKind {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL, by URL.
    Postgres,
}

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseName {
    /// Everything but the keys.
    Main,
    /// The wrapped subject keys.
    Keys,
}

impl std::fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Main => "main database",
            Self::Keys => "key store",
        })
    }
}

/// Where in our sources a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `file!()`: the path from the workspace's root.
    pub file: &'static str,
    /// `line!()` of the macro.
    pub line: u32,
}

/// What a [`Watch`] does to a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFate {
    /// It happens and is reported.
    Happens,
    /// It does not happen, and an error says so.
    Fails,
    /// It happens, but the answer is lost on its way.
    HappensUnreported,
}

/// Sees every statement and commit of a store: the contract suite counts them, the failure tests stop them.
pub trait Watch: Send + Sync {
    /// Before each statement; an error takes the place of the database's own.
    fn statement(&self, _: EngineKind, _: DatabaseName, _: Place) -> Result<(), StoreError> {
        Ok(())
    }

    /// Before each commit.
    fn commit(&self, _: EngineKind, _: DatabaseName) -> CommitFate {
        CommitFate::Happens
    }
}

/// What every connection of one database shares.
#[derive(Clone)]
pub(super) struct Origin {
    pub name: DatabaseName,
    pub watch: Option<Arc<dyn Watch>>,
}

/// A connection to one database. A [`Transaction`] is one, too.
pub struct Connection {
    link: Link,
    origin: Origin,
}

enum Link {
    // In a transaction as well: see `Transaction`.
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTransaction(sqlx::Transaction<'static, Postgres>),
}

/// A connection as sqlx knows it; for the statement macros.
pub enum Engine<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

impl Connection {
    pub(super) fn sqlite(connection: PoolConnection<Sqlite>, origin: Origin) -> Self {
        Self { link: Link::Sqlite(connection), origin }
    }

    pub(super) fn postgres(connection: PoolConnection<Postgres>, origin: Origin) -> Self {
        Self { link: Link::Postgres(connection), origin }
    }

    /// Which engine runs.
    pub fn kind(&self) -> EngineKind {
        match &self.link {
            Link::Sqlite(_) => EngineKind::Sqlite,
            Link::Postgres(_) | Link::PostgresTransaction(_) => EngineKind::Postgres,
        }
    }

    /// The connection below, for one statement at `place`.
    pub fn engine(&mut self, place: Place) -> Result<Engine<'_>, StoreError> {
        if let Some(watch) = &self.origin.watch {
            watch.statement(self.kind(), self.origin.name, place)?;
        }
        Ok(match &mut self.link {
            Link::Sqlite(connection) => Engine::Sqlite(connection),
            Link::Postgres(connection) => Engine::Postgres(connection),
            Link::PostgresTransaction(tx) => Engine::Postgres(tx),
        })
    }
}

/// Everything between `begin` and `commit` becomes true together, or, when it is dropped before, not at all.
pub struct Transaction {
    /// `None` once it has ended.
    connection: Option<Connection>,
}

impl Transaction {
    /// Begins on SQLite with the write lock in hand.
    ///
    /// Without sqlx's own transactions: when the disk is full SQLite takes a transaction back by itself, sqlx does not
    /// notice, and its connection could never begin another one. With a single writer that would be the end.
    pub(super) async fn sqlite(connection: PoolConnection<Sqlite>, origin: Origin) -> Result<Self, StoreError> {
        Self::begun_by("begin immediate", connection, origin).await
    }

    /// Begins on SQLite without the write lock: what it reads from its first statement on is of one moment.
    pub(super) async fn sqlite_snapshot(
        connection: PoolConnection<Sqlite>,
        origin: Origin,
    ) -> Result<Self, StoreError> {
        Self::begun_by("begin deferred", connection, origin).await
    }

    async fn begun_by(
        begin: &'static str,
        connection: PoolConnection<Sqlite>,
        origin: Origin,
    ) -> Result<Self, StoreError> {
        // Before the statement: whoever stops waiting for it drops a transaction, which rolls back.
        let mut tx = Self { connection: Some(Connection::sqlite(connection, origin)) };
        if let Some(Connection { link: Link::Sqlite(connection), .. }) = &mut tx.connection {
            let mut outcome = sqlx::query(begin).execute(&mut **connection).await;
            // A commit that hung until nobody waited for it any more, and then failed, has left its transaction open; on the
            // only writer it would stand in everybody's way until the next start.
            if outcome.is_err() && sqlx::query("rollback").execute(&mut **connection).await.is_ok() {
                tracing::warn!("took back a transaction whose commit had failed after nobody waited for it any more");
                outcome = sqlx::query(begin).execute(&mut **connection).await;
            }
            if let Err(error) = outcome {
                // Not begun: nothing to take back.
                tx.connection = None;
                return Err(error.into());
            }
        }
        Ok(tx)
    }

    pub(super) fn postgres(tx: sqlx::Transaction<'static, Postgres>, origin: Origin) -> Self {
        Self { connection: Some(Connection { link: Link::PostgresTransaction(tx), origin }) }
    }

    /// Makes it true and durable. After an error it is unknown whether it happened: look it up.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let Connection { link, origin } = self.connection.take().expect(ENDED);
        let kind = match link {
            Link::Sqlite(_) => EngineKind::Sqlite,
            _ => EngineKind::Postgres,
        };
        let fate = origin.watch.map_or(CommitFate::Happens, |watch| watch.commit(kind, origin.name));
        if fate == CommitFate::Fails {
            roll_back(link).await?;
            return Err(StoreError::Unavailable("the commit was made to fail".to_owned()));
        }
        match link {
            Link::Sqlite(mut connection) => {
                let committed = sqlx::query("commit").execute(&mut *connection).await;
                if let Err(error) = committed {
                    roll_back(Link::Sqlite(connection)).await?;
                    return Err(error.into());
                }
            }
            Link::PostgresTransaction(tx) => tx.commit().await?,
            Link::Postgres(_) => unreachable!("{ENDED}"),
        }
        if fate == CommitFate::HappensUnreported {
            return Err(StoreError::Unavailable("the answer to the commit was lost".to_owned()));
        }
        Ok(())
    }

    /// Takes everything back.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        roll_back(self.connection.take().expect(ENDED).link).await
    }
}

const ENDED: &str = "a transaction ends once";

async fn roll_back(link: Link) -> Result<(), StoreError> {
    match link {
        Link::Sqlite(mut connection) => {
            // An error here means that SQLite has rolled back before us; a connection that can do neither is closed,
            // which rolls back, too.
            if sqlx::query("rollback").execute(&mut *connection).await.is_err() {
                connection.close_on_drop();
            }
        }
        Link::PostgresTransaction(tx) => tx.rollback().await?,
        Link::Postgres(_) => unreachable!("{ENDED}"),
    }
    Ok(())
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(Connection { link: Link::Sqlite(mut connection), .. }) = self.connection.take() else { return };
        // The only writer: it goes back to the pool when it is clean, and not a moment earlier.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(roll_back(Link::Sqlite(connection)));
            }
            Err(_) => connection.close_on_drop(),
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect(ENDED)
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect(ENDED)
    }
}
