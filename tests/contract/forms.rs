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
    assert_eq!(sql::keep(&mut tx, &"ef".repeat(32), "contact", b"newer", 6).await.unwrap(), Kept::New);
    tx.commit().await.unwrap();
    let mut connection = store.read().await.unwrap();
    assert!(sql::find(&mut connection, &"00".repeat(32)).await.unwrap().is_none());
    let listed = sql::list(&mut connection).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|one| (one.digest.as_str(), one.first_at, one.withdrawn_at)).collect();
    assert_eq!(listed, [("ef".repeat(32).as_str(), 6, None), (digest.as_str(), 1, None)]);
}
