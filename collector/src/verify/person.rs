//! One person, with everything that is kept of them: keys, submissions, values, records, what waits to leave. No
//! database: what is judged here was read before.

use std::collections::{BTreeMap, BTreeSet};

use unticked_shared::{
    canonical,
    decision::{Choice, Decision},
    event::EvidenceReference,
    evidence::{self, Erasure, Happened, Method, PartA, SCHEMA},
    signature::hex,
    submission::Value,
};
use uuid::Uuid;

use super::{
    archive::Archive,
    finding::{Finding, Place},
    sql::{DeliveryRow, SubjectRow, SubmissionRow, ValueRow},
};
use crate::{
    evidence::{EvidenceRow, Opened},
    outbox::unseal::{body_cell, key_for},
    store::values::{rfc3339, time},
    submissions::record::value_row,
    vault::{Cell, EmailAddress, Key, SubjectKeys, Vault, WrappedKeys},
};

/// Everything that is kept of one person.
#[derive(Debug)]
pub struct Person {
    /// The row.
    pub subject: SubjectRow,
    /// Their wrapped keys, where there are any.
    pub keys: Option<WrappedKeys>,
    /// The wrapped keys of the pseudonyms that records of theirs lie under besides: an erasure has one of its own.
    pub others: BTreeMap<Uuid, WrappedKeys>,
    /// What they sent.
    pub submissions: Vec<Submission>,
}

/// A submission with what belongs to it.
#[derive(Debug)]
pub struct Submission {
    /// The row.
    pub row: SubmissionRow,
    /// What was entered.
    pub values: Vec<ValueRow>,
    /// Its records, by id.
    pub records: Vec<EvidenceRow>,
    /// What waits, or waited, for the destinations.
    pub deliveries: Vec<DeliveryRow>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// A key was missing that something needs: perhaps only because it went between two looks.
    pub doubtful: bool,
    /// Leaves whose part B is not there any more.
    pub without_b: Vec<i64>,
    /// Leaves that a record of erasure ends, with that record's own.
    pub ended: Vec<(u64, i64)>,
    /// Pseudonyms that only an erasure bears.
    pub closings: Vec<Uuid>,
    /// Nothing that was sent belongs to the person: then it must be the pseudonym of an erasure.
    pub lonely: bool,
    /// Parts and values that were opened.
    pub opened: u64,
}

/// Judges with these.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// Opens.
    pub vault: &'a Vault,
    /// What was shown.
    pub archive: &'a Archive,
}

/// A record that was looked at.
struct Seen<'a> {
    row: &'a EvidenceRow,
    part_a: Option<PartA>,
    opened: Option<Opened>,
}

impl Seen<'_> {
    fn erasure(&self) -> Option<&Erasure> {
        match self.part_a.as_ref()?.happened.as_ref()? {
            Happened::Erasure(erasure) => Some(erasure),
            Happened::Engagement(_) => None,
        }
    }
}

