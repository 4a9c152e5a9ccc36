use unticked_collector::{
    forms::sql::{self, Kept},
    store::Store,
};

pub async fn keeps_withdraws_and_reinstates_versions(store: &Store) {
    let digest = "cd".repeat(32);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(sql::keep(&mut tx, &digest, "contact", b"bundle", 1).await.unwrap(), Kept::New);
    assert_eq!(sql::keep(&mut tx, &digest, "contact", b"other", 2).await.unwrap(), Kept::Already);
    let archived = sql::find(&mut tx, &digest).await.unwrap().unwrap();
    assert_eq!((archived.bundle, archived.withdrawn_at), (b"bundle".to_vec(), None));
    assert_eq!(sql::withdraw(&mut tx, &digest, 3).await.unwrap(), 1);
    assert_eq!(sql::withdraw(&mut tx, &digest, 4).await.unwrap(), 0);
    assert_eq!(sql::find(&mut tx, &digest).await.unwrap().unwrap().withdrawn_at, Some(3));
    assert_eq!(sql::keep(&mut tx, &digest, "contact", b"bundle", 5).await.unwrap(), Kept::Reinstated);
    tx.commit().await.unwrap();
    let mut connection = store.read().await.unwrap();
    assert!(sql::find(&mut connection, &"00".repeat(32)).await.unwrap().is_none());
}
