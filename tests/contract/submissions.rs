use jiff::Timestamp;
use unticked_collector::{
    evidence::{self, EvidenceRow},
    outbox::{
        self,
        sql::{NewDelivery, NewEvent},
    },
    store::Store,
    submissions::{
        decide::State,
        record::{Record, SubmissionRow, ValueRow},
        sql::{self, Kept},
    },
    vault::WrappedKeys,
};
use unticked_shared::{event::EventKind, id::DestinationId};
use uuid::Uuid;

pub fn record(number: u128) -> Record {
    let (submission_id, subject_id) = (Uuid::from_u128(number), Uuid::from_u128(1_000_000 + number));
    let value = |field: &str, identifies| ValueRow { field: field.to_owned(), identifies, content: vec![7; 60] };
    Record {
        keys: WrappedKeys { subject_id, identity_key: None, evidence_key: None, created_at: 0 },
        submission: SubmissionRow {
            submission_id,
            subject_id,
            contact_index: number.is_multiple_of(2).then(|| vec![9; 16]),
            reference: format!("R-{number}"),
            form: "contact".to_owned(),
            version: "ab".repeat(32),
            language: "ar".to_owned(),
            method: "widget",
            state: State::Quarantined,
            body_digest: [3; 32],
            // Beyond 32 bits, as every time is.
            received_at: 1_795_435_200_000,
            due_at: (!number.is_multiple_of(3)).then(|| i64::try_from(number).unwrap() * 1_000),
        },
        values: vec![value("email", "direct"), value("postcode", "quasi"), value("topic", "no")],
        evidence: EvidenceRow {
            record_id: Uuid::from_u128(2_000_000 + number),
            submission_id,
            subject_id,
            part_a: b"{}".to_vec(),
            opening_a: vec![4; 32],
            part_b: vec![5; 200],
            commitment: vec![6; 32],
            leaf_index: None,
        },
        event: NewEvent {
            id: Uuid::from_u128(3_000_000 + number),
            submission: submission_id,
            subject: subject_id,
            kind: EventKind::LeadSubmitted,
            created_at: Timestamp::UNIX_EPOCH,
            held: false,
            deliveries: Vec::new(),
        },
    }
}

async fn keep(store: &Store, records: &[Record]) -> u64 {
    let records: Vec<&Record> = records.iter().collect();
    let mut tx = store.begin().await.unwrap();
    let inserted = sql::insert(&mut tx, &records).await.unwrap();
    if inserted == records.len() as u64 {
        let rows: Vec<&EvidenceRow> = records.iter().map(|record| &record.evidence).collect();
        evidence::sql::insert(&mut tx, &rows).await.unwrap();
        tx.commit().await.unwrap();
    } else {
        tx.rollback().await.unwrap();
    }
    inserted
}

pub async fn keeps_and_finds_submissions(store: &Store) {
    let many: Vec<Record> = (1..=299).map(record).collect();
    assert_eq!(keep(store, &many).await, 299);
    let mut connection = store.read().await.unwrap();
    let kept = sql::find(&mut connection, Uuid::from_u128(5)).await.unwrap().unwrap();
    let expected = Kept {
        subject_id: Uuid::from_u128(1_000_005),
        reference: "R-5".to_owned(),
        body_digest: vec![3; 32],
        received_at: 1_795_435_200_000,
        part_a: b"{}".to_vec(),
    };
    assert_eq!(kept, expected);
    assert_eq!(sql::find(&mut connection, Uuid::from_u128(12_345)).await.unwrap(), None);
    assert_eq!(sql::newest_record(&mut connection).await.unwrap(), Some(Uuid::from_u128(2_000_299)));
    assert!(sql::has_record(&mut connection, Uuid::from_u128(2_000_001)).await.unwrap());
    assert!(!sql::has_record(&mut connection, Uuid::from_u128(1)).await.unwrap());
    assert!(sql::has_reference(&mut connection, "R-5").await.unwrap());
    assert!(!sql::has_reference(&mut connection, "R-0000").await.unwrap());
    let (first, last) = (Uuid::from_u128(1_000_298), Uuid::from_u128(1_000_400));
    let subjects = sql::subjects_between(&mut connection, first, last).await.unwrap();
    assert_eq!(subjects, [1_000_298, 1_000_299].map(Uuid::from_u128));
}

pub async fn a_second_one_with_the_same_id_or_reference_is_counted_out(store: &Store) {
    let mut same_reference = record(401);
    "R-1".clone_into(&mut same_reference.submission.reference);
    assert_eq!(keep(store, &[record(400), record(1)]).await, 1);
    assert_eq!(keep(store, &[record(400), same_reference]).await, 1);
    assert_eq!(keep(store, &[record(400)]).await, 1, "what was rolled back is not there");
}

pub async fn finds_the_evidence_of_a_submission(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let first = record(1).evidence;
    let later = EvidenceRow { record_id: Uuid::from_u128(9_000_001), ..first.clone() };
    let leaf = evidence::sql::insert(&mut tx, &[&later]).await.unwrap().first();
    let kept = evidence::sql::of_submission(&mut tx, first.submission_id).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.record_id).collect::<Vec<_>>(), [first.record_id, later.record_id]);
    let rows = evidence::sql::rows_of_submission(&mut tx, first.submission_id).await.unwrap();
    assert_eq!((&rows[1].commitment, &rows[1].part_b), (&later.commitment, &later.part_b));
    assert_eq!((rows[0].leaf_index, rows[1].leaf_index), (Some(0), i64::try_from(leaf).ok()));
    tx.rollback().await.unwrap();
}

pub async fn lists_what_waits_and_lets_it_go(store: &Store) {
    let mut connection = store.read().await.unwrap();
    let waiting = sql::list_quarantined(&mut connection).await.unwrap();
    assert_eq!(waiting.len(), 300);
    assert_eq!((waiting[0].reference.as_str(), waiting[0].form.as_str()), ("R-1", "contact"));
    drop(connection);
    let mut tx = store.begin().await.unwrap();
    let event = NewEvent {
        deliveries: vec![NewDelivery {
            id: Uuid::from_u128(4_000_001),
            destination: DestinationId::parse("crm").unwrap(),
            body: vec![1],
            after: None,
        }],
        held: true,
        ..record(1).event
    };
    outbox::sql::insert(&mut tx, &[event]).await.unwrap();
    assert_eq!(sql::events_of(&mut tx, "R-1").await.unwrap(), [Uuid::from_u128(3_000_001)]);
    assert!(sql::events_of(&mut tx, "R-2").await.unwrap().is_empty());
    assert_eq!(sql::accept_quarantined(&mut tx, "R-1").await.unwrap(), 1);
    assert_eq!(sql::accept_quarantined(&mut tx, "R-1").await.unwrap(), 0);
    assert_eq!(sql::accept_quarantined(&mut tx, "R-0").await.unwrap(), 0);
    // The other rooms find the outbox as they expect it: empty.
    tx.rollback().await.unwrap();
}
