use unticked_collector::{
    erasure::sql::{self, Row},
    evidence, mail,
    outbox::{self, sql::NewEvent},
    retention::sql::NEVER,
    store::Store,
};
use uuid::Uuid;

use crate::outbox::event;

fn row(number: u128, forgotten_at: i64) -> Row {
    Row {
        submission_id: Uuid::from_u128(number),
        subject_id: Uuid::from_u128(1_000_000 + number),
        ground: "art-17-1-b".to_owned(),
        forgotten_at,
        step: 1,
        state: "pending".to_owned(),
    }
}

// Of the submissions that the other rooms left.
pub async fn goes_from_step_to_step(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let (two, four, nil) = (row(2, 500), row(4, 600), Uuid::nil());
    for row in [&two, &four] {
        assert_eq!(sql::begin(&mut tx, row).await.unwrap(), 1);
        assert_eq!(sql::begin(&mut tx, row).await.unwrap(), 0, "it was begun before");
    }
    assert_eq!(sql::find(&mut tx, two.submission_id).await.unwrap(), Some(two.clone()));
    assert_eq!(sql::find(&mut tx, Uuid::from_u128(12_345)).await.unwrap(), None);
    assert_eq!(sql::pending(&mut tx, nil, 9).await.unwrap(), [two.clone(), four.clone()]);
    assert_eq!(sql::pending(&mut tx, two.submission_id, 9).await.unwrap(), std::slice::from_ref(&four));
    let (pending, requested) = sql::tally(&mut tx).await.unwrap();
    assert_eq!(pending, 2);
    assert_eq!(sql::done(&mut tx, two.submission_id, 2).await.unwrap(), 0, "another step");
    for row in [&two, &four] {
        assert_eq!(sql::done(&mut tx, row.submission_id, 1).await.unwrap(), 1);
    }
    assert_eq!(sql::tally(&mut tx).await.unwrap(), (0, requested + 2));
    assert!(sql::past_deadline(&mut tx, 9_999, i64::MIN, nil, 9).await.unwrap().is_empty(), "a rule may still end it");
    for row in [&two, &four] {
        assert_eq!(sql::blur(&mut tx, row.submission_id).await.unwrap(), 1);
    }
    let over = |row: &Row| Row { state: "done".to_owned(), ..row.clone() };
    assert_eq!(sql::past_deadline(&mut tx, 500, i64::MIN, nil, 9).await.unwrap(), [over(&two)]);
    assert_eq!(sql::past_deadline(&mut tx, 9_999, 500, two.submission_id, 9).await.unwrap(), [over(&four)]);
    assert_eq!(sql::begin_second(&mut tx, two.submission_id).await.unwrap(), 1);
    assert_eq!(sql::begin_second(&mut tx, two.submission_id).await.unwrap(), 0);
    let second = Row { step: 2, ..two.clone() };
    assert_eq!(sql::pending(&mut tx, nil, 9).await.unwrap(), [second]);
    assert_eq!(sql::insert_subject(&mut tx, Uuid::from_u128(9_000_001), 700).await.unwrap(), 1);
    let due = unticked_collector::retention::sql::lock(&mut tx, two.submission_id).await.unwrap().unwrap();
    assert_eq!(due.due_at, Some(NEVER));
    assert_eq!(sql::drop_body_digest(&mut tx, Uuid::from_u128(1)).await.unwrap(), 1);
    let kept = unticked_collector::submissions::sql::find(&mut tx, Uuid::from_u128(1)).await.unwrap().unwrap();
    assert!(kept.body_digest.is_empty());
    tx.rollback().await.unwrap();
}

