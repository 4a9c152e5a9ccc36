//! Opening the two databases: engines, pools, migrations.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use serde::Deserialize;
use sqlx::{
    ConnectOptions, PgPool, SqlitePool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    StoreError,
    connection::{Connection, DatabaseName, EngineKind, Origin, Transaction, Watch},
};

static SQLITE_MAIN: Migrator = sqlx::migrate!("src/store/migrations/sqlite/main");
static SQLITE_KEYS: Migrator = sqlx::migrate!("src/store/migrations/sqlite/keys");
static POSTGRES_MAIN: Migrator = sqlx::migrate!("src/store/migrations/postgres/main");
static POSTGRES_KEYS: Migrator = sqlx::migrate!("src/store/migrations/postgres/keys");

/// The PostgreSQL schema of the key store, where it has no URL of its own.
const KEYS_SCHEMA: &str = "unticked_keys";
const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;
// Longer than any statement of ours takes; a visitor waits no longer for a connection than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the databases are. `Debug` hides both URLs: they may hold passwords.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// The key store. Without it: the file `PATH-keys`, or the schema `unticked_keys` of the same PostgreSQL database.
    #[serde(default)]
    pub keys_url: Option<String>,
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseSettings(…)")
    }
}

/// Why the databases could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is neither `sqlite:…` nor `postgres://…`, or not well-formed.
    #[error("`{setting}` must be `sqlite:PATH` or `postgres://…`: {reason}")]
    Url {
        /// The name of the setting.
        setting: &'static str,
        /// What is wrong; without the URL, which may hold a password.
        reason: String,
    },
    /// A newer build has worked on this database; an older one would break what it cannot read.
    #[error("this database was made by a newer version of Unticked (migration {0}); run that one")]
    Newer(i64),
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// The database itself refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The main database and the key store.
#[derive(Clone)]
pub struct Store {
    main: Database,
    keys: Database,
}

/// One of the two databases.
#[derive(Clone)]
pub struct Database {
    pools: Pools,
    origin: Origin,
}

#[derive(Clone)]
enum Pools {
    // SQLite has one writer at a time; a pool of one makes the queue for it ours instead of its busy handler's.
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

impl Store {
    /// Connects and brings both databases up to date.
    pub async fn open(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        Self::open_watched(settings, None).await
    }

    /// [`Store::open`] with somebody who sees every statement; for tests.
    pub async fn open_watched(settings: &DatabaseSettings, watch: Option<Arc<dyn Watch>>) -> Result<Self, OpenError> {
        let keys_url = match &settings.keys_url {
            Some(url) => url.clone(),
            None if is_sqlite(&settings.url) => sibling(&settings.url),
            None => settings.url.clone(),
        };
        let shared = settings.keys_url.is_none();
        let main = Database::open("database.url", &settings.url, DatabaseName::Main, false, watch.clone()).await?;
        let keys = Database::open("database.keys_url", &keys_url, DatabaseName::Keys, shared, watch).await?;
        Ok(Self { main, keys })
    }

    /// A connection for reading the main database.
    pub async fn read(&self) -> Result<Connection, StoreError> {
        self.main.read().await
    }

    /// A transaction on the main database. On SQLite it holds the only writer: be short.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        self.main.begin().await
    }

    /// The main database, for whoever asks by name; [`Store::read`] and [`Store::begin`] are the same.
    pub fn main(&self) -> &Database {
        &self.main
    }

    /// The key store.
    pub fn keys(&self) -> &Database {
        &self.keys
    }

    /// The engine of the main database.
    pub fn kind(&self) -> EngineKind {
        self.main.kind()
    }

    /// Closes every connection, when the last user of each is done; SQLite folds its log into the file.
    pub async fn close(&self) {
        self.main.close().await;
        self.keys.close().await;
    }
}

