use unticked_collector::{
    rotation::sql::{self, SealedValue},
    store::Store,
    vault::{self, WrappedKeys},
};
use uuid::Uuid;

/// Twelve bytes under a key of that number.
fn under(key: u8) -> Vec<u8> {
    [[0, 0, 0, key].as_slice(), &[9; 8]].concat()
}

fn row(number: u128, identity: Option<u8>, evidence: Option<u8>) -> WrappedKeys {
    WrappedKeys {
        subject_id: Uuid::from_u128(number),
        identity_key: identity.map(under),
        evidence_key: evidence.map(under),
        created_at: 5,
    }
}

pub async fn finds_what_lies_under_which_key_and_seals_it_anew(store: &Store) {
    let mut tx = store.keys().begin().await.unwrap();
    let nothing = sql::wrapped_under(&mut tx).await.unwrap();
    let rows = [
        row(9_001, Some(1), Some(1)),
        row(9_002, Some(2), Some(1)),
        row(9_003, None, Some(1)),
        row(9_004, Some(2), None),
    ];
    vault::sql::insert(&mut tx, &rows.iter().collect::<Vec<_>>()).await.unwrap();
    let counted = sql::wrapped_under(&mut tx).await.unwrap();
    let more: Vec<_> = counted.into_iter().filter(|one| !nothing.contains(one)).collect();
    assert_eq!(more, [(vec![0, 0, 0, 1], 4), (vec![0, 0, 0, 2], 2)]);
    let past = Uuid::from_u128(9_000);
    let two = [0, 0, 0, 2];
    let otherwise = sql::wrapped_otherwise(&mut tx, &two, past, 3).await.unwrap();
    assert_eq!(otherwise, rows[..3], "whoever has nothing under another key is left out");
    assert_eq!(sql::wrapped_otherwise(&mut tx, &two, past, 1).await.unwrap(), rows[..1]);
    // Nulls are compared as what they are.
    assert_eq!(sql::replace_wrapped(&mut tx, &rows[2], &row(9_003, None, Some(2))).await.unwrap(), 1);
    assert_eq!(sql::replace_wrapped(&mut tx, &rows[2], &row(9_003, None, Some(2))).await.unwrap(), 0);
    vault::sql::destroy_identity(&mut tx, Uuid::from_u128(9_001)).await.unwrap();
    let back = sql::replace_wrapped(&mut tx, &rows[0], &row(9_001, Some(2), Some(2))).await.unwrap();
    assert_eq!(back, 0, "whoever was forgotten meanwhile stays forgotten");
    sql::hold_wrapped(&mut tx).await.unwrap();
    tx.rollback().await.unwrap();

    // Of the submissions that the other rooms left, values by every third field.
    let mut tx = store.begin().await.unwrap();
    let counted: i64 = sql::values_under(&mut tx).await.unwrap().iter().map(|(_, count)| count).sum();
    assert!(counted > 0);
    let some = sql::values_otherwise(&mut tx, &[0xff; 4], Uuid::nil(), "", 3).await.unwrap();
    assert_eq!(some.len(), 3);
    let last = some.last().unwrap();
    let next = sql::values_otherwise(&mut tx, &[0xff; 4], last.submission_id, &last.field, 1).await.unwrap();
    assert!((next[0].submission_id, &next[0].field) > (last.submission_id, &last.field));
    assert_eq!(sql::replace_value(&mut tx, last, &[0xff; 20]).await.unwrap(), 1);
    assert_eq!(sql::replace_value(&mut tx, last, &[0xff; 20]).await.unwrap(), 0, "it is no longer what was read");
    let under_it = sql::values_under(&mut tx).await.unwrap();
    assert!(under_it.contains(&(vec![0xff; 4], 1)), "{under_it:?}");
    let gone = SealedValue { submission_id: Uuid::from_u128(123_456), ..last.clone() };
    assert_eq!(sql::replace_value(&mut tx, &gone, &[1]).await.unwrap(), 0);
    sql::hold_values(&mut tx).await.unwrap();
    tx.rollback().await.unwrap();
}

pub async fn knows_who_works_with_which_keys_and_what_is_retired(store: &Store) {
    let mut tx = store.keys().begin().await.unwrap();
    let [one, two] = [1, 2].map(Uuid::from_u128);
    sql::note_user(&mut tx, one, "here, process 1", "wrap a", 10).await.unwrap();
    sql::note_user(&mut tx, two, "there, process 2", "wrap a", 20).await.unwrap();
    sql::note_user(&mut tx, one, "here, process 1", "wrap a", 30).await.unwrap();
    let users = sql::users(&mut tx, 20).await.unwrap();
    assert_eq!(
        users.iter().map(|user| (user.collector, user.since, user.seen_at)).collect::<Vec<_>>(),
        [(one, 10, 30), (two, 20, 20)]
    );
    sql::note_user(&mut tx, one, "here, process 1", "wrap b a", 40).await.unwrap();
    let users = sql::users(&mut tx, 21).await.unwrap();
    assert_eq!(
        (users.len(), users[0].since, users[0].knows.as_str(), users[0].place.as_str()),
        (1, 40, "wrap b a", "here, process 1")
    );
    assert_eq!(sql::forget_users(&mut tx, 40).await.unwrap(), 1);
    assert_eq!(sql::forget_user(&mut tx, one).await.unwrap(), 1);
    assert_eq!(vault::sql::retired(&mut tx).await.unwrap(), []);
    assert_eq!(sql::retire(&mut tx, "wrap", &[1, 2, 3, 4], 50).await.unwrap(), 1);
    assert_eq!(sql::retire(&mut tx, "wrap", &[1, 2, 3, 4], 60).await.unwrap(), 0);
    let retired = vault::sql::Retired { kind: "wrap".to_owned(), key_id: vec![1, 2, 3, 4] };
    assert_eq!(vault::sql::retired(&mut tx).await.unwrap(), [retired]);
    tx.rollback().await.unwrap();
}
