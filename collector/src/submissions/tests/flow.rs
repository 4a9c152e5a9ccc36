//! From the post to the rows, and back to the answer.

use unticked_shared::{
    decision::Decision,
    event::{Event, Told},
    evidence::{commitment, part_hash, salted_digest},
    submission::Accepted,
};
use uuid::Uuid;

use super::*;
use crate::{
    evidence::{self, EvidenceRow},
    outbox::unseal::body_cell,
    store::{Connection, StoreError, fetch_all},
    submissions::record::value_row,
    vault::{Cell, SubjectKeys},
};

async fn evidence(connection: &mut Connection) -> Result<Vec<EvidenceRow>, StoreError> {
    fetch_all!(
        connection,
        EvidenceRow,
        "select record_id, submission_id, subject_id, part_a, opening_a, part_b, commitment, leaf_index
         from evidence",
    )
    .await
}

async fn keys(house: &House, subject: Uuid) -> SubjectKeys {
    house.needs.vault.keys_of(&house.needs.store, subject).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_was_accepted_is_there_whole_and_the_answer_says_each_decision() {
    let house = House::new().await;
    let submitted = house.submissions.submit(house.visitor().ticks("newsletter").signed()).await.unwrap();
    assert_eq!(submitted.how, How::New);
    let accepted = submitted.accepted;
    assert_eq!(accepted.received_at, "2026-11-23T12:00:20Z");
    assert_eq!((accepted.reference.len(), accepted.reference.as_bytes()[4]), (9, b'-'));
    let decisions: Vec<_> = accepted.decisions.iter().map(|d| (d.name.as_str(), d.decision)).collect();
    assert_eq!(decisions, [("Newsletter", Decision::GrantedUnconfirmed), ("Calls", Decision::Refused)]);
    // The mailer serves the newsletter alone, whose confirmation is still out.
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
    assert_eq!(house.count("subject_key").await, 1);
}

#[tokio::test]
async fn the_evidence_opens_to_what_the_ledger_will_be_told() {
    let house = House::new().await;
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    let record = evidence(&mut house.needs.store.read().await.unwrap()).await.unwrap().pop().unwrap();
    let keys = keys(&house, record.subject_id).await;
    assert!(evidence::open(&record, &keys.identity.unwrap()).is_err(), "evidence outlives the identity");
    let opened = evidence::open(&record, &keys.evidence.unwrap()).unwrap();
    let part_b = opened.part;
    let part_a: PartA = serde_json::from_slice(&record.part_a).unwrap();
    assert_eq!(canonical::to_vec(&part_a).unwrap(), record.part_a);
    let opening_a = record.opening_a.as_slice().try_into().unwrap();
    let hashes = (part_hash(&opening_a, &part_a).unwrap(), part_hash(&opened.opening, &part_b).unwrap());
    assert_eq!(record.commitment, commitment(&hashes.0, &hashes.1));
    assert_eq!(part_b.contact_digest.unwrap(), salted_digest(&opened.contact_salt.unwrap(), b"ann@example.org"));
    let digested = r#"{"choices":{"calls":"refused","newsletter":"refused"},"values":{"email":"Ann@Example.org","message":"Is the mint tea back?","topic":"tea"}}"#;
    assert_eq!(part_b.values_digest.unwrap(), salted_digest(&opened.values_salt.unwrap(), digested.as_bytes()));
    assert_eq!(part_b.page.unwrap(), "https://shop.example/contact");
    assert_eq!(part_b.ticket_issued_at.unwrap(), "2026-11-23T12:00:00Z");
    assert_eq!(part_b.client, None);
}

#[derive(sqlx::FromRow)]
struct Value {
    submission_id: Uuid,
    field: String,
    identifies: String,
    content: Vec<u8>,
}

#[tokio::test]
async fn what_points_to_the_person_opens_with_their_key_and_the_rest_without_it() {
    let house = House::new().await;
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    let mut connection = house.needs.store.read().await.unwrap();
    let values: Vec<Value> = fetch_all!(
        &mut connection,
        Value,
        "select submission_id, field, identifies, content from value order by field"
    )
    .await
    .unwrap();
    let subject = evidence(&mut connection).await.unwrap()[0].subject_id;
    let identity = keys(&house, subject).await.identity.unwrap();
    let mut opened = Vec::new();
    for value in &values {
        let row = value_row(value.submission_id, &value.field);
        let cell = Cell { table: "value", row: &row, column: "content" };
        let plain = if value.identifies == "no" {
            assert!(identity.open(&cell, &value.content).is_err());
            house.needs.vault.ring().open_value(&cell, &value.content).unwrap()
        } else {
            identity.open(&cell, &value.content).unwrap()
        };
        opened.push((value.field.as_str(), String::from_utf8(plain.to_vec()).unwrap()));
    }
    let expected = [("email", "\"Ann@Example.org\""), ("message", "\"Is the mint tea back?\""), ("topic", "\"tea\"")];
    assert_eq!(opened, expected.map(|(field, text)| (field, text.to_owned())));
}

#[tokio::test]
async fn each_destination_finds_the_lead_as_far_as_it_may_hold_it() {
    let house = House::new().await;
    let visitor = house.visitor().enters("phone", "+353 1 234 5678").ticks("calls");
    let reference = house.submissions.submit(visitor.signed()).await.unwrap().accepted.reference;
    let mut connection = house.needs.store.read().await.unwrap();
    let subject = evidence(&mut connection).await.unwrap()[0].subject_id;
    let deliveries: Vec<(Uuid, String, Vec<u8>, String)> = fetch_all!(
        &mut connection,
        (Uuid, String, Vec<u8>, String),
        "select delivery_id, destination, body, state from delivery"
    )
    .await
    .unwrap();
    let (id, destination, body, state) = &deliveries[0];
    assert_eq!((deliveries.len(), destination.as_str(), state.as_str()), (1, "crm", "waiting"));
    let plain = keys(&house, subject).await.identity.unwrap().open(&body_cell(id), body).unwrap();
    let event: Event = serde_json::from_slice(&plain).unwrap();
    let Told::Lead(lead) = event.told else { panic!("it is a lead") };
    assert_eq!(lead.reference, reference);
    assert_eq!(lead.decisions.len(), 3);
    let fields: Vec<_> = lead.values.iter().map(|value| value.field.as_str()).collect();
    assert_eq!(fields, ["email", "phone", "topic", "message"]);
}

#[tokio::test]
async fn the_same_again_gets_the_first_result_whatever_its_age() {
    let house = House::new().await;
    let visitor = house.visitor().ticks("calls");
    let first = house.submissions.submit(visitor.signed()).await.unwrap();
    for seconds in [0, 60, 3 * 24 * 3600] {
        house.hour.pass(seconds);
        let again = house.submissions.submit(visitor.signed()).await.unwrap();
        assert_eq!(again.how, How::Repeated);
        assert_eq!(again.accepted, first.accepted, "after {seconds}");
    }
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
}

#[tokio::test]
async fn who_heard_no_answer_and_signs_again_days_later_makes_no_second_lead() {
    let house = House::new().await;
    let visitor = house.visitor();
    let first = house.submissions.submit(visitor.signed()).await.unwrap();
    house.hour.pass(3 * 24 * 3600);
    let later = Visitor { sent_at: house.hour.now().as_second(), ..visitor };
    assert_eq!(house.submissions.submit(later.signed()).await.unwrap().accepted, first.accepted);
    let never_heard = Visitor { sent_at: house.hour.now().as_second() + 3 * 24 * 3600, ..house.visitor() };
    house.hour.pass(3 * 24 * 3600);
    let refused = house.submissions.submit(never_heard.signed()).await.unwrap_err();
    assert_eq!(refused, Refused::Decided(Refusal::TicketExpired), "so that another ticket is fetched");
    assert_eq!(house.count("submission").await, 1);
}

#[tokio::test]
async fn another_body_under_an_accepted_id_is_refused_whatever_its_age() {
    let house = House::new().await;
    let visitor = house.visitor();
    house.submissions.submit(visitor.signed()).await.unwrap();
    for seconds in [0, 3 * 24 * 3600] {
        house.hour.pass(seconds);
        let other = visitor.clone().ticks("calls").signed();
        assert_eq!(house.submissions.submit(other).await, Err(Refused::AlreadySubmitted));
    }
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
}

#[tokio::test]
async fn a_refused_submission_claims_no_id_and_leaves_nothing() {
    let house = House::new().await;
    let visitor = house.visitor();
    let wrong = visitor.clone().enters("email", "ann");
    assert!(matches!(house.submissions.submit(wrong.signed()).await, Err(Refused::Decided(Refusal::Invalid(_)))));
    assert_eq!(house.counts().await, [0; 6]);
    assert_eq!(house.count("subject_key").await, 0);
    assert_eq!(house.submissions.submit(visitor.signed()).await.unwrap().how, How::New);
}

#[tokio::test]
async fn an_expired_ticket_that_was_never_used_is_refused() {
    let house = House::new().await;
    let visitor = house.visitor();
    house.hour.pass(24 * 3600);
    let refused = house.submissions.submit(visitor.signed()).await;
    assert_eq!(refused, Err(Refused::Decided(Refusal::TicketExpired)));
    assert_eq!(house.counts().await, [0; 6]);
}

#[tokio::test]
async fn a_ticket_of_our_own_making_is_the_only_one() {
    let house = House::new().await;
    for ticket in ["", "a.b", "é.é"] {
        let mut arrival = house.visitor().signed();
        arrival.submission.ticket = ticket.to_owned();
        let refused = house.submissions.submit(arrival).await;
        assert_eq!(refused, Err(Refused::Decided(Refusal::TicketInvalid)));
    }
}

#[tokio::test]
async fn a_quarantined_submission_is_kept_and_told_nothing_false() {
    let house = House::new().await;
    let mut visitor = house.visitor();
    visitor.submission.trap = "http://spam.example".to_owned();
    let submitted = house.submissions.submit(visitor.signed()).await.unwrap();
    assert_eq!(submitted.how, How::Quarantined);
    assert_eq!(submitted.accepted.decisions.len(), 2);
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
    let mut connection = house.needs.store.read().await.unwrap();
    let states: Vec<(String, String)> = fetch_all!(
        &mut connection,
        (String, String),
        "select submission.state, delivery.state from submission cross join delivery"
    )
    .await
    .unwrap();
    assert_eq!(states, [("quarantined".to_owned(), "held".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_are_all_kept_each_once() {
    let house = House::new().await;
    let visitors: Vec<_> = (0..600).map(|_| house.visitor()).collect();
    let tasks: Vec<_> = visitors
        .iter()
        .map(|visitor| {
            let (submissions, arrival) = (house.submissions.clone(), visitor.signed());
            tokio::spawn(async move { submissions.submit(arrival).await.unwrap() })
        })
        .collect();
    let mut references = std::collections::BTreeSet::new();
    for task in tasks {
        let submitted = task.await.unwrap();
        assert_eq!(submitted.how, How::New);
        references.insert(submitted.accepted.reference);
    }
    assert_eq!(references.len(), 600);
    assert_eq!(house.counts().await, [600, 600, 1800, 600, 600, 600]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_double_click_makes_one_lead_and_one_answer() {
    let house = House::new().await;
    let visitor = house.visitor();
    // Others around them, so that both come into one batch and into different ones.
    let mut tasks = Vec::new();
    for round in 0..60 {
        let submissions = house.submissions.clone();
        let arrival = if round % 3 == 0 { visitor.signed() } else { house.visitor().signed() };
        tasks.push((round % 3 == 0, tokio::spawn(async move { submissions.submit(arrival).await.unwrap() })));
    }
    let mut answers = Vec::new();
    for (same, task) in tasks {
        let submitted = task.await.unwrap();
        if same {
            answers.push(submitted);
        }
    }
    assert_eq!(answers.iter().filter(|submitted| submitted.how == How::New).count(), 1);
    // The receipts prove the same record; the later ones lead to a later head.
    let without_receipt = |submitted: &Submitted| Accepted { receipt: String::new(), ..submitted.accepted.clone() };
    assert!(answers.iter().all(|submitted| !submitted.accepted.receipt.is_empty()));
    assert!(answers.iter().all(|submitted| without_receipt(submitted) == without_receipt(&answers[0])));
    assert_eq!(house.counts().await[0], 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_bodies_under_one_id_only_one_is_accepted() {
    let house = House::new().await;
    let visitor = house.visitor();
    let tasks: Vec<_> = (0..20)
        .map(|round| {
            let submissions = house.submissions.clone();
            let arrival = visitor.clone().enters("message", &format!("Message {round}")).signed();
            tokio::spawn(async move { submissions.submit(arrival).await })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(refused) => assert_eq!(refused, Refused::AlreadySubmitted),
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_finishes_what_was_taken() {
    let house = House::new().await;
    let tasks: Vec<_> = (0..400)
        .map(|_| {
            let (submissions, arrival) = (house.submissions.clone(), house.visitor().signed());
            tokio::spawn(async move { submissions.submit(arrival).await })
        })
        .collect();
    tokio::task::yield_now().await;
    house.submissions.close().await;
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(refused) => assert_eq!(refused, Refused::Unavailable),
        }
    }
    assert_eq!(house.counts().await[0], accepted, "whoever was told so is there, and nobody else");
    assert_eq!(house.submissions.submit(house.visitor().signed()).await, Err(Refused::Unavailable));
}