impl Judge<'_> {
    /// Looks at everything.
    pub fn person(&self, person: &Person) -> Verdict {
        let mut verdict = Verdict::default();
        let keys = self.keys(person.keys.as_ref(), &mut verdict);
        verdict.lonely = person.submissions.is_empty();
        for submission in &person.submissions {
            self.submission(submission, person, &keys, &mut verdict);
        }
        verdict
    }

    /// Unwraps a person's keys, each by itself.
    fn keys(&self, wrapped: Option<&WrappedKeys>, verdict: &mut Verdict) -> SubjectKeys {
        let Some(row) = wrapped else { return SubjectKeys { identity: None, evidence: None } };
        let mut unwrapped = |identity: bool| {
            let alone = WrappedKeys {
                identity_key: row.identity_key.clone().filter(|_| identity),
                evidence_key: row.evidence_key.clone().filter(|_| !identity),
                ..row.clone()
            };
            self.vault.unwrap(&alone).unwrap_or_else(|_| {
                let which = if identity { "identity" } else { "evidence" };
                verdict.findings.push(Finding::new(
                    Place::Person { subject: row.subject_id },
                    format!("their wrapped {which} key does not open: it was altered, or is another person's"),
                ));
                SubjectKeys { identity: None, evidence: None }
            })
        };
        SubjectKeys { identity: unwrapped(true).identity, evidence: unwrapped(false).evidence }
    }

    fn submission(&self, submission: &Submission, person: &Person, keys: &SubjectKeys, verdict: &mut Verdict) {
        let (id, subject) = (submission.row.submission_id, &person.subject);
        let before = verdict.findings.len();
        let mut records: Vec<Seen<'_>> = Vec::new();
        for row in &submission.records {
            let own = row.subject_id == submission.row.subject_id;
            let other = (!own).then(|| self.keys(person.others.get(&row.subject_id), verdict));
            records.push(self.record(row, own, other.as_ref().unwrap_or(keys), verdict));
        }
        let mut says: Vec<String> = Vec::new();
        match first(&records) {
            None => says.push("there is no evidence of it".to_owned()),
            Some((first, others)) => {
                says.extend(own_record(&submission.row, first, forgotten(&records)));
                if !came_at(first, subject.created_at, forgotten(&records)) {
                    let place = Place::Person { subject: subject.subject_id };
                    verdict.findings.push(Finding::new(place, "the time of their row is not that of what they sent"));
                }
                for other in others {
                    if let Some(opened) = &other.opened
                        && opened.part.follows.as_deref() != Some(first.row.record_id.to_string().as_str())
                    {
                        let says = "it does not follow the record of the submission that it belongs to";
                        verdict.findings.push(Finding::new(place(other.row), says));
                    }
                }
            }
        }
        // Of one who was forgotten none is kept.
        if ![0, 32].contains(&submission.row.body_digest.len()) {
            says.push("the digest of what was sent has not 32 bytes".to_owned());
        }
        let values = self.values(submission, keys, verdict);
        // Whatever is wrong with a part is said of the part.
        if verdict.findings.len() == before
            && let Some((first, _)) = first(&records)
        {
            says.extend(self.sum(subject, first, &records, values.as_ref()));
        }
        let submission_place = || Place::Submission { submission: id };
        verdict.findings.extend(says.into_iter().map(|says| Finding::new(submission_place(), says)));
        for delivery in &submission.deliveries {
            delivery_holds(delivery, submission, keys, verdict);
        }
    }

    /// One record by itself, and against the row of its submission.
    fn record<'a>(&self, row: &'a EvidenceRow, own: bool, keys: &SubjectKeys, verdict: &mut Verdict) -> Seen<'a> {
        let mut says: Vec<String> = Vec::new();
        let part_a: Option<PartA> = serde_json::from_slice(&row.part_a).ok();
        match &part_a {
            None => says.push("part A cannot be read".to_owned()),
            Some(part) if part.schema != SCHEMA => {
                says.push(format!("part A is of a kind that this version does not know: `{}`", part.schema));
            }
            Some(part) => {
                if canonical::to_vec(part).ok().as_deref() != Some(row.part_a.as_slice()) {
                    says.push("part A is not written as it was: its bytes are not the canonical ones".to_owned());
                }
                says.extend(self.archive.judge(part));
            }
        }
        let opening_a = <[u8; 32]>::try_from(row.opening_a.as_slice());
        if opening_a.is_err() {
            says.push(format!("the opening of part A has {} bytes, not 32", row.opening_a.len()));
        }
        if row.commitment.len() != 32 {
            says.push(format!("its commitment has {} bytes, not 32", row.commitment.len()));
        }
        let closes = part_a.as_ref().is_some_and(
            |part| matches!(&part.happened, Some(Happened::Erasure(erasure)) if !erasure.leaves.is_empty()),
        );
        if closes && !own {
            verdict.closings.push(row.subject_id);
        } else if !own {
            says.push(format!("it names the person {}, and its submission another", row.subject_id));
        }
        let mut opened = None;
        let mut hash_b = None;
        if row.part_b.is_empty() {
            // Lawfully or not: whoever emptied it could have altered the rest as well.
            verdict.without_b.extend(row.leaf_index);
            says.push(
                "of its part B not even the hash is left: nobody can hold its part A against its leaf".to_owned(),
            );
        } else if let Ok(kept) = <[u8; 32]>::try_from(row.part_b.as_slice()) {
            // Destroyed, and its hash kept so that part A stays provable; no sealed part is that short.
            verdict.without_b.extend(row.leaf_index);
            hash_b = Some(kept);
        } else {
            match keys.evidence.as_ref() {
                None => {
                    verdict.doubtful = true;
                    says.push(
                        "its part B cannot be opened: the person's evidence key is gone, and no erasure ended it"
                            .to_owned(),
                    );
                }
                Some(key) => match crate::evidence::open(row, key) {
                    Err(error) => says.push(format!("part B: {error}")),
                    Ok(open) => {
                        verdict.opened += 1;
                        says.extend(names_itself(row, &open));
                        hash_b = evidence::part_hash(&open.opening, &open.part).ok();
                        opened = Some(open);
                    }
                },
            }
        }
        if let (Ok(opening), Some(hash_b)) = (opening_a, hash_b) {
            let hash_a = unticked_shared::signature::sha256(&[&opening, &row.part_a]);
            if evidence::commitment(&hash_a, &hash_b).as_slice() != row.commitment {
                says.push("its parts and openings do not give its commitment".to_owned());
            }
        }
        let seen = Seen { row, part_a, opened };
        if let (Some(erasure), Some(own)) = (seen.erasure(), row.leaf_index) {
            verdict.ended.extend(erasure.leaves.iter().map(|leaf| (*leaf, own)));
        }
        verdict.findings.extend(says.into_iter().map(|says| Finding::new(place(row), says)));
        seen
    }

    /// The values, opened; none where one does not open.
    fn values(
        &self,
        submission: &Submission,
        keys: &SubjectKeys,
        verdict: &mut Verdict,
    ) -> Option<BTreeMap<String, Value>> {
        let mut values = BTreeMap::new();
        let mut whole = true;
        for row in &submission.values {
            let field = String::from_utf8_lossy(&row.field).into_owned();
            let mut fails = |says: &str| {
                whole = false;
                let place = Place::Value { submission: row.submission_id, field: field.clone() };
                verdict.findings.push(Finding::new(place, says));
            };
            let at = value_row(row.submission_id, &field);
            let cell = Cell { table: "value", row: &at, column: "content" };
            let plain = match row.identifies.as_slice() {
                b"no" => self.vault.open_value(&cell, &row.content),
                b"direct" | b"quasi" => {
                    let Some(key) = &keys.identity else {
                        fails("it cannot be opened: the person's identity key is gone, and the value should be, too");
                        verdict.doubtful = true;
                        continue;
                    };
                    key.open(&cell, &row.content)
                }
                _ => {
                    fails("nobody can say under which key it lies");
                    continue;
                }
            };
            let Ok(plain) = plain else {
                fails("its seal does not open: it was altered, moved, or sealed under another key");
                continue;
            };
            match serde_json::from_slice::<Value>(&plain) {
                Ok(value) => {
                    verdict.opened += 1;
                    values.insert(field, value);
                }
                Err(_) => fails("it opens, and cannot be read"),
            }
        }
        whole.then_some(values)
    }

    /// What is kept of a submission against the digests that its record commits to.
    fn sum(
        &self,
        subject: &SubjectRow,
        first: &Seen<'_>,
        records: &[Seen<'_>],
        values: Option<&BTreeMap<String, Value>>,
    ) -> Vec<String> {
        let mut says = Vec::new();
        let erasures: Vec<&Erasure> = records.iter().filter_map(Seen::erasure).collect();
        let destroyed: BTreeSet<&str> =
            erasures.iter().flat_map(|erasure| &erasure.destroyed).map(unticked_shared::id::FieldId::as_str).collect();
        let Some(values) = values else { return says };
        for field in values.keys().filter(|field| destroyed.contains(field.as_str())) {
            says.push(format!("a record says that its value `{field}` was destroyed, and it is there"));
        }
        let coarser = erasures.iter().any(|e| e.singled_out.as_ref().is_some_and(|one| !one.generalised.is_empty()));
        let (Some(opened), Some(part_a)) = (&first.opened, &first.part_a) else { return says };
        if let (Some(salt), Some(digest)) = (&opened.values_salt, &opened.part.values_digest)
            && destroyed.is_empty()
            && !coarser
            && digest_of(values, part_a, salt).as_ref() != Some(digest)
        {
            says.push(
                "what is kept of it is not what its record commits to: a value was added, removed or exchanged"
                    .to_owned(),
            );
        }
        let found = opened.contact_salt.as_ref().zip(opened.part.contact_digest.as_ref()).and_then(|(salt, digest)| {
            values
                .values()
                .filter_map(address)
                .find(|one| evidence::salted_digest(salt, one.as_str().as_bytes()) == *digest)
        });
        if let (Some(address), Some(index)) = (found, &subject.contact_index)
            && self.vault.contact_index(&address) != *index
        {
            says.push("the person cannot be found by their address: its hash is another's".to_owned());
        }
        if opened.part.contact_digest.is_none() && subject.contact_index.is_some() {
            says.push("the person can be found by an address that its record does not know".to_owned());
        }
        says
    }
}

