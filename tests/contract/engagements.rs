use unticked_collector::{
    engagements::sql::{self, Known},
    outbox,
    store::Store,
};
use uuid::Uuid;

use crate::outbox::event;

pub async fn finds_whom_a_destination_may_speak_of(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let (submission, subject) = (Uuid::from_u128(5), Uuid::from_u128(1_000_005));
    let lead = outbox::sql::NewEvent { submission, ..event(700, false, &["ledger", "other"]) };
    outbox::sql::insert(&mut tx, &[lead]).await.unwrap();
    assert_eq!(sql::of_person(&mut tx, Some(subject), None, "ledger").await.unwrap(), [], "nothing was sent yet");
    outbox::sql::claim(&mut tx, "ledger", 1_000, 8, Uuid::from_u128(8), 61_000).await.unwrap();
    let known = Known { submission_id: submission, subject_id: subject, version: "ab".repeat(32) };
    assert_eq!(sql::of_person(&mut tx, Some(subject), None, "ledger").await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(sql::of_person(&mut tx, None, Some("R-5"), "ledger").await.unwrap(), [known]);
    assert_eq!(sql::of_person(&mut tx, None, Some("R-5"), "other").await.unwrap(), [], "it was sent to somebody else");
    assert_eq!(sql::of_person(&mut tx, Some(Uuid::from_u128(1)), None, "ledger").await.unwrap(), []);
    tx.rollback().await.unwrap();
}

pub async fn takes_each_message_once(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    assert_eq!(sql::take(&mut tx, "crm", "msg-1", &[1; 32], 1_795_435_200_000).await.unwrap(), 1);
    assert_eq!(sql::take(&mut tx, "crm", "msg-1", &[2; 32], 1_795_435_200_001).await.unwrap(), 0);
    assert_eq!(sql::take(&mut tx, "mailer", "msg-1", &[2; 32], 1_795_435_200_001).await.unwrap(), 1, "its own id");
    assert_eq!(sql::taken(&mut tx, "crm", "msg-1").await.unwrap(), Some(vec![1; 32]));
    assert_eq!(sql::taken(&mut tx, "crm", "msg-2").await.unwrap(), None);
    assert_eq!(sql::forget_taken(&mut tx, 1_795_435_200_001).await.unwrap(), 1);
    tx.rollback().await.unwrap();
}
