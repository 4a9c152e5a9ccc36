//! What appends to the ledger, ready to be done, and done again by whoever heard no answer.

use std::time::Duration;

use jiff::Timestamp;
use unticked_shared::{
    evidence::{Ground, Method},
    id::{DestinationId, PurposeId},
};
use uuid::Uuid;

use crate::{
    engagements::{self, Engaged, Outcome, Person, Report},
    erasure::{self, journal::Journal, sql::Found},
    outbox,
    preferences::{self, Asked, By, Preferences},
    retention::{
        self, Retention,
        tests::{YEAR, ann},
    },
    store::values::millis,
    submissions::tests::{House, Visitor},
    vault,
};

#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// A visitor sends the form.
    Submission,
    /// A person takes consent back.
    Withdrawal,
    /// A period runs out, and the values with it.
    RetentionEnd,
    /// A destination says that it heard of a person.
    Engagement,
    /// A person asks to be forgotten.
    Erasure,
    /// The deadline of a forgotten person's evidence is over.
    EvidenceEnd,
}

/// A deed for which everything is there.
pub enum Prepared {
    Submission(Box<Visitor>),
    Withdrawal { token: String },
    RetentionEnd { now: Timestamp },
    Engagement { report: Report, now: Timestamp },
    Erasure { found: Found, now: Timestamp },
    EvidenceEnd { found: Found, now: Timestamp },
}

pub async fn prepare(house: &House, deed: Deed) -> Prepared {
    let lead = async || house.submissions.submit(ann(house).signed()).await.unwrap().accepted;
    match deed {
        Deed::Submission => Prepared::Submission(Box::new(ann(house))),
        Deed::Withdrawal => {
            let token = lead().await.preferences.split_once('#').unwrap().1.to_owned();
            Prepared::Withdrawal { token }
        }
        Deed::RetentionEnd => {
            lead().await;
            house.hour.pass(3 * YEAR);
            Prepared::RetentionEnd { now: house.hour.now() }
        }
        Deed::Engagement => {
            let reference = lead().await.reference;
            deliver(house).await;
            house.hour.pass(24 * 3600);
            let now = house.hour.now();
            let purpose = |id| PurposeId::parse(id).unwrap();
            let report = Report {
                destination: DestinationId::parse("crm").unwrap(),
                served: vec![purpose("enquiry"), purpose("calls")],
                message: reference.clone(),
                digest: [1; 32],
                engaged: vec![Engaged { person: Person::Reference(reference), at: now }],
            };
            Prepared::Engagement { report, now }
        }
        Deed::Erasure => {
            let reference = lead().await.reference;
            Prepared::Erasure { found: erasure::tests::found(house, &reference).await, now: house.hour.now() }
        }
        Deed::EvidenceEnd => {
            let reference = lead().await.reference;
            let found = erasure::tests::found(house, &reference).await;
            let report = erasure::tests::erase(house, &reference).await;
            assert!(report.unfinished.is_none(), "{:?}", report.unfinished);
            house.hour.pass(4 * YEAR);
            Prepared::EvidenceEnd { found, now: house.hour.now() }
        }
    }
}

/// How far the forgetting of somebody has come, and what is left of their keys: identity and evidence.
async fn forgotten(house: &House, found: &Found) -> (Option<(i64, String)>, bool, bool) {
    let store = &house.needs.store;
    let row = erasure::sql::find(&mut store.read().await.unwrap(), found.submission_id).await.unwrap();
    let keys = vault::sql::find(&mut store.keys().read().await.unwrap(), found.subject_id).await.unwrap();
    let identity = keys.as_ref().is_some_and(|keys| keys.identity_key.is_some());
    let evidence = keys.as_ref().is_some_and(|keys| keys.evidence_key.is_some());
    (row.map(|row| (row.step, row.state)), identity, evidence)
}