impl Database {
    async fn open(
        setting: &'static str,
        url: &str,
        name: DatabaseName,
        shared: bool,
        watch: Option<Arc<dyn Watch>>,
    ) -> Result<Self, OpenError> {
        let wrong = |error: sqlx::Error| match error {
            sqlx::Error::Configuration(reason) => OpenError::Url { setting, reason: reason.to_string() },
            other => OpenError::Store(other.into()),
        };
        let pools = if is_sqlite(url) {
            let options = SqliteConnectOptions::from_str(url).map_err(wrong)?;
            open_sqlite(options, name).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(wrong)?;
            open_postgres(options, name, shared && name == DatabaseName::Keys).await?
        } else {
            return Err(OpenError::Url { setting, reason: "it starts with neither".to_owned() });
        };
        Ok(Self { pools, origin: Origin { name, watch } })
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Connection, StoreError> {
        Ok(match &self.pools {
            Pools::Sqlite { readers, .. } => Connection::sqlite(readers.acquire().await?, self.origin.clone()),
            Pools::Postgres(pool) => Connection::postgres(pool.acquire().await?, self.origin.clone()),
        })
    }

    /// A transaction; on SQLite it takes the write lock at once, so that it can never fail for it half-way.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match &self.pools {
            Pools::Sqlite { writer, .. } => {
                Transaction::sqlite(writer.begin_with("begin immediate").await?, self.origin.clone())
            }
            Pools::Postgres(pool) => Transaction::postgres(pool.begin().await?, self.origin.clone()),
        })
    }

    /// The engine.
    pub fn kind(&self) -> EngineKind {
        match self.pools {
            Pools::Sqlite { .. } => EngineKind::Sqlite,
            Pools::Postgres(_) => EngineKind::Postgres,
        }
    }

    async fn close(&self) {
        match &self.pools {
            // The writer goes last: it is the one that can fold the log into the file.
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// `sqlite:a/b.db?x` gives `sqlite:a/b.db-keys?x`.
fn sibling(url: &str) -> String {
    let (path, parameters) =
        url.split_once('?').map_or((url, String::new()), |(path, rest)| (path, format!("?{rest}")));
    format!("{path}-keys{parameters}")
}

async fn open_sqlite(options: SqliteConnectOptions, name: DatabaseName) -> Result<Pools, OpenError> {
    restrict(options.get_filename());
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An answer is given after the commit, so the commit must have reached the disk.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        // Deleted content is overwritten, and sorting leaves no copies in temporary files.
        .pragma("secure_delete", "on")
        .pragma("temp_store", "memory")
        .statement_cache_capacity(256)
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(PATIENCE)
        .connect_with(options.clone())
        .await
        .map_err(StoreError::from)?;
    let migrator = if name == DatabaseName::Main { &SQLITE_MAIN } else { &SQLITE_KEYS };
    migrator.run(&writer).await.map_err(migration)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(PATIENCE)
        // Readers that cannot write: a statement in the wrong place fails in the first test.
        .connect_with(options.create_if_missing(false).pragma("query_only", "on"))
        .await
        .map_err(StoreError::from)?;
    Ok(Pools::Sqlite { writer, readers })
}

/// Makes the file before SQLite does, readable by its owner alone; `-wal` and `-shm` inherit its mode. A file that
/// cannot be made is SQLite's to complain about.
fn restrict(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

async fn open_postgres(options: PgConnectOptions, name: DatabaseName, own_schema: bool) -> Result<Pools, OpenError> {
    let mut options = options.application_name("unticked").statement_cache_capacity(256).disable_statement_logging();
    if own_schema {
        create_schema(&options).await?;
        options = options.options([("search_path", KEYS_SCHEMA)]);
    }
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await
        .map_err(StoreError::from)?;
    let migrator = if name == DatabaseName::Main { &POSTGRES_MAIN } else { &POSTGRES_KEYS };
    migrator.run(&pool).await.map_err(migration)?;
    Ok(Pools::Postgres(pool))
}

async fn create_schema(options: &PgConnectOptions) -> Result<(), StoreError> {
    use sqlx::Connection as _;
    let mut connection = options.connect().await?;
    let made = sqlx::query("create schema if not exists unticked_keys").execute(&mut connection).await;
    let _ = connection.close().await;
    match made.map_err(StoreError::from) {
        // Two collectors that start together: the other one made it.
        Err(StoreError::Unique(_)) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

fn migration(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(version) => OpenError::Newer(version),
        MigrateError::Execute(error) => OpenError::Store(error.into()),
        other => OpenError::Migration(other.to_string()),
    }
}
