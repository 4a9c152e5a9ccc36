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
    Sqlite(PoolConnection<Sqlite>),
    SqliteTransaction(sqlx::Transaction<'static, Sqlite>),
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
            Link::Sqlite(_) | Link::SqliteTransaction(_) => EngineKind::Sqlite,
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
            Link::SqliteTransaction(tx) => Engine::Sqlite(tx),
            Link::Postgres(connection) => Engine::Postgres(connection),
            Link::PostgresTransaction(tx) => Engine::Postgres(tx),
        })
    }
}

/// Everything between `begin` and `commit` becomes true together, or, when it is dropped before, not at all.
pub struct Transaction(Connection);

impl Transaction {
    pub(super) fn sqlite(tx: sqlx::Transaction<'static, Sqlite>, origin: Origin) -> Self {
        Self(Connection { link: Link::SqliteTransaction(tx), origin })
    }

    pub(super) fn postgres(tx: sqlx::Transaction<'static, Postgres>, origin: Origin) -> Self {
        Self(Connection { link: Link::PostgresTransaction(tx), origin })
    }

    /// Makes it true and durable. After an error it is unknown whether it happened: look it up.
    pub async fn commit(self) -> Result<(), StoreError> {
        let fate = self
            .0
            .origin
            .watch
            .as_ref()
            .map_or(CommitFate::Happens, |watch| watch.commit(self.0.kind(), self.0.origin.name));
        if fate == CommitFate::Fails {
            self.rollback().await?;
            return Err(StoreError::Unavailable("the commit was made to fail".to_owned()));
        }
        match self.0.link {
            Link::SqliteTransaction(tx) => tx.commit().await?,
            Link::PostgresTransaction(tx) => tx.commit().await?,
            Link::Sqlite(_) | Link::Postgres(_) => unreachable!("a transaction is made from a transaction"),
        }
        if fate == CommitFate::HappensUnreported {
            return Err(StoreError::Unavailable("the answer to the commit was lost".to_owned()));
        }
        Ok(())
    }

    /// Takes everything back.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.0.link {
            Link::SqliteTransaction(tx) => tx.rollback().await?,
            Link::PostgresTransaction(tx) => tx.rollback().await?,
            Link::Sqlite(_) | Link::Postgres(_) => unreachable!("a transaction is made from a transaction"),
        }
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
