//! Opening the two databases: engines, pools, migrations.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, PgPool, SqlitePool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::config::{self, DatabaseSettings};

use super::{
    StoreError,
    connection::{Connection, DatabaseName, EngineKind, Origin, Transaction, Watch},
    standing::Standing,
};

static SQLITE_MAIN: Migrator = sqlx::migrate!("src/store/migrations/sqlite/main");
static SQLITE_KEYS: Migrator = sqlx::migrate!("src/store/migrations/sqlite/keys");
static POSTGRES_MAIN: Migrator = sqlx::migrate!("src/store/migrations/postgres/main");
static POSTGRES_KEYS: Migrator = sqlx::migrate!("src/store/migrations/postgres/keys");

const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;
// Longer than any statement of ours takes; a visitor waits no longer for a connection than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the databases could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The PostgreSQL address is not well-formed. The text says why, without the address, which may hold a password.
    #[error("the PostgreSQL address cannot be read: {0}")]
    Url(String),
    /// A newer build has worked on this database; an older one would break what it cannot read.
    #[error(
        "the {database} was made by a newer version of Unticked (migration {migration}), and nothing was changed. Run \
         that version; or bring back the copy that it made before its upgrade, with `unticked restore --replace`"
    )]
    Newer {
        /// Which of the two.
        database: DatabaseName,
        /// The first migration that this build does not know.
        migration: i64,
    },
    /// An older build made it, and whoever opens it now does not migrate.
    #[error(
        "the {database} is of an older version of Unticked. `unticked serve` brings it up to date when it starts, after \
         a backup; `unticked upgrade` does the same without serving"
    )]
    Behind {
        /// Which of the two.
        database: DatabaseName,
    },
    /// Nothing was ever kept there.
    #[error("there is no {database} yet; `unticked serve` makes it at its first start{place}")]
    Absent {
        /// Which of the two.
        database: DatabaseName,
        /// Where it was looked for.
        place: String,
    },
    /// The main database holds something and the key store is not there: a new one would open nothing.
    #[error(
        "the main database is there and its key store is not{place}. Nothing that identifies anybody could be read \
         without it: put it back, or restore both from a backup with `unticked restore`"
    )]
    KeysLost {
        /// Where it was looked for.
        place: String,
    },
    /// The file of a database cannot be had.
    #[error(
        "the file {path} of the {database} cannot be opened: {cause}. It and its folder must belong to the user that runs \
         the collector; `chown -R` gives them to somebody else"
    )]
    File {
        /// Which of the two.
        database: DatabaseName,
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// The database itself refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// SQLite files up to this size are written anew when somebody was forgotten: it takes a second or two, and as much memory.
const REWRITTEN: i64 = 128 * 1024 * 1024;

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

    /// Connects to databases that are up to date; answers [`OpenError::Behind`] or [`OpenError::Absent`] for others.
    /// Only `serve` and `upgrade` change a database's shape, and they make a copy before.
    pub async fn open_current(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let standing = Standing::of(settings).await?;
        standing.refuse_newer()?;
        for (name, extent, place) in
            [(DatabaseName::Main, &standing.main, &settings.main), (DatabaseName::Keys, &standing.keys, &settings.keys)]
        {
            if !extent.exists() {
                return Err(OpenError::Absent { database: name, place: looked_for(place) });
            }
            if !extent.pending.is_empty() {
                return Err(OpenError::Behind { database: name });
            }
        }
        Self::open(settings).await
    }

    /// [`Store::open`] with somebody who sees every statement; for tests.
    pub async fn open_watched(settings: &DatabaseSettings, watch: Option<Arc<dyn Watch>>) -> Result<Self, OpenError> {
        // Keys first, as ever: a main database without its key store is one that was lost.
        let keys = Database::open(&settings.keys, DatabaseName::Keys, watch.clone()).await?;
        let main = Database::open(&settings.main, DatabaseName::Main, watch).await?;
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

    /// Folds SQLite's logs into the files and empties them: what was deleted and overwritten still stands in the log
    /// until then. False where a reader was in the way; try again. PostgreSQL keeps its own log in its own way.
    pub async fn fold_logs(&self) -> Result<bool, StoreError> {
        Ok(self.main.fold_log().await? & self.keys.fold_log().await?)
    }

    /// Leaves nothing behind of what was deleted from the tables that hold persons. PostgreSQL cleans up these tables.
    ///
    /// SQLite overwrites what it deletes, but not what it copied before: when a page was split, the rows that moved to
    /// another one stay in the gap of the first, and `secure_delete` does not know of them. So files up to
    /// 128 MiB are written anew. Call it before [`Store::fold_logs`].
    pub async fn vacuum(&self) -> Result<(), StoreError> {
        self.main.leave_nothing(&["value", "delivery", "subject", "submission", "evidence", "mail_item"]).await?;
        self.keys.leave_nothing(&["subject_key"]).await
    }

    /// Closes every connection, when the last user of each is done; SQLite folds its log into the file.
    pub async fn close(&self) {
        self.main.close().await;
        self.keys.close().await;
    }
}

impl Database {
    async fn open(
        place: &config::Database,
        name: DatabaseName,
        watch: Option<Arc<dyn Watch>>,
    ) -> Result<Self, OpenError> {
        let pools = match place {
            config::Database::Sqlite { file } => open_sqlite(file, name).await?,
            config::Database::Postgres { url, schema } => {
                open_postgres(postgres_options(url)?, name, schema.as_deref()).await?
            }
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
            Pools::Sqlite { writer, .. } => Transaction::sqlite(writer.acquire().await?, self.origin.clone()).await?,
            Pools::Postgres(pool) => Transaction::postgres(pool.begin().await?, self.origin.clone()),
        })
    }

    /// A transaction that reads, and sees the database as it is at its first statement, whatever is written meanwhile.
    pub async fn snapshot(&self) -> Result<Transaction, StoreError> {
        const ONE_MOMENT: &str = "begin transaction isolation level repeatable read read only";
        Ok(match &self.pools {
            Pools::Sqlite { readers, .. } => {
                Transaction::sqlite_snapshot(readers.acquire().await?, self.origin.clone()).await?
            }
            Pools::Postgres(pool) => Transaction::postgres(pool.begin_with(ONE_MOMENT).await?, self.origin.clone()),
        })
    }

    /// The engine.
    pub fn kind(&self) -> EngineKind {
        match self.pools {
            Pools::Sqlite { .. } => EngineKind::Sqlite,
            Pools::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// Gives the room of what was deleted or overwritten back, on PostgreSQL; SQLite overwrites it at once
    /// (`secure_delete`).
    pub async fn vacuum(&self, table: &'static str) -> Result<(), StoreError> {
        if let Pools::Postgres(pool) = &self.pools {
            sqlx::query(AssertSqlSafe(format!("vacuum {table}"))).execute(pool).await?;
        }
        Ok(())
    }

    async fn fold_log(&self) -> Result<bool, StoreError> {
        let Pools::Sqlite { writer, .. } = &self.pools else { return Ok(true) };
        let mut connection = writer.acquire().await?;
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await?;
        Ok(busy == 0)
    }

    async fn leave_nothing(&self, tables: &[&str]) -> Result<(), StoreError> {
        let pool = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let mut connection = writer.acquire().await?;
                let (bytes,): (i64,) =
                    sqlx::query_as("select page_count * page_size from pragma_page_count(), pragma_page_size()")
                        .fetch_one(&mut *connection)
                        .await?;
                if bytes <= REWRITTEN {
                    sqlx::query("vacuum").execute(&mut *connection).await?;
                }
                return Ok(());
            }
            Pools::Postgres(pool) => pool,
        };
        let mut connection = pool.acquire().await?;
        for table in tables {
            sqlx::query(AssertSqlSafe(format!("vacuum {table}"))).execute(&mut *connection).await?;
        }
        Ok(())
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

async fn open_sqlite(file: &Path, name: DatabaseName) -> Result<Pools, OpenError> {
    restrict(file);
    let options = sqlite_options(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An answer is given after the commit, so the commit must have reached the disk.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        // KiB, per connection: the pages that random keys touch stay at hand.
        .pragma("cache_size", "-32768")
        // Pages (32 MiB): what many batches touch is folded into the file once.
        .pragma("wal_autocheckpoint", "8192")
        .statement_cache_capacity(256);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        // A file does not hang up.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(PATIENCE)
        .connect_with(options.clone())
        .await
        .map_err(|error| unavailable(file, name, error))?;
    migrator(EngineKind::Sqlite, name).run(&writer).await.map_err(|error| migration(name, error))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(PATIENCE)
        // Readers that cannot write: a statement in the wrong place fails in the first test.
        .connect_with(options.create_if_missing(false).pragma("query_only", "on"))
        .await
        .map_err(StoreError::from)?;
    Ok(Pools::Sqlite { writer, readers })
}

/// How every connection to a file begins, whoever makes it: what is deleted is overwritten, and sorting leaves no copies in
/// temporary files. The file must exist.
pub(crate) fn sqlite_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .pragma("secure_delete", "on")
        .pragma("temp_store", "memory")
        .disable_statement_logging()
}

/// SQLite says that it cannot, and not why: the system does, when the same is tried again.
pub(super) fn unavailable(file: &Path, database: DatabaseName, error: sqlx::Error) -> OpenError {
    match std::fs::OpenOptions::new().read(true).append(true).create(true).open(file) {
        Err(cause) => OpenError::File { database, path: file.to_owned(), cause },
        Ok(_) => StoreError::from(error).into(),
    }
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

async fn open_postgres(
    options: PgConnectOptions,
    name: DatabaseName,
    schema: Option<&str>,
) -> Result<Pools, OpenError> {
    let mut options = options.statement_cache_capacity(256);
    if let Some(schema) = schema {
        create_schema(&options, schema).await?;
        options = options.options([("search_path", schema)]);
    }
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await
        .map_err(StoreError::from)?;
    migrator(EngineKind::Postgres, name).run(&pool).await.map_err(|error| migration(name, error))?;
    Ok(Pools::Postgres(pool))
}

async fn create_schema(options: &PgConnectOptions, schema: &str) -> Result<(), OpenError> {
    use sqlx::Connection as _;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if schema.is_empty() || !schema.chars().all(plain) {
        return Err(OpenError::Url(format!("`{schema}` is no name of a schema")));
    }
    let mut connection = options.connect().await.map_err(StoreError::from)?;
    let statement = format!("create schema if not exists {schema}");
    let made = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
    let _ = connection.close().await;
    match made.map_err(StoreError::from) {
        // Two collectors that start together: the other one made it.
        Err(StoreError::Unique(_)) | Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What this build would make of a database.
pub(super) fn migrator(kind: EngineKind, name: DatabaseName) -> &'static Migrator {
    match (kind, name) {
        (EngineKind::Sqlite, DatabaseName::Main) => &SQLITE_MAIN,
        (EngineKind::Sqlite, DatabaseName::Keys) => &SQLITE_KEYS,
        (EngineKind::Postgres, DatabaseName::Main) => &POSTGRES_MAIN,
        (EngineKind::Postgres, DatabaseName::Keys) => &POSTGRES_KEYS,
    }
}

/// How to reach a PostgreSQL server.
pub(crate) fn postgres_options(url: &str) -> Result<PgConnectOptions, OpenError> {
    // The parser's complaint may quote the address.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| OpenError::Url("write `postgres://user:password@host/database`".to_owned()))?;
    Ok(options.application_name("unticked").disable_statement_logging())
}

/// ": FILE" of a database that is a file; an address may hold a password and is not shown.
pub(super) fn looked_for(place: &config::Database) -> String {
    match place {
        config::Database::Sqlite { file } => format!(" ({})", file.display()),
        config::Database::Postgres { .. } => String::new(),
    }
}

fn migration(database: DatabaseName, error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(migration) => OpenError::Newer { database, migration },
        MigrateError::Execute(error) => OpenError::Store(error.into()),
        other => OpenError::Migration(other.to_string()),
    }
}
