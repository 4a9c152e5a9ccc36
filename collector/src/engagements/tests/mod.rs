//! What a CRM says of Ann, who asked to be called: calls last two years from the last engagement.

mod reporting;

use jiff::{SignedDuration, Timestamp};
use unticked_shared::{
    evidence::{Happened, Method},
    id::{DestinationId, PurposeId},
};
use uuid::Uuid;

use super::{
    Outcome, Report, Tools,
    decide::{PushResult, Pushed},
    push::{Engaged, Person},
    report,
};
use crate::{
    retention::tests::{DAY, YEAR, ann, enforce, fields, kept, records},
    store::values::millis,
    submissions::tests::House,
};

fn tools(house: &House) -> Tools {
    let needs = &house.needs;
    Tools {
        store: needs.store.clone(),
        forms: needs.forms.clone(),
        vault: needs.vault.clone(),
        ledger: needs.ledger.clone(),
    }
}

/// A house in which the CRM has Ann's lead, and her reference.
async fn told() -> (House, String) {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    deliver(&house, "crm").await;
    (house, reference)
}

async fn deliver(house: &House, destination: &str) {
    let now = millis(house.hour.now());
    let mut tx = house.needs.store.begin().await.unwrap();
    let claimed =
        crate::outbox::sql::claim(&mut tx, destination, now, 8, Uuid::from_u128(7), now + 60_000).await.unwrap();
    for one in claimed {
        crate::outbox::sql::delivered(&mut tx, one.delivery_id, 204, now).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn served(destination: &str) -> Vec<PurposeId> {
    let purposes: &[&str] = if destination == "crm" { &["enquiry", "calls"] } else { &["newsletter"] };
    purposes.iter().map(|id| PurposeId::parse(id).unwrap()).collect()
}

fn message(destination: &str, id: &str, engaged: Vec<Engaged>) -> Report {
    Report {
        destination: DestinationId::parse(destination).unwrap(),
        served: served(destination),
        message: id.to_owned(),
        digest: [1; 32],
        engaged,
    }
}

fn by_reference(reference: &str, at: Timestamp) -> Engaged {
    Engaged { person: Person::Reference(reference.to_owned()), at }
}

/// The only person's results; they must be known.
async fn say(house: &House, message: Report) -> (bool, Vec<Pushed>) {
    match report(&tools(house), &message, house.hour.now()).await.unwrap() {
        Outcome::Taken { repeated, mut results } => (repeated, results.remove(0).expect("a person who is known")),
        Outcome::OtherBody => panic!("another body"),
    }
}

fn result(pushed: &[Pushed]) -> Vec<(&str, PushResult)> {
    pushed.iter().map(|one| (one.purpose.as_str(), one.result)).collect()
}

fn in_days(house: &House, days: i64) -> Timestamp {
    house.hour.now() + SignedDuration::from_hours(24 * days)
}