fn address(value: &Value) -> Option<EmailAddress> {
    match value {
        Value::One(text) => EmailAddress::parse(text),
        Value::Many(_) => None,
    }
}

/// The place of a record.
pub fn place(row: &EvidenceRow) -> Place {
    Place::Record { record: row.record_id, leaf: row.leaf_index }
}

/// The submission's own record, and the others: the one that follows none; where nobody can tell, the oldest.
fn first<'a, 'r>(records: &'a [Seen<'r>]) -> Option<(&'a Seen<'r>, Vec<&'a Seen<'r>>)> {
    let follows_none = |seen: &Seen<'_>| seen.opened.as_ref().is_some_and(|opened| opened.part.follows.is_none());
    let at = records.iter().position(follows_none).unwrap_or(0);
    let others = records.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, seen)| seen).collect();
    Some((records.get(at)?, others))
}

/// Part B against the row that it was sealed in.
fn names_itself(row: &EvidenceRow, opened: &Opened) -> Vec<String> {
    let mut says = Vec::new();
    if opened.part.record_id != row.record_id.to_string() {
        says.push("part B is another record's".to_owned());
    }
    if opened.part.subject != row.subject_id.to_string() {
        says.push("part B names another person".to_owned());
    }
    says
}

/// A submission's row against its own record.
fn own_record(row: &SubmissionRow, first: &Seen<'_>, forgotten: bool) -> Vec<String> {
    let mut says = Vec::new();
    let mut differs = |what: &str, same: bool| {
        if !same {
            says.push(format!("its {what} is not what its record says"));
        }
    };
    if let Some(part) = &first.part_a {
        differs("form", part.form.as_str().as_bytes() == row.form);
        differs("version", part.version.as_bytes() == row.version);
        differs("language", part.language.as_str().as_bytes() == row.language);
        let method: &[u8] = if part.method == Method::Page { b"page" } else { b"widget" };
        differs("method", row.method == method);
        let day = time(row.received_at).map(|at| at.strftime("%F").to_string()).unwrap_or_default();
        differs("day", part.day == day);
    }
    differs("time", came_at(first, row.received_at, forgotten));
    if let Some(opened) = &first.opened {
        let at = made_at(first.row.record_id).and_then(|at| time(at).ok()).map(rfc3339).unwrap_or_default();
        differs("time of receipt", opened.part.received_at == at);
    }
    says
}

