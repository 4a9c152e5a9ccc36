//! From the request to the last trace.

use std::time::Duration;

use unticked_shared::{
    decision::Decision,
    event::{Event, Told},
    evidence::{Ended, Ground, Happened, Method},
};
use uuid::Uuid;

use super::*;
use crate::{
    erasure::{ErasureError, entry, look, run, run::Done, suppressed_since},
    evidence::{self, EvidenceRow, open},
    leads::Leads,
    outbox::unseal::body_cell,
    preferences::{self, Preferences},
    retention::{Retention, tests::enforce},
    store::{execute, fetch_all},
    submissions::How,
    vault::EmailAddress,
};

async fn records(house: &House, submission: Uuid) -> Vec<EvidenceRow> {
    evidence::sql::rows_of_submission(&mut house.needs.store.read().await.unwrap(), submission).await.unwrap()
}

async fn fields(house: &House) -> Vec<String> {
    crate::retention::tests::fields(house).await
}

fn erasure_of(row: &EvidenceRow) -> unticked_shared::evidence::Erasure {
    let part: unticked_shared::evidence::PartA = serde_json::from_slice(&row.part_a).unwrap();
    match part.happened {
        Some(Happened::Erasure(erasure)) => erasure,
        other => panic!("no erasure but {other:?}"),
    }
}

/// The CRM has begun to receive everything that waits.
async fn an_attempt_begins(house: &House) -> Vec<crate::outbox::sql::Claimed> {
    let now = house.hour.now().as_millisecond();
    let mut tx = house.needs.store.begin().await.unwrap();
    let claimed = crate::outbox::sql::claim(&mut tx, "crm", now, 8, Uuid::from_u128(7), now + 60_000).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn deliveries(house: &House) -> Vec<(String, String, Option<Vec<u8>>)> {
    let mut connection = house.needs.store.read().await.unwrap();
    fetch_all!(
        &mut connection,
        (String, String, Option<Vec<u8>>),
        "select kind, state, body from delivery join event on event.event_id = delivery.event_id order by delivery_id"
    )
    .await
    .unwrap()
}

fn step_two() -> i64 {
    1096 * DAY
}

#[tokio::test]
async fn ann_asks_and_nothing_that_identifies_her_is_left() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    let before = look(&tools(&house), &one, Ground::ConsentWithdrawn).await.unwrap();
    assert_eq!(fields(&house).await.len(), 4, "to look changes nothing");
    assert!(before.known.is_none() && before.obligations.is_empty() && before.receivers.is_empty());

    let report = erase(&house, &reference).await;
    assert!(!report.before && report.unfinished.is_none(), "{:?}", report.unfinished);
    assert_eq!((report.told.len(), report.suppressed), (0, 1));
    assert_eq!(report.look.erasure.destroyed, before.erasure.destroyed, "what was said is what was done");
    assert!(fields(&house).await.is_empty(), "nobody shares what she entered");
    assert_eq!(deliveries(&house).await, [("lead.submitted".to_owned(), "withheld".to_owned(), None)]);
    let keys = house.needs.vault.keys_of(&house.needs.store, one.subject_id).await.unwrap().unwrap();
    assert!(keys.identity.is_none());
    let rows = records(&house, one.submission_id).await;
    assert_eq!(rows.len(), 2);
    let erasure = erasure_of(&rows[1]);
    assert_eq!((erasure.ground, erasure.identity, erasure.leaves.len()), (Ground::ConsentWithdrawn, true, 0));
    assert!(erasure.singled_out.is_some());
    let part_b = open(&rows[1], keys.evidence.as_ref().unwrap()).unwrap().part;
    let request = part_b.request.unwrap();
    assert_eq!((request.requested_by.as_deref(), request.approved_by.as_str()), (Some("Zarathustra"), "Dana Officer"));
    for text in ["Dana Officer", "Zarathustra"] {
        assert_eq!(files_with(&house, text.as_bytes()), 0, "names lie sealed");
    }
    let standing =
        evidence::standing_of(&mut house.needs.store.read().await.unwrap(), one.submission_id).await.unwrap();
    assert!(standing.iter().all(|one| !one.may_be_kept()));
    let calls = standing.iter().find(|one| one.purpose.as_str() == "calls").unwrap();
    assert_eq!((calls.decision, calls.ended), (Some(Decision::Withdrawn), Some(Ended::Erasure)));

    let again = erase(&house, &reference).await;
    assert!(again.before && again.unfinished.is_none());
    assert_eq!(records(&house, one.submission_id).await.len(), 2, "to ask twice makes one record");
}

