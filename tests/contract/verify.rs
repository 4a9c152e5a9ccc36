//! The check's statements: each answers, whatever the other rooms left behind.

use unticked_collector::{store::Store, verify::sql};
use uuid::Uuid;

pub async fn reads_everything_again(store: &Store) {
    let (first, last) = (Uuid::nil(), Uuid::max());
    let mut snapshot = store.main().snapshot().await.unwrap();
    let main = &mut snapshot;
    assert!(sql::head(main).await.unwrap().is_some());
    let leaves = sql::leaves(main, i64::MIN, 10).await.unwrap();
    assert!(leaves.is_sorted_by_key(|row| row.leaf_index) && !leaves.is_empty());
    let placed = sql::placed(main, i64::MIN, 10_000).await.unwrap();
    let record = placed.last().expect("the other rooms have left records");
    assert_eq!(sql::record_of_leaf(main, record.leaf_index).await.unwrap(), Some(record.record_id));
    assert_eq!(sql::exported(main, record.leaf_index - 1, 5).await.unwrap()[0].row.record_id, record.record_id);
    sql::unplaced(main, first, 10).await.unwrap();
    let tiles = sql::tiles(main, (i64::MIN, i64::MIN), 1).await.unwrap();
    assert!(sql::tiles(main, (tiles[0].level, tiles[0].tile_index), 10).await.unwrap().len() < 10);
    sql::checkpoints(main, (i64::MIN, i64::MIN), 10).await.unwrap();
    sql::origins(main).await.unwrap();
    let subjects = sql::subjects(main, first, 10_000).await.unwrap();
    assert_eq!(sql::subjects_between(main, first, last).await.unwrap().len(), subjects.len());
    let submissions = sql::submissions(main, first, last).await.unwrap();
    assert!(!submissions.is_empty() && submissions.len() <= subjects.len());
    let totals = sql::totals(main).await.unwrap();
    assert_eq!(i64::try_from(submissions.len()), Ok(totals.submissions));
    assert_eq!(i64::try_from(sql::values(main, first, last).await.unwrap().len()), Ok(totals.sealed));
    let records = sql::records(main, first, last).await.unwrap();
    assert_eq!(i64::try_from(records.len()), Ok(totals.records));
    assert!(!sql::exported_of(main, submissions[0].subject_id).await.unwrap().is_empty());
    assert!(i64::try_from(sql::deliveries(main, first, last).await.unwrap().len()).unwrap() <= totals.deliveries);
    let strays = sql::strays(main, 10_000).await.unwrap();
    assert_eq!(i64::try_from(strays.len()), Ok(sql::stray_count(main).await.unwrap()));
    for digest in sql::versions(main).await.unwrap() {
        assert_eq!(sql::version(main, &digest).await.unwrap().unwrap().digest, digest);
    }
    assert_eq!(sql::version(main, b"none").await.unwrap().map(|row| row.form), None);
    assert_eq!(sql::integrity(main).await.unwrap(), Vec::<String>::new());
    snapshot.rollback().await.unwrap();
    let mut keys = store.keys().read().await.unwrap();
    sql::keys(&mut keys, first, last).await.unwrap();
    sql::signed(&mut keys).await.unwrap();
}

pub async fn a_snapshot_is_of_one_moment(store: &Store) {
    let mut snapshot = store.main().snapshot().await.unwrap();
    let before = sql::head(&mut snapshot).await.unwrap().unwrap().size;
    let mut tx = store.begin().await.unwrap();
    unticked_collector::ledger::append(&mut tx, &[[7; 32]]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sql::head(&mut snapshot).await.unwrap().unwrap().size, before);
    snapshot.rollback().await.unwrap();
    let mut now = store.main().snapshot().await.unwrap();
    assert_eq!(sql::head(&mut now).await.unwrap().unwrap().size, before + 1);
    now.rollback().await.unwrap();
}
