//! Time passes, and what was promised becomes true in the tables and the files.

use unticked_shared::{
    event::{Event, Told},
    evidence::{Ended, Ground, Method, PurposeDecision},
    submission::Accepted,
};

use super::*;
use crate::{
    outbox::{
        unseal::{Unseal, body_cell},
        worker::{Opener as _, Unopened},
    },
    retention::{destroy_unused, due, sql::NEVER},
    store::{execute, values::millis},
    submissions::quarantine,
};

/// Everything sealed that stands in the tables now, by where it stands.
async fn sealed(house: &House) -> Vec<Vec<u8>> {
    let mut connection = house.needs.store.read().await.unwrap();
    let mut all = Vec::new();
    let values: Vec<(Vec<u8>,)> =
        fetch_all!(&mut connection, (Vec<u8>,), "select content from value order by field").await.unwrap();
    all.extend(values);
    let bodies: Vec<(Vec<u8>,)> =
        fetch_all!(&mut connection, (Vec<u8>,), "select body from delivery where body is not null").await.unwrap();
    all.extend(bodies);
    let index: Vec<(Vec<u8>,)> =
        fetch_all!(&mut connection, (Vec<u8>,), "select contact_index from subject where contact_index is not null")
            .await
            .unwrap();
    all.extend(index);
    let mut keys = house.needs.store.keys().read().await.unwrap();
    let keys: Vec<(Vec<u8>,)> =
        fetch_all!(&mut keys, (Vec<u8>,), "select identity_key from subject_key where identity_key is not null")
            .await
            .unwrap();
    all.extend(keys);
    all.into_iter().map(|(bytes,)| bytes).collect()
}

/// How many files of the house hold these bytes (of a long one its middle, which no page boundary need cut).
fn files_with(house: &House, bytes: &[u8]) -> usize {
    let middle = &bytes[bytes.len() / 3..bytes.len() / 3 + 12.min(bytes.len() / 2)];
    let files = std::fs::read_dir(house.dir.path()).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.filter(|file| file.windows(middle.len()).any(|window| window == middle)).count()
}

async fn lead(house: &House) -> Option<Vec<String>> {
    let kept = kept(house).await;
    let identity = house.needs.vault.keys_of(&house.needs.store, kept.subject_id).await.unwrap()?.identity?;
    let mut connection = house.needs.store.read().await.unwrap();
    let body: Option<(Uuid, Vec<u8>)> = fetch_optional!(
        &mut connection,
        (Uuid, Vec<u8>),
        "select delivery_id, body from delivery where body is not null"
    )
    .await
    .unwrap();
    let (delivery, body) = body?;
    let event: Event = serde_json::from_slice(&identity.open(&body_cell(&delivery), &body).unwrap()).unwrap();
    let Told::Lead(lead) = event.told else { panic!("it is a lead") };
    Some(lead.values.iter().map(|value| value.field.to_string()).collect())
}

async fn states(house: &House) -> Vec<String> {
    let mut connection = house.needs.store.read().await.unwrap();
    let rows: Vec<(String,)> = fetch_all!(&mut connection, (String,), "select state from delivery").await.unwrap();
    rows.into_iter().map(|(state,)| state).collect()
}