#[tokio::test]
async fn rooms_that_show_people_show_nothing_of_one_who_was_forgotten() {
    let house = House::new().await;
    let accepted = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted;
    erase(&house, &accepted.reference).await;
    let lead = Leads::find(&house.needs.store, &accepted.reference).await.unwrap().unwrap();
    assert!(lead.forgotten);
    let preferences = Preferences::new(preferences::Needs {
        store: house.needs.store.clone(),
        forms: house.needs.forms.clone(),
        vault: house.needs.vault.clone(),
        ledger: house.needs.ledger.clone(),
        outbox: house.needs.outbox.clone(),
        retention: Retention::default(),
        links: house.needs.links.clone(),
        clock: house.hour.clock(),
    });
    let token = accepted.preferences.rsplit('#').next().unwrap().to_owned();
    assert_eq!(preferences.look(&token).await.unwrap_err(), preferences::Refused::Gone);
    assert_eq!(enforce(&house).await, crate::retention::Done::default(), "no rule looks at it again");
    house.hour.pass(4 * 366 * DAY);
    assert_eq!(enforce(&house).await, crate::retention::Done::default());
}

#[tokio::test]
async fn whoever_has_the_lead_is_told_after_it_and_hears_no_personal_data() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let flying = an_attempt_begins(&house).await;
    house.hour.pass(5);
    let one = found(&house, &reference).await;
    let report = erase(&house, &reference).await;
    assert_eq!(report.told, ["crm"]);
    let waiting = deliveries(&house).await;
    let states: Vec<_> = waiting.iter().map(|(kind, state, _)| (kind.as_str(), state.as_str())).collect();
    assert_eq!(states, [("lead.submitted", "waiting"), ("person.erased", "behind")]);
    assert_eq!(waiting[0].2.as_deref(), Some(&[][..]), "the attempt has its own copy; nothing lies here");
    assert_eq!(files_with(&house, &flying[0].body), 0);

    let mut tx = house.needs.store.begin().await.unwrap();
    let now = house.hour.now().as_millisecond();
    crate::outbox::sql::delivered(&mut tx, flying[0].delivery_id, 204, now).await.unwrap();
    crate::outbox::sql::let_follow(&mut tx, flying[0].delivery_id, now).await.unwrap();
    tx.commit().await.unwrap();
    let told = an_attempt_begins(&house).await.pop().unwrap();
    assert_eq!(told.kind, "person.erased");
    let keys = house.needs.vault.keys_of(&house.needs.store, one.subject_id).await.unwrap().unwrap();
    let body = keys.evidence.unwrap().open(&body_cell(&told.delivery_id), &told.body).unwrap();
    let event: Event = serde_json::from_slice(&body).unwrap();
    let Told::Erased(erased) = event.told else { panic!("it says that she is forgotten") };
    assert_eq!((erased.reference.as_str(), erased.subject), (reference.as_str(), one.subject_id.to_string()));
    for value in ["example.org", "353", "mint"] {
        assert!(!String::from_utf8_lossy(&body).contains(value));
    }
}

#[tokio::test]
async fn the_same_ticket_gets_its_first_answer_and_brings_nobody_back() {
    let house = House::new().await;
    let visitor = ann(&house);
    let first = house.submissions.submit(visitor.signed()).await.unwrap();
    erase(&house, &first.accepted.reference).await;
    let again = house.submissions.submit(visitor.signed()).await.unwrap();
    assert_eq!((again.how, &again.accepted.reference), (How::Repeated, &first.accepted.reference));
    let guessed = visitor.clone().enters("phone", "+353 1 765 4321");
    assert_eq!(
        house.submissions.submit(guessed.signed()).await.unwrap().accepted,
        again.accepted,
        "nobody learns which of two bodies was sent"
    );
    assert!(fields(&house).await.is_empty());
    assert_eq!(house.count("submission").await, 1);
}

