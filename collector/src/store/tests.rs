use std::sync::{Arc, Mutex};

use super::*;
use crate::config::DatabaseSettings;

fn settings(dir: &tempfile::TempDir) -> DatabaseSettings {
    DatabaseSettings::sqlite(dir.path().join("main.db"))
}

async fn insert_key(tx: &mut Transaction, ids: &[uuid::Uuid]) -> Result<u64, StoreError> {
    insert_many!(tx, "subject_key (subject_id, created_at)", ids, |id| [*id, 7i64]).await
}

async fn count_keys(connection: &mut Connection) -> i64 {
    let row: Option<(i64,)> =
        fetch_optional!(connection, (i64,), "select count(*) from subject_key where created_at = $1", 7i64)
            .await
            .unwrap();
    row.unwrap().0
}

fn ids(count: u128) -> Vec<uuid::Uuid> {
    (1..=count).map(uuid::Uuid::from_u128).collect()
}

#[tokio::test]
async fn what_is_not_committed_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    let mut tx = store.keys().begin().await.unwrap();
    insert_key(&mut tx, &ids(3)).await.unwrap();
    drop(tx);
    let mut tx = store.keys().begin().await.unwrap();
    assert_eq!(insert_key(&mut tx, &ids(2)).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert_eq!(count_keys(&mut store.keys().read().await.unwrap()).await, 2);
}

#[tokio::test]
async fn many_rows_of_any_number_arrive_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    let mut tx = store.keys().begin().await.unwrap();
    assert_eq!(insert_key(&mut tx, &ids(256 + 32 * 2 + 4 + 3)).await.unwrap(), 327);
    assert_eq!(count_keys(&mut tx).await, 327);
    assert!(matches!(insert_key(&mut tx, &ids(1)).await, Err(StoreError::Unique(_))));
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    let mut reader = store.read().await.unwrap();
    let refused = execute!(&mut reader, "delete from subject").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    execute!(
        &mut tx,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'tomorrow', true, x'00', 0)"
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let newer = |error| matches!(error, Err(OpenError::Newer { database: DatabaseName::Main, migration: 9999 }));
    assert!(newer(Store::open(&settings(&dir)).await.map(drop)));
    assert!(newer(Standing::of(&settings(&dir)).await.unwrap().refuse_newer()));
}

#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 4, "main.db, main.db-wal, main.db-keys, main.db-keys-wal");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn the_engine_runs_as_the_promises_need_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    for database in [store.main(), store.keys()] {
        let mut tx = database.begin().await.unwrap();
        for (pragma, expected) in [("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1), ("temp_store", 2)] {
            let Engine::Sqlite(engine) = tx.engine(crate::place_of_statement!()).unwrap() else { unreachable!() };
            let value: (i64,) =
                sqlx::query_as(sqlx::AssertSqlSafe(format!("pragma {pragma}"))).fetch_one(engine).await.unwrap();
            assert_eq!(value.0, expected, "{pragma}");
        }
    }
}