#[tokio::test]
async fn two_years_pass_and_nothing_of_ann_is_left_but_the_evidence() {
    let house = House::new().await;
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    assert_eq!(kept(&house).await.due_at, Some(millis("2027-11-23T12:00:20Z".parse().unwrap())));
    assert_eq!(enforce(&house).await, Done::default(), "nothing is due");
    assert_eq!(lead(&house).await.unwrap(), ["email", "phone", "topic", "message"]);
    let before = sealed(&house).await;
    assert_eq!(before.len(), 7, "four values, the body for the CRM, the blind index, the key");
    assert!(before.iter().all(|bytes| files_with(&house, bytes) > 0), "the canaries are where they are looked for");

    house.hour.pass(YEAR - 1);
    assert_eq!(enforce(&house).await, Done::default());
    house.hour.pass(1);
    let done = enforce(&house).await;
    assert_eq!(done, Done { ended: 1, destroyed: 3, forgotten: 0, failed: 0 });
    assert_eq!(fields(&house).await, ["phone"]);
    assert_eq!(lead(&house).await.unwrap(), ["phone"], "what waits holds no more than may be used");
    assert!(identity_is_there(&house).await && kept(&house).await.contact_index.is_none());
    let two = records(&house).await;
    assert_eq!((two.len(), two[1].method), (2, Method::Rule));
    let erased = erasure(&two[1]);
    assert_eq!((erased.ground, erased.rules[0].ran_out.as_str()), (Ground::Retention, "2027-11-23"));
    assert_eq!((erased.destroyed.len(), erased.identity), (3, false));
    assert_eq!(standing(&house).await[0].ended, Some(Ended::Retention));
    assert_eq!(enforce(&house).await, Done::default(), "once is enough");

    house.hour.pass(YEAR + DAY);
    let done = enforce(&house).await;
    assert_eq!(done, Done { ended: 1, destroyed: 1, forgotten: 1, failed: 0 });
    assert!(fields(&house).await.is_empty() && !identity_is_there(&house).await);
    assert_eq!(states(&house).await, ["withheld"], "nobody is told anything any more");
    assert_eq!(kept(&house).await.due_at, Some(NEVER));
    let all = records(&house).await;
    assert!(erasure(&all[2]).identity);
    assert!(standing(&house).await.iter().all(|one| !one.may_be_kept()));
    for (at, bytes) in before.iter().enumerate() {
        assert_eq!(files_with(&house, bytes), 0, "sealed bytes {at} are still in a file");
    }
    house.hour.pass(10 * YEAR);
    assert_eq!(enforce(&house).await, Done::default());
    assert_eq!(records(&house).await.len(), 3);
}

#[tokio::test]
async fn who_repeats_a_submission_after_everything_has_ended_gets_the_first_answer() {
    let house = House::new().await;
    let visitor = ann(&house);
    let first = house.submissions.submit(visitor.signed()).await.unwrap();
    house.hour.pass(3 * YEAR);
    enforce(&house).await;
    let again = house.submissions.submit(visitor.signed()).await.unwrap().accepted;
    assert_eq!(again.receipt, "", "a receipt would say under which pseudonym a forgotten person was kept");
    assert_eq!(again, Accepted { receipt: String::new(), ..first.accepted });
    assert!(fields(&house).await.is_empty());
}

#[tokio::test]
async fn a_database_from_before_there_were_rules_is_looked_through() {
    let house = House::new().await;
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    let due = kept(&house).await.due_at;
    let mut tx = house.needs.store.begin().await.unwrap();
    execute!(&mut tx, "update submission set due_at = null").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(enforce(&house).await, Done::default());
    assert_eq!(states(&house).await, ["waiting"], "what waits goes on waiting");
    assert_eq!(lead(&house).await.unwrap().len(), 4, "with everything in it");
    assert_eq!(kept(&house).await.due_at, due, "what is computed when it comes, and when it is looked at, is the same");
}

#[tokio::test]
async fn a_suspect_that_nobody_lets_go_is_destroyed_after_its_time() {
    let house = House::new().await;
    let mut trapped = ann(&house);
    trapped.submission.trap = "x".to_owned();
    house.submissions.submit(trapped.signed()).await.unwrap();
    assert_eq!(kept(&house).await.due_at, None);
    enforce(&house).await;
    assert_eq!(quarantine::list(&house.needs.store).await.unwrap().len(), 1);
    house.hour.pass(30 * DAY);
    let done = enforce(&house).await;
    assert_eq!(done, Done { ended: 2, destroyed: 4, forgotten: 1, failed: 0 });
    assert_eq!(states(&house).await, ["withheld"]);
    let records = records(&house).await;
    assert_eq!(erasure(&records[1]).ground, Ground::Unreleased);
    assert!(records[1].purposes.iter().all(|one| one.ended == Some(Ended::Unreleased)));
    assert_eq!(quarantine::list(&house.needs.store).await.unwrap(), []);
}