#[tokio::test]
async fn what_enough_others_share_stays_and_identifies_nobody() {
    let house = House::new().await;
    let send = async |address: &str, topic: &str| {
        let visitor = house.visitor().enters("email", address).enters("topic", topic);
        house.submissions.submit(visitor.signed()).await.unwrap().accepted.reference
    };
    let topic = |fields: &[unticked_shared::id::FieldId]| fields.iter().any(|field| field.as_str() == "topic");
    let kinds = {
        send("zoe@example.org", "tea").await;
        let mut connection = house.needs.store.read().await.unwrap();
        let kinds: Vec<(String, String)> =
            fetch_all!(&mut connection, (String, String), "select field, identifies from value").await.unwrap();
        kinds
    };
    assert!(kinds.contains(&("topic".to_owned(), "no".to_owned())), "the shop's topic identifies nobody: {kinds:?}");
    for one in 0..3 {
        send(&format!("person{one}@example.org"), "tea").await;
        // The same person twice counts once.
        send("zoe@example.org", "tea").await;
    }
    let ann = send("ann@example.org", "tea").await;
    let report = erase(&house, &ann).await;
    assert!(topic(&report.look.stays), "five with her: {:?}", report.look);
    let ben = send("ben@example.org", "other").await;
    let report = erase(&house, &ben).await;
    assert!(!topic(&report.look.stays) && topic(&report.look.erasure.singled_out.unwrap().dropped));
    // She no longer counts among those who are there.
    let report = erase(&house, &send("cem@example.org", "tea").await).await;
    assert!(topic(&report.look.stays), "four are there, and he");
    house.hour.pass(DAY);
    let report = erase(&house, &send("dan@example.org", "tea").await).await;
    assert!(!topic(&report.look.stays), "alone on that day");
}

#[tokio::test]
async fn an_address_that_was_forgotten_is_known_by_its_hash_alone_and_its_owner_may_write_again() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let vault = &house.needs.vault;
    let (ann_address, other) = ("ANN@example.org", "ben@example.org");
    let since = async |text: &str| {
        let address = EmailAddress::parse(text).unwrap();
        suppressed_since(&house.needs.store, vault, &address).await.unwrap()
    };
    assert_eq!(since(ann_address).await, None);
    erase(&house, &reference).await;
    assert_eq!(since(ann_address).await, Some("2026-11-23T00:00:00Z".parse().unwrap()));
    assert_eq!(since(other).await, None);
    let address = EmailAddress::parse(ann_address).unwrap();
    assert_ne!(entry(vault, &address)[..16], vault.contact_index(&address), "a key of its own");
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    assert_eq!(fields(&house).await.len(), 4, "her own form is a new decision");
}

#[tokio::test]
async fn others_with_the_same_address_are_named_before_it_is_gone() {
    let house = House::new().await;
    let one = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let two = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let report = erase(&house, &one).await;
    let same: Vec<_> = report.look.same_address.iter().map(|one| one.reference.as_str()).collect();
    assert_eq!(same, [two.as_str()]);
    assert_eq!(fields(&house).await.len(), 4, "which nobody asked to forget");
}

#[tokio::test]
async fn what_a_law_obliges_to_keep_is_not_erased_by_the_way() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    let mut tx = house.needs.store.begin().await.unwrap();
    let row = records(&house, one.submission_id).await.remove(0);
    let text = String::from_utf8(row.part_a).unwrap().replace("\"contract\"", "\"legal-obligation\"");
    assert!(text.contains("legal-obligation"), "{text}");
    execute!(&mut tx, "update evidence set part_a = $1", text.as_bytes()).await.unwrap();
    tx.commit().await.unwrap();
    let order = order(Ground::ConsentWithdrawn);
    let refused = forget(&tools(&house), &one, &order, house.hour.now(), Duration::ZERO).await.unwrap_err();
    assert!(matches!(&refused, ErasureError::Obliged(purpose) if purpose == "enquiry"), "{refused}");
    assert_eq!(fields(&house).await.len(), 4);
    let order = Order { despite_obligation: true, ..order };
    forget(&tools(&house), &one, &order, house.hour.now(), Duration::ZERO).await.unwrap();
    assert!(fields(&house).await.is_empty());
}

