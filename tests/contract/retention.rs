use unticked_collector::{
    outbox,
    retention::sql::{self, NEVER},
    store::{EngineKind, Store},
    vault::{self, WrappedKeys},
};
use uuid::Uuid;

use crate::outbox::event;

// Of the submissions that the other rooms left: 1 to 299, due at a second each; every third was never looked at.
pub async fn finds_what_is_due_and_says_when_to_look_again(store: &Store) {
    let mut connection = store.read().await.unwrap();
    let nil = Uuid::nil();
    let ids = |rows: &[sql::Row]| rows.iter().map(|row| row.submission_id.as_u128()).collect::<Vec<_>>();
    let due = sql::due(&mut connection, 8_000, i64::MIN, nil, 4).await.unwrap();
    assert_eq!(ids(&due), [1, 2, 4, 5]);
    assert_eq!((due[1].reference.as_str(), due[1].state.as_str(), due[1].due_at), ("R-2", "quarantined", Some(2_000)));
    let more = sql::due(&mut connection, 8_000, 5_000, Uuid::from_u128(5), 4).await.unwrap();
    assert_eq!(ids(&more), [7, 8]);
    let unseen = sql::unseen(&mut connection, Uuid::from_u128(3), 2).await.unwrap();
    assert_eq!((ids(&unseen), unseen[0].due_at), (vec![6, 9], None));
    assert_eq!(sql::next_due(&mut connection, 8_000).await.unwrap(), Some(10_000));
    assert_eq!(sql::overdue(&mut connection, 8_000).await.unwrap(), (6, Some(1_000)));
    assert_eq!(sql::overdue(&mut connection, 0).await.unwrap(), (0, None));
    for (submission, due) in [(8, true), (10, false), (3, false), (12_345, false)] {
        let is_due = outbox::sql::is_due(&mut connection, Uuid::from_u128(submission), 8_000).await.unwrap();
        assert_eq!(is_due, due, "{submission}");
    }
    drop(connection);

    let mut tx = store.begin().await.unwrap();
    let one = Uuid::from_u128(1);
    assert_eq!(sql::move_due(&mut tx, one, 999, 5).await.unwrap(), 0, "somebody else has moved it");
    assert_eq!(sql::move_due(&mut tx, one, 1_000, NEVER).await.unwrap(), 1);
    assert_eq!(sql::next_due(&mut tx, i64::from(u32::MAX)).await.unwrap(), None, "never is no time");
    assert_eq!(sql::set_due(&mut tx, one, None).await.unwrap(), 1);
    assert_eq!(ids(&sql::unseen(&mut tx, nil, 1).await.unwrap()), [1]);
    tx.rollback().await.unwrap();
}

pub async fn notes_where_the_clock_stood(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    assert_eq!(sql::clock(&mut tx).await.unwrap(), None);
    for (trusted, heard, steady) in [(1_000, None, 0), (1_000, Some(9_000), 60), (9_500, None, 0)] {
        assert_eq!(sql::note_clock(&mut tx, trusted, heard, steady, None).await.unwrap(), 1);
        assert_eq!(sql::clock(&mut tx).await.unwrap(), Some((trusted, heard, steady)));
    }
    // Of a look that began before somebody confirmed the clock.
    assert_eq!(sql::note_clock(&mut tx, 1_000, Some(9_000), 120, Some(1_000)).await.unwrap(), 0);
    assert_eq!(sql::clock(&mut tx).await.unwrap(), Some((9_500, None, 0)));
    assert_eq!(sql::note_clock(&mut tx, 9_600, None, 0, Some(9_500)).await.unwrap(), 1);
    tx.rollback().await.unwrap();
}