#[tokio::test]
async fn a_suspect_that_was_let_go_is_kept_as_long_as_anybody() {
    let house = House::new().await;
    let mut trapped = ann(&house);
    trapped.submission.trap = "x".to_owned();
    let reference = house.submissions.submit(trapped.signed()).await.unwrap().accepted.reference;
    enforce(&house).await;
    house.hour.pass(29 * DAY);
    assert!(quarantine::release(&house.needs.store, &reference, house.hour.now()).await.unwrap());
    house.hour.pass(5 * DAY);
    assert_eq!(enforce(&house).await, Done::default());
    assert_eq!(states(&house).await, ["waiting"]);
    assert_eq!(fields(&house).await.len(), 4);
    assert_eq!(kept(&house).await.due_at, Some(millis("2027-11-23T12:00:20Z".parse().unwrap())));
}

/// What a withdrawal does, as the room for it does it.
async fn withdraw(house: &House, purposes: &[&str]) -> usize {
    let kept = kept(house).await;
    let keys = house.needs.vault.keys_of(&house.needs.store, kept.subject_id).await.unwrap().unwrap();
    let mut tx = house.needs.store.begin().await.unwrap();
    let row = crate::retention::sql::lock(&mut tx, kept.submission_id).await.unwrap().unwrap();
    let loaded = crate::retention::load(&mut tx, row, None).await.unwrap();
    let taken_back = loaded.case.standing.iter().filter(|one| purposes.contains(&one.purpose.as_str()));
    let decisions = taken_back.map(|one| PurposeDecision {
        id: one.purpose.clone(),
        statement: one.statement.clone(),
        legal_basis: one.legal_basis,
        decision: Some(Decision::Withdrawn),
        ended: None,
    });
    let mut part_a = loaded.first().1.clone();
    part_a.purposes = decisions.collect();
    let row = evidence::EvidenceRow {
        record_id: house.needs.vault.random().uuid(house.hour.now()),
        submission_id: kept.submission_id,
        subject_id: kept.subject_id,
        part_a: unticked_shared::canonical::to_vec(&part_a).unwrap(),
        opening_a: vec![0; 32],
        part_b: vec![0; 60],
        commitment: vec![0; 32],
        leaf_index: None,
    };
    evidence::sql::insert(&mut tx, &[&row]).await.unwrap();
    let now = house.hour.now();
    let version = house.version();
    let gone =
        destroy_unused(&mut tx, kept.submission_id, &version, &house.needs.vault, &house.needs.ledger, &keys, now)
            .await
            .unwrap();
    tx.commit().await.unwrap();
    gone
}

#[tokio::test]
async fn a_withdrawal_destroys_what_nothing_else_uses_at_once_and_leaves_the_rest() {
    let house = House::new().await;
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    let before = sealed(&house).await;
    house.hour.pass(60);
    assert_eq!(withdraw(&house, &["calls"]).await, 1);
    assert_eq!(fields(&house).await, ["email", "message", "topic"]);
    assert_eq!(lead(&house).await.unwrap(), ["email", "topic", "message"]);
    let erased = records(&house).await;
    assert_eq!((erasure(&erased[2]).ground, erased[2].purposes.len()), (Ground::Withdrawal, 0));
    enforce(&house).await;
    let phone = &before[2];
    assert_eq!(files_with(&house, phone), 0, "the number");
    assert_eq!(kept(&house).await.due_at, Some(millis("2027-11-23T12:00:20Z".parse().unwrap())));
    house.hour.pass(YEAR);
    assert_eq!(enforce(&house).await.forgotten, 1);
}