pub async fn finds_people_and_those_who_share_what_they_entered(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let (two, subject) = (Uuid::from_u128(2), Uuid::from_u128(1_000_002));
    let of_subject = sql::of_subject(&mut tx, subject).await.unwrap();
    assert_eq!(of_subject, [sql::of_reference(&mut tx, "R-2").await.unwrap().unwrap()]);
    assert_eq!((of_subject[0].submission_id, of_subject[0].reference.as_str()), (two, "R-2"));
    assert_eq!(sql::of_reference(&mut tx, "none").await.unwrap(), None);
    let same = sql::of_same_address(&mut tx, two).await.unwrap();
    assert!(same.iter().any(|one| one.reference == "R-4"), "every second one has the same address");
    assert!(same.iter().all(|one| one.submission_id != two && one.reference != "R-3"));
    let facts = sql::open_facts(&mut tx, two).await.unwrap().unwrap();
    assert_eq!(
        (facts.form.as_str(), facts.language.as_str(), facts.contact_index),
        ("contact", "ar", Some(vec![9; 16]))
    );
    let values = sql::values(&mut tx, two).await.unwrap();
    let fields: Vec<_> = values.iter().map(|one| (one.field.as_str(), one.identifies.as_str())).collect();
    assert_eq!(fields, [("email", "direct"), ("postcode", "quasi"), ("topic", "no")]);

    let since = facts.received_at - facts.received_at.rem_euclid(86_400_000);
    let until = since + 86_400_000;
    let nil = Uuid::nil();
    assert!(sql::neighbours(&mut tx, "contact", "ar", since, until, nil, 5).await.unwrap().is_empty(), "suspects");
    for reference in ["R-2", "R-4", "R-5"] {
        unticked_collector::submissions::sql::accept_quarantined(&mut tx, reference).await.unwrap();
    }
    let near = async |tx: &mut unticked_collector::store::Transaction, past, limit| {
        let rows = sql::neighbours(tx, "contact", "ar", since, until, past, limit).await.unwrap();
        rows.iter().map(|row| (row.submission_id.as_u128(), row.field.clone())).collect::<Vec<_>>()
    };
    let topic = Some("topic".to_owned());
    let all = near(&mut tx, nil, 1_000).await;
    assert!(all.contains(&(2, topic.clone())) && all.contains(&(5, topic.clone())), "{all:?}");
    assert_eq!(near(&mut tx, nil, 1).await.len(), 1);
    assert!(!near(&mut tx, two, 1_000).await.contains(&(2, topic.clone())));
    sql::begin(&mut tx, &row(4, 1)).await.unwrap();
    assert!(!near(&mut tx, nil, 1_000).await.contains(&(4, topic)), "who is forgotten hides nobody");
    assert!(sql::neighbours(&mut tx, "contact", "en", since, until, nil, 5).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}

pub async fn suppresses_and_destroys(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    assert_eq!(sql::suppressed(&mut tx, &[1; 32]).await.unwrap(), None);
    assert_eq!(sql::suppress(&mut tx, &[1; 32], 7).await.unwrap(), 1);
    assert_eq!(sql::suppress(&mut tx, &[1; 32], 8).await.unwrap(), 0);
    assert_eq!(sql::suppressed(&mut tx, &[1; 32]).await.unwrap(), Some(7));

    let (two, subject) = (Uuid::from_u128(2), Uuid::from_u128(1_000_002));
    assert_eq!(evidence::sql::leaves_of(&mut tx, two, Uuid::from_u128(3)).await.unwrap(), []);
    let leaves = evidence::sql::leaves_of(&mut tx, two, subject).await.unwrap();
    assert!(!leaves.is_empty() && leaves.iter().all(Option::is_some));
    let rows = evidence::sql::rows_of_submission(&mut tx, two).await.unwrap();
    assert_eq!(evidence::sql::destroy_part_b(&mut tx, rows[0].record_id, &[4; 32]).await.unwrap(), 1);
    let after = evidence::sql::rows_of_submission(&mut tx, two).await.unwrap();
    assert_eq!((after[0].part_b.as_slice(), &after[0].commitment), (&[4; 32][..], &rows[0].commitment));

    mail::sql::note(&mut tx, mail::sql::Kind::Submission, &[two], 1).await.unwrap();
    assert_eq!(mail::sql::forget(&mut tx, mail::sql::Kind::Submission, two).await.unwrap(), 1);
    assert_eq!(mail::sql::forget(&mut tx, mail::sql::Kind::Submission, two).await.unwrap(), 0);

    let submission = Uuid::from_u128(81);
    let lead = NewEvent { submission, ..event(610, false, &["shelf", "drawer"]) };
    outbox::sql::insert(&mut tx, &[lead]).await.unwrap();
    assert_eq!(outbox::sql::withhold_all(&mut tx, submission, "over", 9_000).await.unwrap(), 2);
    assert_eq!(outbox::sql::withhold_all(&mut tx, submission, "over", 9_000).await.unwrap(), 0);
    tx.rollback().await.unwrap();
    // On PostgreSQL it cleans up; on SQLite there is nothing to do.
    store.vacuum().await.unwrap();
}
