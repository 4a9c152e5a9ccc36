//! Copies of SQLite databases, made while others write.

use std::path::Path;

use sqlx::{ConnectOptions, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    KeepError,
    files::{Room, make_file, room},
    ledger::Word,
};
use crate::{
    ledger::sql::SignedRow,
    store::{StoreError, sqlite_options},
    vault::WrappedKeys,
};

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The migrations that stand.
    pub migrations: Vec<i64>,
    /// How many submissions or persons.
    pub rows: u64,
    /// When the newest came, milliseconds UTC.
    pub newest_at: Option<i64>,
}

/// Copies the database as it stands at one moment into a file that does not exist. Writers are not held up.
pub async fn copy(from: &Path, to: &Path) -> Result<(), KeepError> {
    // `vacuum into` fills an empty file; made before, so that it is for its owner alone.
    drop(make_file(to)?);
    // Not read-only: what a process that was killed left half-written must be taken back first.
    let options = sqlite_options(from);
    let mut connection = connect(options).await?;
    let text = to.to_string_lossy().into_owned();
    let copied = sqlx::query("vacuum into $1").bind(text).execute(&mut connection).await;
    let _ = connection.close().await;
    match copied.map_err(StoreError::from) {
        Ok(_) => Ok(()),
        Err(StoreError::Unavailable(said)) if said.contains("full") || is_full(to) => {
            Err(KeepError::Full(to.parent().unwrap_or(to).to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// SQLite sometimes calls a full disk an error of the disk, or a file that does not open.
fn is_full(path: &Path) -> bool {
    room(path).is_some_and(Room::is_spent)
}

async fn connect(options: SqliteConnectOptions) -> Result<SqliteConnection, KeepError> {
    let options = options.busy_timeout(std::time::Duration::from_secs(10));
    Ok(options.connect().await.map_err(StoreError::from)?)
}

/// A copy that nobody writes: nothing is laid beside it.
async fn open_copy(path: &Path) -> Result<SqliteConnection, KeepError> {
    connect(sqlite_options(path).read_only(true).immutable(true)).await
}

/// Checks a copy of the main database from end to end, and says what it holds.
pub async fn main_facts(copy: &Path) -> Result<Facts, KeepError> {
    let rows = "select count(*), max(received_at) from submission";
    facts(copy, rows).await
}

/// The same of a copy of the key store.
pub async fn keys_facts(copy: &Path) -> Result<Facts, KeepError> {
    let rows = "select count(*), max(created_at) from subject_key";
    facts(copy, rows).await
}

async fn facts(copy: &Path, rows: &'static str) -> Result<Facts, KeepError> {
    let mut connection = open_copy(copy).await?;
    let facts = async {
        let sound: (String,) = sqlx::query_as("pragma quick_check(1)").fetch_one(&mut connection).await?;
        if sound.0 != "ok" {
            return Ok(None);
        }
        let migrations: Vec<(i64,)> =
            sqlx::query_as("select version from _sqlx_migrations where success order by version")
                .fetch_all(&mut connection)
                .await?;
        let (rows, newest_at): (i64, Option<i64>) = sqlx::query_as(rows).fetch_one(&mut connection).await?;
        Ok::<_, StoreError>(Some(Facts {
            migrations: migrations.into_iter().map(|(version,)| version).collect(),
            rows: u64::try_from(rows).unwrap_or_default(),
            newest_at,
        }))
    }
    .await;
    let _ = connection.close().await;
    facts?.ok_or_else(|| KeepError::Damaged { path: copy.to_owned(), reason: "is not a sound database" })
}

/// The keys made last, of a copy of the key store.
pub async fn newest_keys(copy: &Path) -> Result<Option<WrappedKeys>, KeepError> {
    let mut connection = open_copy(copy).await?;
    let newest = sqlx::query_as(
        "select subject_id, identity_key, evidence_key, created_at
         from subject_key
         order by created_at desc
         limit 1",
    )
    .fetch_optional(&mut connection)
    .await;
    let _ = connection.close().await;
    Ok(newest.map_err(StoreError::from)?)
}

/// How the two databases fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fit {
    /// People whose values stand there and whose key does not.
    pub values_without_key: u64,
    /// Keys of people whom the main database does not know.
    pub keys_without_subject: u64,
}

/// Holds the main database against the key store, where both are copies that nobody writes.
pub async fn fit_of_copies(main: &Path, keys: &Path) -> Result<Fit, KeepError> {
    fit_in(open_copy(main).await?, keys).await
}

/// Holds the main database against the key store.
pub async fn fit(main: &Path, keys: &Path) -> Result<Fit, KeepError> {
    fit_in(connect(sqlite_options(main)).await?, keys).await
}

async fn fit_in(mut connection: SqliteConnection, keys: &Path) -> Result<Fit, KeepError> {
    let keys = keys.to_string_lossy().into_owned();
    let counted = async {
        sqlx::query("attach database $1 as k").bind(keys).execute(&mut connection).await?;
        let (values, strangers): (i64, i64) = sqlx::query_as(
            "select
                 (select count(distinct submission.subject_id)
                  from value
                  join submission on submission.submission_id = value.submission_id
                  where value.identifies <> 'no'
                    and not exists (select 1
                                    from k.subject_key
                                    where k.subject_key.subject_id = submission.subject_id
                                      and k.subject_key.identity_key is not null)),
                 (select count(*)
                  from k.subject_key
                  where k.subject_key.subject_id not in (select subject_id from subject))",
        )
        .fetch_one(&mut connection)
        .await?;
        Ok::<_, StoreError>((values, strangers))
    }
    .await;
    let _ = connection.close().await;
    let (values, strangers) = counted?;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Fit { values_without_key: number(values), keys_without_subject: number(strangers) })
}

/// The head that a key store signed last; none where it is of before there was a ledger.
pub async fn last_signed(keys: &Path) -> Result<Option<SignedRow>, KeepError> {
    let mut connection = connect(sqlite_options(keys)).await?;
    let signed = async {
        let table = "select name from sqlite_master where type = 'table' and name = 'ledger_signed'";
        if sqlx::query_as::<_, (String,)>(table).fetch_optional(&mut connection).await?.is_none() {
            return Ok(None);
        }
        let row = "select origin, size, root, note, signed_at from ledger_signed where one = 1";
        Ok::<_, StoreError>(sqlx::query_as(row).fetch_optional(&mut connection).await?)
    }
    .await;
    let _ = connection.close().await;
    Ok(signed?)
}

/// Makes a key store forget how far its main database was: the one beside it is the one that counts.
pub async fn forget_reached(keys: &Path) -> Result<(), KeepError> {
    let mut connection = connect(sqlite_options(keys)).await?;
    let forgotten = async {
        let table = "select name from sqlite_master where type = 'table' and name = 'main_reached'";
        if sqlx::query_as::<_, (String,)>(table).fetch_optional(&mut connection).await?.is_some() {
            sqlx::query("delete from main_reached").execute(&mut connection).await?;
        }
        Ok::<_, StoreError>(())
    }
    .await;
    let _ = connection.close().await;
    Ok(forgotten?)
}

/// Lays what the owner's word makes of the last signed head into a key store that nobody uses yet; answers whether its ledger
/// may not go on. Into the file itself: a log beside it would not get its name.
pub async fn keep_word(keys: &Path, word: &Word) -> Result<bool, KeepError> {
    let Some(copied) = last_signed(keys).await? else { return Ok(false) };
    let (row, marked) = word.on(copied);
    let mut connection = connect(sqlite_options(keys)).await?;
    let kept = sqlx::query("update ledger_signed set origin = $1, size = $2, root = $3, note = $4, signed_at = $5")
        .bind(row.origin)
        .bind(row.size)
        .bind(row.root)
        .bind(row.note)
        .bind(row.signed_at)
        .execute(&mut connection)
        .await;
    let _ = connection.close().await;
    kept.map_err(StoreError::from)?;
    Ok(marked)
}
