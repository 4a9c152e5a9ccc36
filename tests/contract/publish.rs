//! The statements of publishing and mending.

use unticked_collector::{
    evidence,
    ledger::{
        mend,
        publish::sql::{self, CheckpointRow},
        sql as ledger_sql,
    },
    store::Store,
};
use unticked_shared::merkle::Frontier;
use uuid::Uuid;

pub async fn publishes_and_finds_the_newest_of_a_name(store: &Store) {
    let row = |origin_number: i64, size: i64| CheckpointRow {
        origin_number,
        size,
        root: vec![7; 32],
        note: format!("{origin_number} {size}"),
        published_at: 1_795_435_200_000,
    };
    let mut tx = store.begin().await.unwrap();
    sql::lock(&mut tx).await.unwrap();
    assert_eq!(sql::newest(&mut tx, 1).await.unwrap(), None);
    for (origin, size) in [(1, 3), (1, 70), (2, 5), (2, 3)] {
        assert_eq!(sql::insert(&mut tx, &row(origin, size)).await.unwrap(), 1);
    }
    assert_eq!(sql::newest(&mut tx, 1).await.unwrap(), Some(row(1, 70)));
    assert_eq!(sql::newest(&mut tx, 2).await.unwrap(), Some(row(2, 5)));
    tx.rollback().await.unwrap();
}

pub async fn mends_what_is_torn(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let size = ledger_sql::count(ledger_sql::head(&mut tx).await.unwrap().size()).unwrap();
    assert!(size > 300);
    assert_eq!(mend::sql::first_gap(&mut tx).await.unwrap(), size);
    assert_eq!(mend::sql::remove_tiles(&mut tx, 0, 1).await.unwrap(), u64::try_from(size / 256 - 1).unwrap());
    assert_eq!(mend::sql::remove_levels(&mut tx, 0).await.unwrap(), 1);
    assert_eq!(mend::sql::remove_leaves(&mut tx, size - 10).await.unwrap(), 10);
    assert_eq!(mend::sql::first_gap(&mut tx).await.unwrap(), size - 10);
    assert_eq!(mend::sql::remove_leaves(&mut tx, 0).await.unwrap(), u64::try_from(size - 10).unwrap());
    assert_eq!(mend::sql::first_gap(&mut tx).await.unwrap(), 0);
    assert_eq!(mend::sql::set_head(&mut tx, &Frontier::default()).await.unwrap(), 1);
    assert_eq!(ledger_sql::head(&mut tx).await.unwrap(), Frontier::default());
    tx.rollback().await.unwrap();
}

pub async fn finds_the_place_of_a_record(store: &Store) {
    let mut connection = store.read().await.unwrap();
    assert_eq!(evidence::sql::leaf_of(&mut connection, Uuid::nil()).await.unwrap(), None);
}
