use std::fs;

use unticked_collector::{
    config::{Settings, Sources},
    keep::{self, KeepError, Order, Wish},
    store::{Standing, Store},
    vault::KeyRing,
    world::{Clock, Random},
};

use crate::{engines::Fresh, every_room};

/// The settings of a machine whose files lie in `folder` and whose tables lie in `fresh`.
fn settings(folder: &std::path::Path, fresh: &Fresh) -> Settings {
    let loaded = Settings::load(&Sources { folder: folder.to_owned(), ..Sources::default() }).unwrap();
    Settings { database: fresh.settings().clone(), ..loaded.settings }
}

async fn rows(store: &Store) -> (i64, i64) {
    let place = unticked_collector::store::Place { file: file!(), line: line!() };
    let count = async |database: &unticked_collector::store::Database, sql: &'static str| {
        let mut connection = database.read().await.unwrap();
        let unticked_collector::store::Engine::Postgres(engine) = connection.engine(place).unwrap() else { panic!() };
        let (count,): (i64,) = sqlx::query_as(sql).fetch_one(engine).await.unwrap();
        count
    };
    let submissions = count(store.main(), "select count(*) from submission").await;
    (submissions, count(store.keys(), "select count(*) from subject_key").await)
}

pub async fn goes_and_comes_back(from: &Fresh, to: &Fresh, full: &Fresh) {
    let (here, there, shelf) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (now, random) = (Clock::system().now(), Random::system());
    let store = from.open(None).await;
    every_room(&store).await;
    let before = rows(&store).await;
    assert!(before.0 > 200 && before.1 > 200, "{before:?}");
    let source = settings(here.path(), from);
    KeyRing::open(&source.key_ring, &random).unwrap();
    fs::create_dir(&source.definitions_dir).unwrap();
    let (data, keys) = (shelf.path().join("copies"), shelf.path().join("safe/keys"));
    let order = Order::from_settings(&source, Some(data.clone()), Some(keys.clone())).unwrap();
    let made = keep::backup(&source, &order, now, &random).await.unwrap();
    assert_eq!((i64::try_from(made.submissions).unwrap(), i64::try_from(made.persons).unwrap()), before);
    store.close().await;

    let wish = Wish { data, keys: Some(keys), replace: false, check_only: false, same_ledger: false };
    full.open(None).await.close().await;
    let occupied = keep::restore(&settings(there.path(), full), &wish, now, &random).await;
    assert!(matches!(occupied, Err(KeepError::PostgresOccupied)), "{occupied:?}");

    let target = settings(there.path(), to);
    keep::restore(&target, &wish, now, &random).await.unwrap();
    let standing = Standing::of(&target.database).await.unwrap();
    assert!(standing.main.exists() && !standing.needs_upgrade());
    let store = Store::open_current(&target.database).await.unwrap();
    assert_eq!(rows(&store).await, before);
    store.close().await;
    assert_eq!(fs::read(&source.key_ring).unwrap(), fs::read(&target.key_ring).unwrap());

    // A copy before an upgrade goes where backups go; without such a place the owner is told.
    let told = keep::before_upgrade_folders(&target);
    assert!(matches!(told, Err(KeepError::NoPlace { .. })), "{told:?}");
}