/// Milliseconds in a day.
const DAY: i64 = 24 * 3600 * 1000;

/// Whether that is when the record was made; of one who was forgotten only the day is kept.
fn came_at(first: &Seen<'_>, at: i64, forgotten: bool) -> bool {
    made_at(first.row.record_id).is_some_and(|made| made == at || (forgotten && made - made.rem_euclid(DAY) == at))
}

/// Whether a record says that the identity was destroyed.
fn forgotten(records: &[Seen<'_>]) -> bool {
    records.iter().filter_map(Seen::erasure).any(|erasure| erasure.identity)
}

/// The time in a UUID version 7, milliseconds UTC.
fn made_at(record: Uuid) -> Option<i64> {
    let (seconds, nanoseconds) = record.get_timestamp()?.to_unix();
    Some(i64::try_from(seconds).ok()? * 1000 + i64::from(nanoseconds / 1_000_000))
}

/// The digest of what is kept and what was chosen, as `submissions::record` makes it.
fn digest_of(values: &BTreeMap<String, Value>, part: &PartA, salt: &evidence::Opening) -> Option<String> {
    let chosen = part.purposes.iter().filter_map(|purpose| {
        let choice = match purpose.decision? {
            Decision::Granted | Decision::GrantedUnconfirmed => Choice::Granted,
            Decision::Refused => Choice::Refused,
            Decision::Withdrawn => Choice::Withdrawn,
        };
        Some((purpose.id.as_str(), choice))
    });
    let choices: BTreeMap<&str, Choice> = chosen.collect();
    let digested = Digested { values, choices };
    Some(evidence::salted_digest(salt, &canonical::to_vec(&digested).ok()?))
}

#[derive(serde::Serialize)]
struct Digested<'a> {
    values: &'a BTreeMap<String, Value>,
    choices: BTreeMap<&'a str, Choice>,
}

