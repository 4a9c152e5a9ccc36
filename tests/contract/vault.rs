use unticked_collector::{
    store::Store,
    vault::{
        WrappedKeys,
        sql::{self, Reached},
    },
};
use uuid::Uuid;

fn keys(number: u128, created_at: i64) -> WrappedKeys {
    WrappedKeys {
        subject_id: Uuid::from_u128(number),
        identity_key: Some(vec![1; 77]),
        evidence_key: (number.is_multiple_of(2)).then(|| vec![2; 77]),
        created_at,
    }
}

pub async fn keeps_finds_and_destroys_keys(store: &Store) {
    // Enough for statements of every size.
    let many: Vec<WrappedKeys> = (1..=300).map(|number| keys(number, i64::try_from(number).unwrap())).collect();
    let many: Vec<&WrappedKeys> = many.iter().collect();
    assert_eq!(sql::newest(&mut store.keys().read().await.unwrap()).await.unwrap(), None);
    for _ in 0..2 {
        let mut tx = store.keys().begin().await.unwrap();
        assert!(sql::insert(&mut tx, &many).await.unwrap().is_empty(), "the same again changes nothing");
        tx.commit().await.unwrap();
    }
    let other = WrappedKeys { identity_key: Some(vec![3; 77]), ..keys(5, 5) };
    let mut tx = store.keys().begin().await.unwrap();
    let others = sql::insert(&mut tx, &[&keys(301, 301), &other, &keys(6, 6)]).await.unwrap();
    assert_eq!(others.into_iter().collect::<Vec<_>>(), [Uuid::from_u128(5)], "the first ones stay, and it is told");
    assert_eq!(sql::find(&mut tx, Uuid::from_u128(5)).await.unwrap().unwrap(), keys(5, 5));
    tx.rollback().await.unwrap();
    let mut connection = store.keys().read().await.unwrap();
    assert_eq!(sql::newest(&mut connection).await.unwrap().unwrap(), keys(300, 300));
    assert_eq!(sql::oldest(&mut connection).await.unwrap().unwrap(), keys(1, 1));
    assert_eq!(sql::find(&mut connection, Uuid::from_u128(7)).await.unwrap().unwrap(), keys(7, 7));
    assert_eq!(sql::find(&mut connection, Uuid::from_u128(999)).await.unwrap(), None);
    let between = sql::made_between(&mut connection, 10, 20, Uuid::from_u128(12), 4).await.unwrap();
    assert_eq!(between, [13, 14, 15, 16].map(Uuid::from_u128));
    let mut tx = store.keys().begin().await.unwrap();
    assert_eq!(sql::destroy(&mut tx, Uuid::from_u128(7)).await.unwrap(), 1);
    assert_eq!(sql::destroy(&mut tx, Uuid::from_u128(7)).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(sql::find(&mut connection, Uuid::from_u128(7)).await.unwrap(), None);
}

pub async fn notes_how_far_the_main_database_is(store: &Store) {
    let [one, two, three] = [1, 2, 3].map(Uuid::from_u128);
    let noted = |record_id, noted_at, behind_since| Some(Reached { record_id, noted_at, behind_since });
    let mut tx = store.keys().begin().await.unwrap();
    assert_eq!(sql::reached(&mut tx).await.unwrap(), None);
    assert_eq!(sql::note_reached(&mut tx, one, 10).await.unwrap(), 1);
    assert_eq!(sql::note_reached(&mut tx, two, 20).await.unwrap(), 1);
    assert_eq!(sql::reached(&mut tx).await.unwrap(), noted(two, 20, None));
    assert_eq!(sql::note_behind(&mut tx, Some(30)).await.unwrap(), 1);
    assert_eq!(sql::note_reached(&mut tx, three, 40).await.unwrap(), 0, "what is missing stays noted");
    assert_eq!(sql::reached(&mut tx).await.unwrap(), noted(two, 20, Some(30)));
    assert_eq!(sql::note_behind(&mut tx, None).await.unwrap(), 1);
    assert_eq!(sql::forget_reached(&mut tx).await.unwrap(), 1);
    assert_eq!(sql::reached(&mut tx).await.unwrap(), None);
    tx.rollback().await.unwrap();
}
