//! How far the two databases are, seen without changing them: what `serve` looks at before it migrates.

use sqlx::{ConnectOptions, Connection as _, PgConnection, SqliteConnection};

use super::{
    OpenError, StoreError,
    connection::{DatabaseName, EngineKind},
    open::{looked_for, migrator, postgres_options, sqlite_options, unavailable},
};
use crate::config::{self, DatabaseSettings};

/// How far one database is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Migrations that stand, in order.
    pub applied: Vec<i64>,
    /// Migrations of this build that do not stand yet.
    pub pending: Vec<i64>,
    /// Migrations that this build does not know.
    pub newer: Vec<i64>,
}

impl Extent {
    /// Whether anything was ever kept there.
    pub fn exists(&self) -> bool {
        !self.applied.is_empty()
    }

    fn new(kind: EngineKind, name: DatabaseName, applied: Vec<i64>) -> Self {
        let known = known_migrations(kind, name);
        let pending = known.iter().copied().filter(|version| !applied.contains(version)).collect();
        let newer = applied.iter().copied().filter(|version| !known.contains(version)).collect();
        Self { applied, pending, newer }
    }
}

/// Every migration that this build knows.
pub fn known_migrations(kind: EngineKind, name: DatabaseName) -> Vec<i64> {
    migrator(kind, name).iter().map(|migration| migration.version).collect()
}

/// How far both are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The main database.
    pub main: Extent,
    /// The key store.
    pub keys: Extent,
}

impl Standing {
    /// Looks at both. What does not exist is not made.
    pub async fn of(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        Ok(Self {
            main: extent(&settings.main, DatabaseName::Main).await?,
            keys: extent(&settings.keys, DatabaseName::Keys).await?,
        })
    }

    /// Refuses what a newer build has worked on, in either of them.
    pub fn refuse_newer(&self) -> Result<(), OpenError> {
        for (database, extent) in [(DatabaseName::Main, &self.main), (DatabaseName::Keys, &self.keys)] {
            if let Some(migration) = extent.newer.first() {
                return Err(OpenError::Newer { database, migration: *migration });
            }
        }
        Ok(())
    }

    /// Refuses a main database whose key store is gone: a new one would open nothing, and nobody would notice at once.
    pub fn refuse_lost_keys(&self, settings: &DatabaseSettings) -> Result<(), OpenError> {
        if self.main.exists() && !self.keys.exists() {
            return Err(OpenError::KeysLost { place: looked_for(&settings.keys) });
        }
        Ok(())
    }

    /// Whether there is something to migrate in what already holds something.
    pub fn needs_upgrade(&self) -> bool {
        self.main.exists() && !(self.main.pending.is_empty() && self.keys.pending.is_empty())
    }
}

async fn extent(place: &config::Database, name: DatabaseName) -> Result<Extent, OpenError> {
    match place {
        config::Database::Sqlite { file } if !file.exists() => Ok(Extent::new(EngineKind::Sqlite, name, Vec::new())),
        config::Database::Sqlite { file } => {
            // Not read-only: what a process that was killed left half-written must be taken back before it can be read.
            let options = sqlite_options(file);
            let mut connection = options.connect().await.map_err(|error| unavailable(file, name, error))?;
            let applied = applied_in_sqlite(&mut connection).await;
            let _ = connection.close().await;
            Ok(Extent::new(EngineKind::Sqlite, name, applied?))
        }
        config::Database::Postgres { url, schema } => {
            let mut options = postgres_options(url)?;
            if let Some(schema) = schema {
                options = options.options([("search_path", schema)]);
            }
            let mut connection = options.connect().await.map_err(StoreError::from)?;
            let applied = applied_in_postgres(&mut connection).await;
            let _ = connection.close().await;
            Ok(Extent::new(EngineKind::Postgres, name, applied?))
        }
    }
}

const APPLIED: &str = "select version from _sqlx_migrations where success order by version";

async fn applied_in_sqlite(connection: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    let table = "select name from sqlite_master where type = 'table' and name = '_sqlx_migrations'";
    if sqlx::query_as::<_, (String,)>(table).fetch_optional(&mut *connection).await?.is_none() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = sqlx::query_as(APPLIED).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

async fn applied_in_postgres(connection: &mut PgConnection) -> Result<Vec<i64>, StoreError> {
    let table = "select to_regclass('_sqlx_migrations')::text";
    let (table,): (Option<String>,) = sqlx::query_as(table).fetch_one(&mut *connection).await?;
    if table.is_none() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = sqlx::query_as(APPLIED).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}