/// Every kind of event that there is.
const KINDS: [&str; 3] = ["lead.submitted", "consent.withdrawn", "person.erased"];

/// What every event says, whatever it tells.
#[derive(serde::Deserialize)]
struct Says {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: SaysOf,
}

#[derive(serde::Deserialize)]
struct SaysOf {
    reference: String,
    subject: String,
    evidence: EvidenceReference,
}

/// One delivery: its seal, and what it says.
fn delivery_holds(row: &DeliveryRow, submission: &Submission, keys: &SubjectKeys, verdict: &mut Verdict) {
    let mut says: Vec<&str> = Vec::new();
    if row.subject_id != submission.row.subject_id {
        says.push("its event is of another person than its submission");
    }
    // An empty one was destroyed while its attempt was under way.
    let body = row.body.as_ref().filter(|body| !body.is_empty());
    match (body, KINDS.into_iter().find(|kind| kind.as_bytes() == row.kind)) {
        (_, None) => says.push("its event is of a kind that this version does not know"),
        (None, Some(_)) => {}
        (Some(body), Some(kind)) => {
            if let Some(key) = key_for(kind, keys) {
                says.extend(body_holds(row, body, kind, submission, key));
            } else {
                verdict.doubtful = true;
                says.push("its body cannot be opened: the person's key is gone, and the body should be, too");
            }
        }
    }
    verdict.opened += u64::from(body.is_some() && says.is_empty());
    let place = || Place::Delivery { delivery: row.delivery_id };
    verdict.findings.extend(says.into_iter().map(|says| Finding::new(place(), says)));
}

fn body_holds(row: &DeliveryRow, body: &[u8], kind: &str, submission: &Submission, key: &Key) -> Option<&'static str> {
    let Ok(plain) = key.open(&body_cell(&row.delivery_id), body) else {
        return Some("the seal of its body does not open: it was altered, moved, or sealed under another key");
    };
    let Ok(event) = serde_json::from_slice::<Says>(&plain) else { return Some("its body opens, and cannot be read") };
    let SaysOf { reference, subject, evidence } = event.data;
    let own = submission.records.iter().find(|record| record.record_id.to_string() == evidence.record);
    if event.id != row.event_id.to_string() || event.kind != kind {
        return Some("its body is another event's");
    }
    if subject != row.subject_id.to_string() || reference.as_bytes() != submission.row.reference {
        return Some("its body tells of another lead than its submission");
    }
    match own {
        None => Some("the evidence that it points to is not there"),
        Some(own) if hex(&own.commitment) != evidence.commitment => {
            Some("the commitment that it carries is not that of its record")
        }
        Some(_) => None,
    }
}