#[tokio::test]
async fn a_bad_address_is_refused_without_being_shown() {
    for url in ["postgres://user:hunter2@[::bad/x", "postgres://user:hunter2@host:notaport/x"] {
        let settings = DatabaseSettings::parse(url, None, std::path::Path::new("/")).unwrap();
        let error = Store::open(&settings).await.err().unwrap();
        assert!(matches!(error, OpenError::Url(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[derive(Default)]
struct Stopper(Mutex<Vec<Place>>);

impl Watch for Stopper {
    fn statement(&self, _: EngineKind, name: DatabaseName, place: Place) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(place);
        if name == DatabaseName::Keys { Err(StoreError::Unavailable("stopped".into())) } else { Ok(()) }
    }

    fn commit(&self, _: EngineKind, _: DatabaseName) -> CommitFate {
        CommitFate::HappensUnreported
    }
}

#[tokio::test]
async fn a_watch_sees_each_statement_and_can_stop_it() {
    let dir = tempfile::tempdir().unwrap();
    let stopper = Arc::new(Stopper::default());
    let watch: Arc<dyn Watch> = stopper.clone();
    let store = Store::open_watched(&settings(&dir), Some(watch)).await.unwrap();
    let mut tx = store.keys().begin().await.unwrap();
    assert!(insert_key(&mut tx, &ids(1)).await.unwrap_err().is_unavailable());
    assert_eq!(stopper.0.lock().unwrap().len(), 1);
    assert!(stopper.0.lock().unwrap()[0].file.ends_with("store/tests.rs"));
}

#[test]
fn a_statement_text_must_use_exactly_what_is_bound() {
    assert_binds("select $1, $2, $1", 2);
    for (sql, binds) in [("select $1", 2), ("select $2", 1), ("select $1, $3", 2), ("select ?", 1), ("select $0", 0)] {
        assert!(std::panic::catch_unwind(|| assert_binds(sql, binds)).is_err(), "{sql}");
    }
    assert_columns("t (a, b)", 2);
    for into in ["t (a)", "t (a, b, c)", "t"] {
        assert!(std::panic::catch_unwind(|| assert_columns(into, 2)).is_err(), "{into}");
    }
}

#[tokio::test]
async fn a_transaction_that_sqlite_took_back_by_itself_is_not_the_last_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    let mut tx = store.keys().begin().await.unwrap();
    execute!(&mut tx, "pragma max_page_count = 1").await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..2 {
        let mut tx = store.keys().begin().await.unwrap();
        let full = insert_key(&mut tx, &ids(100_000)).await;
        assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
        // What comes on a connection whose transaction is gone would be true at once.
        drop(tx);
        execute!(&mut store.keys().begin().await.unwrap(), "pragma max_page_count = 1").await.unwrap();
    }
    let mut tx = store.keys().begin().await.unwrap();
    execute!(&mut tx, "pragma max_page_count = 1000000").await.unwrap();
    assert_eq!(insert_key(&mut tx, &ids(10)).await.unwrap(), 10);
    tx.commit().await.unwrap();
    assert_eq!(count_keys(&mut store.keys().read().await.unwrap()).await, 10);
}

#[tokio::test]
async fn whoever_stops_waiting_leaves_the_writer_clean() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    for turns in 0..40 {
        let work = async {
            let mut tx = store.keys().begin().await.unwrap();
            insert_key(&mut tx, &ids(3)).await.unwrap();
            std::future::pending::<()>().await;
        };
        // Left after any number of steps.
        let mut work = std::pin::pin!(work);
        for _ in 0..turns {
            if futures_poll(work.as_mut()).await {
                break;
            }
        }
    }
    let mut tx = store.keys().begin().await.unwrap();
    assert_eq!(count_keys(&mut tx).await, 0);
    assert_eq!(insert_key(&mut tx, &ids(3)).await.unwrap(), 3);
    tx.commit().await.unwrap();
}

/// One step of a future; whether it has ended.
async fn futures_poll(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
    tokio::time::timeout(std::time::Duration::from_micros(50), future).await.is_ok()
}

#[tokio::test]
async fn whoever_only_looks_neither_makes_nor_changes_a_database() {
    let dir = tempfile::tempdir().unwrap();
    let absent = Store::open_current(&settings(&dir)).await.map(drop);
    assert!(matches!(absent, Err(OpenError::Absent { .. })), "{absent:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    Store::open(&settings(&dir)).await.unwrap().close().await;
    let standing = Standing::of(&settings(&dir)).await.unwrap();
    assert!(standing.main.exists() && standing.main.pending.is_empty() && standing.keys.pending.is_empty());
    let store = Store::open_current(&settings(&dir)).await.unwrap();
    let last = *standing.keys.applied.last().unwrap();
    let mut tx = store.keys().begin().await.unwrap();
    execute!(&mut tx, "delete from _sqlx_migrations where version = $1", last).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let behind = Store::open_current(&settings(&dir)).await.map(drop);
    assert!(matches!(behind, Err(OpenError::Behind { database: DatabaseName::Keys })), "{behind:?}");
}

/// The writer gives a commit up after 20 seconds; what it does to the connection afterwards nobody waits for.
#[tokio::test]
async fn a_commit_that_fails_after_nobody_waits_for_it_any_more_does_not_block_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(&dir)).await.unwrap();
    let mut unattended = 0;
    for _ in 0..200 {
        let mut tx = store.begin().await.unwrap();
        execute!(&mut tx, "pragma defer_foreign_keys = on").await.unwrap();
        // No such submission: the commit fails, and SQLite leaves the transaction open.
        execute!(
            &mut tx,
            "insert into value (submission_id, field, identifies, content) values ($1, 'x', 'no', $1)",
            vec![1u8; 16],
        )
        .await
        .unwrap();
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, tx.commit()).await;
        // Now and then SQLite is faster than we give up.
        unattended += usize::from(given_up.is_err());
    }
    assert!(unattended > 0, "nobody waited for one of them");
    let tx = tokio::time::timeout(std::time::Duration::from_secs(10), store.begin()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let left: Vec<(i64,)> =
        fetch_all!(&mut store.read().await.unwrap(), (i64,), "select count(*) from value").await.unwrap();
    assert_eq!(left, [(0,)]);
}

/// What is deleted is overwritten, and what is sorted is sorted in memory, whoever opens the file.
#[test]
fn every_connection_to_sqlite_is_made_in_one_place() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![sources];
    let mut makers = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.to_string_lossy().contains("tests")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            if ["SqliteConnectOptions::new", "SqliteConnection::connect", "SqlitePool::connect"]
                .iter()
                .any(|way| text.contains(way))
            {
                makers.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(makers, ["open.rs"]);
}