#[tokio::test]
async fn after_its_deadline_nobody_opens_the_evidence_and_a_record_names_its_leaves() {
    let house = House::new().await;
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    erase(&house, &reference).await;
    let before = records(&house, one.submission_id).await;
    let tools = tools(&house);
    house.hour.pass(step_two() - 1);
    assert_eq!(run(&tools, house.hour.now(), Duration::ZERO).await.unwrap(), Done::default());
    house.hour.pass(1);
    let done = run(&tools, house.hour.now(), Duration::ZERO).await.unwrap();
    assert_eq!(done, Done { evidence_ended: 1, finished: 1, failed: 0 });
    let after = records(&house, one.submission_id).await;
    assert_eq!(after.len(), 3);
    for (was, is) in before.iter().zip(&after) {
        assert_eq!(is.part_b.len(), 32, "its hash, so that part A can be proved");
        let opening_a = is.opening_a.as_slice().try_into().unwrap();
        let part_a: serde_json::Value = serde_json::from_slice(&is.part_a).unwrap();
        let hash_a = unticked_shared::evidence::part_hash(&opening_a, &part_a).unwrap();
        let hash_b = is.part_b.as_slice().try_into().unwrap();
        assert_eq!(is.commitment, unticked_shared::evidence::commitment(&hash_a, &hash_b));
        assert_eq!((&was.part_a, &was.opening_a, &was.commitment), (&is.part_a, &is.opening_a, &is.commitment));
        assert_eq!(files_with(&house, &was.part_b), 0, "the ciphertext is overwritten");
    }
    assert!(house.needs.vault.keys_of(&house.needs.store, one.subject_id).await.unwrap().is_none());
    let closing = erasure_of(&after[2]);
    let leaves: Vec<u64> = before.iter().map(|row| u64::try_from(row.leaf_index.unwrap()).unwrap()).collect();
    assert_eq!(closing.leaves, leaves);
    assert!(!closing.leaves.contains(&u64::try_from(after[2].leaf_index.unwrap()).unwrap()));
    assert_eq!((closing.ground, closing.deadline.unwrap().ran_out.as_str()), (Ground::ConsentWithdrawn, "2029-11-23"));
    let keys = house.needs.vault.keys_of(&house.needs.store, after[2].subject_id).await.unwrap().unwrap();
    assert!(keys.identity.is_none());
    let part_b = open(&after[2], &keys.evidence.unwrap()).unwrap().part;
    let request = part_b.request.unwrap();
    assert_eq!((request.requested_by, request.approved_by.as_str()), (None, "Dana Officer"));
    assert_ne!(part_b.subject, one.subject_id.to_string());
    // The sweep takes the closing key for nobody's only if it has no subject.
    house.hour.pass(2 * 3600);
    crate::submissions::sweep::sweep(&house.needs.store, house.hour.now()).await.unwrap();
    assert!(house.needs.vault.keys_of(&house.needs.store, after[2].subject_id).await.unwrap().is_some());
    house.hour.pass(step_two());
    assert_eq!(run(&tools, house.hour.now(), Duration::ZERO).await.unwrap(), Done::default(), "once");
}

#[tokio::test]
async fn whose_identity_ended_by_a_rule_has_the_same_deadline() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    house.hour.pass(2 * 366 * DAY);
    assert_eq!(enforce(&house).await.forgotten, 1);
    let tools = tools(&house);
    let done = run(&tools, house.hour.now(), Duration::ZERO).await.unwrap();
    assert_eq!(done, Done { evidence_ended: 0, finished: 1, failed: 0 });
    assert!(!tools.forgetting.journal.exists(), "rules are carried out again by themselves");
    assert!(erase(&house, &reference).await.before, "there is nothing more to forget");
    house.hour.pass(step_two());
    assert_eq!(run(&tools, house.hour.now(), Duration::ZERO).await.unwrap().evidence_ended, 1);
    let closing = records(&house, one.submission_id).await.pop().unwrap();
    let part: unticked_shared::evidence::PartA = serde_json::from_slice(&closing.part_a).unwrap();
    assert_eq!((erasure_of(&closing).ground, part.method), (Ground::Retention, Method::Rule));
}
