use std::time::Duration;

use unticked_collector::{
    preferences::sql::{self, Kept},
    store::Store,
};
use uuid::Uuid;

/// After `submissions`, whose fifth it looks for.
pub async fn finds_and_locks_a_submission(store: &Store) {
    let (there, nowhere) = (Uuid::from_u128(5), Uuid::from_u128(12_345));
    let expected = Kept {
        subject_id: Uuid::from_u128(1_000_005),
        reference: "R-5".to_owned(),
        version: "ab".repeat(32),
        language: "ar".to_owned(),
        received_at: 1_795_435_200_000,
    };
    let mut connection = store.read().await.unwrap();
    assert_eq!(sql::find(&mut connection, there).await.unwrap().as_ref(), Some(&expected));
    assert_eq!(sql::find(&mut connection, nowhere).await.unwrap(), None);
    drop(connection);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(sql::lock(&mut tx, there).await.unwrap(), Some(expected));
    assert_eq!(sql::lock(&mut tx, nowhere).await.unwrap(), None);
    tx.rollback().await.unwrap();
}

/// Two tabs at once: the second one waits, and finds what the first one wrote.
pub async fn whoever_withdraws_second_waits_for_the_first(store: &Store) {
    let there = Uuid::from_u128(5);
    let mut first = store.begin().await.unwrap();
    sql::lock(&mut first, there).await.unwrap().unwrap();
    let other = store.clone();
    let mut second = tokio::spawn(async move {
        let mut tx = other.begin().await.unwrap();
        sql::lock(&mut tx, there).await.unwrap().unwrap();
        tx.rollback().await.unwrap();
    });
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut second).await.is_err(), "both are in at once");
    first.commit().await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), second).await.unwrap().unwrap();
}