/// The destination has received everything that waits for it.
async fn deliver(house: &House) {
    let now = millis(house.hour.now());
    let mut tx = house.needs.store.begin().await.unwrap();
    let claimed = outbox::sql::claim(&mut tx, "crm", now, 8, Uuid::from_u128(7), now + 60_000).await.unwrap();
    for one in claimed {
        outbox::sql::delivered(&mut tx, one.delivery_id, 204, now).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn preferences(house: &House) -> Preferences {
    let needs = house.needs.clone();
    Preferences::new(preferences::Needs {
        store: needs.store,
        forms: needs.forms,
        vault: needs.vault,
        ledger: needs.ledger,
        outbox: needs.outbox,
        retention: Retention::default(),
        links: needs.links,
        clock: needs.clock,
    })
}

impl Prepared {
    /// Does it, or does it again; an error says that it was not acknowledged.
    pub async fn carry_out(&self, house: &House) -> Result<(), String> {
        match self {
            Self::Submission(visitor) => {
                house.submissions.submit(visitor.signed()).await.map(drop).map_err(|refused| refused.to_string())
            }
            Self::Withdrawal { token } => {
                let by = By { method: Method::Api, client: None };
                let done = preferences(house).withdraw(token, &Asked::All, &by).await;
                done.map(drop).map_err(|refused| refused.to_string())
            }
            Self::RetentionEnd { now } => {
                let done = retention::run::run(&retention::tests::tools(house), *now).await;
                done.map_err(|error| error.to_string()).and_then(|done| {
                    // A submission that failed stays due: nobody was told that it has ended.
                    if done.failed == 0 { Ok(()) } else { Err(format!("{} failed", done.failed)) }
                })
            }
            Self::Engagement { report, now } => {
                let needs = &house.needs;
                let tools = engagements::Tools {
                    store: needs.store.clone(),
                    forms: needs.forms.clone(),
                    vault: needs.vault.clone(),
                    ledger: needs.ledger.clone(),
                };
                match engagements::report(&tools, report, *now).await {
                    Ok(Outcome::Taken { results, .. }) if results.iter().all(Option::is_some) => Ok(()),
                    Ok(other) => Err(format!("{other:?}")),
                    Err(error) => Err(error.to_string()),
                }
            }
            Self::Erasure { found, now } => {
                let order = erasure::tests::order(Ground::ConsentWithdrawn);
                let asked = erasure::forget(&erasure::tests::tools(house), found, &order, *now, Duration::ZERO).await;
                match asked.map_err(|error| error.to_string())?.unfinished {
                    None => Ok(()),
                    Some(error) => Err(error.to_string()),
                }
            }
            Self::EvidenceEnd { now, .. } => {
                let done = erasure::run(&erasure::tests::tools(house), *now, Duration::ZERO).await;
                match done.map_err(|error| error.to_string())? {
                    erasure::Done { failed: 0, .. } => Ok(()),
                    done => Err(format!("{} failed", done.failed)),
                }
            }
        }
    }

    /// What it should make true is true.
    pub async fn is_done(&self, house: &House, at: &str) {
        match self {
            Self::Submission(visitor) => {
                let again = house.submissions.submit(visitor.signed()).await.unwrap();
                assert_eq!(again.how, crate::submissions::How::Repeated, "{at}");
                assert!(!again.accepted.receipt.is_empty(), "{at}: a receipt");
            }
            Self::Withdrawal { token } => {
                let personal = preferences(house).look(token).await.unwrap();
                let stands = personal.standing.iter().any(preferences::decide::can_be_withdrawn);
                assert!(!stands, "{at}: a consent stands");
            }
            Self::RetentionEnd { .. } => assert_eq!(house.count("value").await, 0, "{at}: values are left"),
            Self::Engagement { .. } => {}
            Self::Erasure { found, .. } => {
                let done = (Some((1, "done".to_owned())), false, true);
                assert_eq!(forgotten(house, found).await, done, "{at}");
                assert_eq!(house.count("value").await, 0, "{at}: values are left");
                let journal = Journal::new(&erasure::tests::tools(house).forgetting.journal, &house.needs.vault);
                let lines = journal.read_all().unwrap();
                let own = lines.iter().filter(|line| line.submission == found.submission_id).count();
                assert_eq!(own, 1, "{at}: a line in the journal");
            }
            Self::EvidenceEnd { found, .. } => {
                let done = (Some((2, "done".to_owned())), false, false);
                assert_eq!(forgotten(house, found).await, done, "{at}");
            }
        }
    }
}