pub async fn holds_a_submission_until_the_transaction_ends(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let row = sql::lock(&mut tx, Uuid::from_u128(4)).await.unwrap().unwrap();
    assert_eq!((row.subject_id, row.received_at), (Uuid::from_u128(1_000_004), 1_795_435_200_000));
    assert_eq!(sql::lock_if_free(&mut tx, Uuid::from_u128(4)).await.unwrap(), Some(row), "it is ours");
    assert_eq!(sql::lock(&mut tx, Uuid::from_u128(12_345)).await.unwrap(), None);
    // SQLite has one writer: nobody else gets so far.
    if store.kind() == EngineKind::Postgres {
        let mut other = store.begin().await.unwrap();
        assert_eq!(
            sql::lock_if_free(&mut other, Uuid::from_u128(4)).await.unwrap(),
            None,
            "passed over, not waited for"
        );
        assert!(sql::lock_if_free(&mut other, Uuid::from_u128(5)).await.unwrap().is_some());
        other.rollback().await.unwrap();
    }
    tx.rollback().await.unwrap();
}

pub async fn destroys_values_addresses_and_identities(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let (submission, subject) = (Uuid::from_u128(2), Uuid::from_u128(1_000_002));
    let held = sql::held(&mut tx, submission).await.unwrap();
    let expected = [("email", "direct"), ("postcode", "quasi"), ("topic", "no")];
    assert_eq!(held, expected.map(|(field, identifies)| (field.to_owned(), identifies.to_owned())));
    assert_eq!(sql::destroy_value(&mut tx, submission, "email").await.unwrap(), 1);
    assert_eq!(sql::destroy_value(&mut tx, submission, "email").await.unwrap(), 0);
    assert_eq!(sql::held(&mut tx, submission).await.unwrap().len(), 2);
    assert_eq!(sql::forget_address(&mut tx, subject).await.unwrap(), 1);
    assert_eq!(sql::forget_address(&mut tx, subject).await.unwrap(), 0);
    tx.rollback().await.unwrap();

    let mut tx = store.keys().begin().await.unwrap();
    let subject_id = Uuid::from_u128(5_000_001);
    let keys =
        WrappedKeys { subject_id, identity_key: Some(vec![1; 77]), evidence_key: Some(vec![2; 77]), created_at: 1 };
    vault::sql::insert(&mut tx, &[&keys]).await.unwrap();
    assert_eq!(vault::sql::destroy_identity(&mut tx, subject_id).await.unwrap(), 1);
    assert_eq!(vault::sql::destroy_identity(&mut tx, subject_id).await.unwrap(), 0);
    let left = vault::sql::find(&mut tx, subject_id).await.unwrap().unwrap();
    assert_eq!(left, WrappedKeys { identity_key: None, ..keys });
    tx.rollback().await.unwrap();
}

pub async fn cuts_and_withholds_what_waits(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let submission = Uuid::from_u128(80);
    let lead = outbox::sql::NewEvent { submission, ..event(600, false, &["shelf", "drawer"]) };
    let [first, second] = [0, 1].map(|at| lead.deliveries[at].id);
    outbox::sql::insert(&mut tx, &[lead]).await.unwrap();
    let bodies = outbox::sql::lead_bodies(&mut tx, submission).await.unwrap();
    assert_eq!(bodies.iter().map(|one| one.delivery_id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(outbox::sql::replace_body(&mut tx, first, &[9; 10]).await.unwrap(), 1);
    assert_eq!(outbox::sql::lead_bodies(&mut tx, submission).await.unwrap()[0].body, [9; 10]);
    outbox::sql::claim(&mut tx, "drawer", 1_000, 8, Uuid::from_u128(8), 61_000).await.unwrap();
    assert_eq!(outbox::sql::withhold(&mut tx, second, "over", 2_000).await.unwrap(), 0, "an attempt is under way");
    assert_eq!(outbox::sql::withhold(&mut tx, second, "over", 61_000).await.unwrap(), 1, "nobody came back");
    assert_eq!(outbox::sql::withhold(&mut tx, first, "over", 2_000).await.unwrap(), 1);
    assert_eq!(outbox::sql::replace_body(&mut tx, first, &[9; 10]).await.unwrap(), 0);
    assert!(outbox::sql::lead_bodies(&mut tx, submission).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}