#[tokio::test]
async fn whoever_takes_everything_back_is_forgotten_at_the_next_run() {
    let house = House::new().await;
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    house.hour.pass(60);
    assert_eq!(withdraw(&house, &["calls", "enquiry"]).await, 4);
    assert!(identity_is_there(&house).await, "the key goes after the commit");
    assert_eq!(enforce(&house).await, Done { forgotten: 1, ..Done::default() });
    assert!(!identity_is_there(&house).await);
    assert_eq!(states(&house).await, ["withheld"]);
    let records = records(&house).await;
    assert_eq!(records.len(), 3, "one of the submission, one of the withdrawal, one of what it destroyed");
    assert!(erasure(&records[2]).identity);
}

#[tokio::test]
async fn an_attempt_under_way_is_not_cut_off_and_the_key_waits_for_its_end() {
    let house = House::new().await;
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    house.hour.pass(3 * YEAR);
    let now = millis(house.hour.now());
    let mut tx = house.needs.store.begin().await.unwrap();
    let lease = Uuid::from_u128(7);
    crate::outbox::sql::claim(&mut tx, "crm", now, 8, lease, now + 60_000).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(enforce(&house).await.forgotten, 0);
    assert!(fields(&house).await.is_empty() && identity_is_there(&house).await);
    assert_eq!(states(&house).await, ["waiting"]);
    house.hour.pass(6 * 60);
    assert_eq!(enforce(&house).await, Done { forgotten: 1, ..Done::default() });
    assert_eq!((states(&house).await, identity_is_there(&house).await), (vec!["withheld".to_owned()], false));
    let records = records(&house).await;
    assert!(!erasure(&records[1]).identity && erasure(&records[2]).identity);
}

#[tokio::test]
async fn a_dry_run_says_what_a_run_does_and_changes_nothing() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let tools = tools(&house);
    let mut falls = Vec::new();
    let until = "2029-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(due::falls_due(&tools, until, |one| falls.push(one)).await.unwrap(), 0);
    let said: Vec<_> = falls
        .iter()
        .map(|one| (one.at.as_str(), one.purposes[0].purpose.as_str(), one.destroys.len(), one.forgets))
        .collect();
    assert_eq!(said, [("2027-11-23T12:00:20Z", "enquiry", 3, false), ("2028-11-23T12:00:20Z", "calls", 1, true)]);
    assert!(falls.iter().all(|one| one.reference == reference && one.form.as_str() == "contact"));
    assert_eq!(fields(&house).await.len(), 4);
    assert_eq!(due::overdue(&house.needs.store, house.hour.now()).await.unwrap().submissions, 0);
    house.hour.pass(YEAR + 2 * DAY);
    let overdue = due::overdue(&house.needs.store, house.hour.now()).await.unwrap();
    assert_eq!((overdue.submissions, overdue.since), (1, Some("2027-11-23T12:00:20Z".parse().unwrap())));
    enforce(&house).await;
    assert_eq!(due::overdue(&house.needs.store, house.hour.now()).await.unwrap().submissions, 0);
}

#[tokio::test]
async fn what_is_over_is_not_sent_in_between_even_before_anybody_has_carried_it_out() {
    let house = House::new().await;
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    let needs = &house.needs;
    let opener = Unseal { store: needs.store.clone(), vault: needs.vault.clone(), clock: house.hour.clock() };
    let mut tx = needs.store.begin().await.unwrap();
    let now = millis(house.hour.now());
    let claimed = crate::outbox::sql::claim(&mut tx, "crm", now, 8, Uuid::from_u128(7), now + 1).await.unwrap();
    tx.commit().await.unwrap();
    let served = [purpose("enquiry"), purpose("calls")];
    house.hour.pass(YEAR - 1);
    assert!(opener.open(&claimed[0], &served).await.is_ok());
    house.hour.pass(1);
    assert_eq!(opener.open(&claimed[0], &served).await, Err(Unopened::Due));
    enforce(&house).await;
    assert!(opener.open(&claimed[0], &served).await.is_ok(), "cut down to what still stands");
    house.hour.pass(YEAR + DAY);
    assert_eq!(opener.open(&claimed[0], &served).await, Err(Unopened::Due));
    enforce(&house).await;
    assert_eq!(opener.open(&claimed[0], &served).await, Err(Unopened::Forgotten));
}
