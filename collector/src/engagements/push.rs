//! A destination's message, once it is known to be its own: found, decided and kept in one transaction.

use jiff::Timestamp;
use serde::Serialize;
use unticked_shared::{
    evidence::{Engagement, Happened, Method},
    id::{DestinationId, PurposeId},
};
use uuid::Uuid;

use super::{
    decide::{PushResult, Pushed, first_moment, push},
    sql::{self, Known},
};
use crate::{
    evidence,
    forms::Forms,
    ledger::Ledger,
    retention::{
        self, Hands, RetentionError, calendar,
        decide::{Promises, decide},
        sql::NEVER,
    },
    store::{Store, Transaction, values::millis},
    vault::{SubjectKeys, Vault},
};

/// What the room works with.
#[derive(Clone)]
pub struct Tools {
    /// Both databases.
    pub store: Store,
    /// Every version ever shown.
    pub forms: Forms,
    /// Seals the records.
    pub vault: Vault,
    /// Where the records go.
    pub ledger: Ledger,
}

/// A message of a destination.
#[derive(Debug, Clone)]
pub struct Report {
    /// Who sends it.
    pub destination: DestinationId,
    /// The purposes that it serves now.
    pub served: Vec<PurposeId>,
    /// `webhook-id`
    pub message: String,
    /// SHA-256 of the body.
    pub digest: [u8; 32],
    /// Who was heard of, and when.
    pub engaged: Vec<Engaged>,
}

/// One person that was heard of.
#[derive(Debug, Clone)]
pub struct Engaged {
    /// Who.
    pub person: Person,
    /// When; never after now.
    pub at: Timestamp,
}

/// As the destination knows a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Person {
    /// `subject` of the event.
    Subject(Uuid),
    /// `reference` of the event.
    Reference(String),
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// In the message's order; `None` where the destination has nothing of such a person.
    Taken {
        /// The same message was taken before: nothing was changed now.
        repeated: bool,
        /// For each, purpose by purpose.
        results: Vec<Option<Vec<Pushed>>>,
    },
    /// The id was used for another message.
    OtherBody,
}

struct Found {
    known: Known,
    promises: Promises,
    keys: SubjectKeys,
}

/// Takes a message: pushes periods on and writes down who said so, or says what stands in the way. Whether everything
/// was too late, or nobody was found, is for the caller to see; a message in which nothing is pushed on claims no id.
pub async fn report(tools: &Tools, report: &Report, now: Timestamp) -> Result<Outcome, RetentionError> {
    let mut found = Vec::with_capacity(report.engaged.len());
    for engaged in &report.engaged {
        found.push(find(tools, &report.destination, &engaged.person).await?);
    }
    let mut tx = tools.store.begin().await?;
    let (destination, message) = (report.destination.as_str(), report.message.as_str());
    let repeated = sql::take(&mut tx, destination, message, &report.digest, millis(now)).await? == 0;
    if repeated && sql::taken(&mut tx, destination, message).await?.is_none_or(|digest| digest != report.digest) {
        return Ok(Outcome::OtherBody);
    }
    // In one order, so that two messages never wait for each other.
    let mut all: Vec<Uuid> = found.iter().flatten().map(|one| one.known.submission_id).collect();
    all.sort_unstable();
    for submission in all {
        retention::sql::lock(&mut tx, submission).await?;
    }
    let mut results = Vec::with_capacity(found.len());
    let mut taken = false;
    for (engaged, found) in report.engaged.iter().zip(&found) {
        let mut all = Vec::new();
        for one in found {
            all.extend(act(&mut tx, tools, report, one, engaged.at, repeated, now).await?);
        }
        taken |= all.iter().any(|one| one.result == PushResult::PushedOn);
        results.push((!found.is_empty()).then_some(all));
    }
    if taken && !repeated {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    // Nobody hears of it before the head that holds it is signed and kept; the first attempt may have been stopped there.
    tools.ledger.catch_up().await?;
    Ok(Outcome::Taken { repeated, results })
}

async fn find(tools: &Tools, destination: &DestinationId, person: &Person) -> Result<Vec<Found>, RetentionError> {
    let mut connection = tools.store.read().await?;
    let (subject, reference) = match person {
        Person::Subject(subject) => (Some(*subject), None),
        Person::Reference(reference) => (None, Some(reference.as_str())),
    };
    let known = sql::of_person(&mut connection, subject, reference, destination.as_str()).await?;
    drop(connection);
    let mut found = Vec::with_capacity(known.len());
    for known in known {
        let version = tools.forms.version(&known.version).await?;
        let version = version.ok_or_else(|| RetentionError::UnknownVersion(known.version.clone()))?;
        let keys = tools.vault.keys_of(&tools.store, known.subject_id).await?;
        let keys = keys.unwrap_or(SubjectKeys { identity: None, evidence: None });
        found.push(Found { known, promises: Promises::of(&version), keys });
    }
    Ok(found)
}

/// What it does to one submission; of a message that was taken before, what it has done.
async fn act(
    tx: &mut Transaction,
    tools: &Tools,
    report: &Report,
    found: &Found,
    at: Timestamp,
    repeated: bool,
    now: Timestamp,
) -> Result<Vec<Pushed>, RetentionError> {
    let Some(row) = retention::sql::lock(tx, found.known.submission_id).await? else { return Ok(Vec::new()) };
    let loaded = retention::load(tx, row, None).await?;
    let mut pushed = push(&found.promises, &loaded.case, &report.served, at, now);
    if repeated {
        // Its first attempt pushed on what it could; a later one never does.
        for one in pushed.iter_mut().filter(|one| one.result == PushResult::PushedOn) {
            one.result = PushResult::Unchanged;
            let end = retention::decide::end_of(&found.promises, &loaded.case, &one.purpose);
            one.until = end.map(|end| crate::store::values::rfc3339(end.at));
        }
        return Ok(pushed);
    }
    let purposes: Vec<PurposeId> =
        pushed.iter().filter(|one| one.result == PushResult::PushedOn).map(|one| one.purpose.clone()).collect();
    if purposes.is_empty() {
        return Ok(pushed);
    }
    let at = first_moment(at.min(now));
    let mut case = loaded.case.clone();
    case.engaged.extend(purposes.iter().map(|purpose| (purpose.clone(), at)));
    let engagement = Engagement { destination: report.destination.clone(), day: calendar::day(at), purposes };
    let hands = Hands { vault: &tools.vault, keys: &found.keys };
    // It names no purpose as decided: nobody decided anything.
    let record = retention::follow_up(&loaded, Vec::new(), Method::Api, Happened::Engagement(engagement), hands, now)?;
    evidence::keep(tx, &tools.ledger, &[&record]).await?;
    let verdict = decide(&found.promises, &case, now);
    if !verdict.changes_anything() && loaded.row.state == "accepted" {
        let next = verdict.next.map_or(NEVER, millis);
        retention::sql::set_due(tx, loaded.row.submission_id, Some(next)).await?;
    }
    Ok(pushed)
}
