//! Does everything that is kept still hold?
//!
//! [`run`] reads all of it again, in pages and in the state of one moment, beside a collector at work: the ledger against
//! itself, its signed heads and the records ([`log`]), the archive of what was shown, and everything that is kept of each
//! person, opened with their keys ([`person`]). Whatever does not hold is named, one by one. A record whose part B was
//! destroyed by law is told from one that vanished by the record of erasure that names its leaf: both are named, or
//! neither. [`outside`] checks a log from its tiles alone, [`bundle`] a file, without any database.

pub mod archive;
pub mod bundle;
pub mod ended;
pub mod finding;
pub mod log;
pub mod outside;
pub mod person;
pub mod sql;
#[cfg(test)]
mod tests;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use unticked_shared::signature::hex;
use uuid::Uuid;

pub use self::finding::{Finding, Hear, Place, Told};
use self::{
    archive::Archive,
    ended::Endings,
    person::{Judge, Person, Submission, Verdict},
};
use crate::{
    accesses::Accesses,
    store::{Connection, DatabaseName, Store, StoreError},
    submissions, vault,
    vault::{Vault, WrappedKeys},
    world::Clock,
};

/// Persons in one look.
const PAGE: i64 = 128;
/// Rows that belong to nobody, as far as each is named; the rest are counted.
const NAMED_STRAYS: i64 = 10_000;

/// What was looked at. What did not hold was told on the way.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The ledger's name.
    pub origin: Option<String>,
    /// Leaves.
    pub leaves: u64,
    /// The root of the tree, hexadecimal, where one could be made.
    pub root: Option<String>,
    /// Records.
    pub records: u64,
    /// Records whose part B was destroyed by law.
    pub ended: u64,
    /// Published checkpoints.
    pub checkpoints: u64,
    /// Archived versions.
    pub versions: u64,
    /// Submissions.
    pub submissions: u64,
    /// Parts B, values and bodies that were opened.
    pub opened: u64,
    /// Entries of the access log.
    pub accesses: u64,
    /// What the owner should know and nobody did wrong.
    pub notes: Vec<String>,
    /// What does not hold.
    pub findings: u64,
}

impl Summary {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.findings == 0
    }
}

/// What is needed.
#[derive(Clone)]
pub struct Tools {
    /// The databases.
    pub store: Store,
    /// Opens what lies sealed.
    pub vault: Vault,
    /// For the access log.
    pub clock: Clock,
}

/// Reads everything again. An error is one of the world's (a database that does not answer); whatever is wrong with what
/// is kept is told to `hear`.
pub async fn run(tools: &Tools, hear: &mut Hear<'_>) -> Result<Summary, StoreError> {
    let mut findings = 0;
    let mut summary = {
        let mut counted = |told: Told| {
            findings += u64::from(matches!(told, Told::Finding(_)));
            hear(told);
        };
        everything(tools, &mut counted).await?
    };
    summary.findings = findings;
    Ok(summary)
}

async fn everything(tools: &Tools, hear: &mut Hear<'_>) -> Result<Summary, StoreError> {
    let Tools { store, vault, clock } = tools;
    let mut summary = Summary::default();
    // Read before the snapshot: what was signed or noted by now must be in it.
    let (signed, reached) = {
        let mut keys = store.keys().read().await?;
        let signed = readable("ledger_signed", sql::signed(&mut keys).await, hear)?.flatten();
        (signed, readable("main_reached", vault::sql::reached(&mut keys).await, hear)?.flatten())
    };
    let mut snapshot = store.main().snapshot().await?;
    let main: &mut Connection = &mut snapshot;
    if let Some(log) = readable("ledger", log::check(main, signed, vault, hear).await, hear)? {
        summary.leaves = log.leaves;
        summary.checkpoints = log.checkpoints;
        summary.origin = log.origin;
        summary.root = log.root.map(|root| hex(&root));
        summary.notes = log.notes;
    }
    if let Some(reached) = reached
        && !readable("evidence", submissions::sql::has_record(main, reached.record_id).await, hear)?.unwrap_or(true)
    {
        let says = "the key store has seen it, and the main database does not have it: it is older, or was cut off";
        hear(Told::Finding(Finding::new(Place::Record { record: reached.record_id, leaf: None }, says)));
    }
    let archive = readable("version", archive(main, hear).await, hear)?.unwrap_or_default();
    summary.versions = archive.count();
    let judge = Judge { vault, archive: &archive };
    readable("submission", persons(tools, main, judge, &mut summary, hear).await, hear)?;
    for name in [DatabaseName::Main, DatabaseName::Keys] {
        let (database, says) = match name {
            DatabaseName::Main => ("main", sql::integrity(main).await),
            DatabaseName::Keys => ("keys", sql::integrity(&mut store.keys().read().await?).await),
        };
        for says in readable("sqlite", says, hear)?.into_iter().flatten() {
            hear(Told::Finding(Finding::new(Place::Database { database }, says)));
        }
    }
    snapshot.rollback().await?;
    if let Some(checked) = readable("access", Accesses::new(store.clone(), vault, clock.clone()).check().await, hear)? {
        summary.accesses = checked.entries.unsigned_abs();
        for finding in checked.findings {
            hear(Told::Finding(Finding::new(Place::AccessLog, finding.to_string())));
        }
    }
    Ok(summary)
}

/// A table that cannot be read to its end is a finding; a database that does not answer is none.
fn readable<T>(table: &'static str, read: Result<T, StoreError>, hear: &mut Hear<'_>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.is_unavailable() => Err(error),
        Err(error) => {
            let says = format!("it cannot be read to its end: {error}");
            hear(Told::Finding(Finding::new(Place::Table { table }, says)));
            Ok(None)
        }
    }
}

/// Every archived version.
async fn archive(main: &mut Connection, hear: &mut Hear<'_>) -> Result<Archive, StoreError> {
    let mut archive = Archive::default();
    for digest in sql::versions(main).await? {
        if let Some(row) = sql::version(main, &digest).await? {
            for finding in archive.take(&row.digest, &row.form, row.bundle) {
                hear(Told::Finding(finding));
            }
        }
    }
    Ok(archive)
}

/// Everybody, a page at a time.
async fn persons(
    tools: &Tools,
    main: &mut Connection,
    judge: Judge<'_>,
    summary: &mut Summary,
    hear: &mut Hear<'_>,
) -> Result<(), StoreError> {
    let totals = sql::totals(main).await?;
    let mut seen = sql::Totals::default();
    // Not by what rows say of themselves: a number that was altered shall not make us set memory aside for it.
    let mut endings = Endings::among(summary.leaves.max(totals.records.unsigned_abs()));
    // Pseudonyms of erasures, and persons who sent nothing: the same ones.
    let (mut closings, mut lonely) = (BTreeSet::new(), BTreeSet::new());
    let mut past = Uuid::nil();
    loop {
        let page = page(tools, main, past).await?;
        let Some(last) = page.last() else { break };
        past = last.subject.subject_id;
        for person in &page {
            count(person, &mut seen);
            let mut verdict = judge.person(person);
            if verdict.doubtful {
                verdict = second_look(tools, judge, person, verdict).await?;
            }
            for leaf in &verdict.without_b {
                endings.without_part_b(*leaf);
            }
            for (leaf, by) in &verdict.ended {
                endings.ended(*leaf, *by);
            }
            closings.extend(verdict.closings);
            if verdict.lonely {
                lonely.insert(person.subject.subject_id);
            }
            summary.opened += verdict.opened;
            for finding in verdict.findings {
                hear(Told::Finding(finding));
            }
        }
        summary.submissions = seen.submissions.unsigned_abs();
        hear(Told::Progress { step: "submissions", done: summary.submissions, of: totals.submissions.unsigned_abs() });
    }
    summary.records = seen.records.unsigned_abs();
    for subject in lonely.symmetric_difference(&closings) {
        let says = if lonely.contains(subject) {
            "nothing that was sent belongs to them, and no erasure is theirs"
        } else {
            "an erasure bears their pseudonym, and their row is missing"
        };
        hear(Told::Finding(Finding::new(Place::Person { subject: *subject }, says)));
    }
    if seen != totals {
        let strays = sql::strays(main, NAMED_STRAYS).await?;
        let more = if strays.len() as u64 == NAMED_STRAYS.unsigned_abs() {
            sql::stray_count(main).await? - NAMED_STRAYS
        } else {
            0
        };
        for stray in strays {
            let (place, says) = match stray.kind.as_str() {
                "record" => {
                    (Place::Record { record: stray.id, leaf: stray.leaf }, "the submission that it names is not there")
                }
                "value" => {
                    (Place::Submission { submission: stray.id }, "a value names it, and there is no such submission")
                }
                "delivery" => (Place::Delivery { delivery: stray.id }, "the submission that it tells of is not there"),
                _ => (Place::Submission { submission: stray.id }, "the person that it names is not there"),
            };
            hear(Told::Finding(Finding::new(place, says)));
        }
        if more > 0 {
            let says = format!("{more} rows more belong to nobody: {NAMED_STRAYS} of them are named");
            hear(Told::Finding(Finding::new(Place::Database { database: "main" }, says)));
        }
    }
    summary.ended = endings.lawful();
    for (leaf, says) in endings.faults() {
        let record = sql::record_of_leaf(main, leaf).await?;
        let place = record.map_or(Place::Leaf { leaf }, |record| Place::Record { record, leaf: Some(leaf) });
        hear(Told::Finding(Finding::new(place, says)));
    }
    Ok(())
}

fn count(person: &Person, seen: &mut sql::Totals) {
    let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    seen.submissions += size(person.submissions.len());
    for submission in &person.submissions {
        seen.sealed += size(submission.values.len());
        seen.records += size(submission.records.len());
        seen.deliveries += size(submission.deliveries.len());
    }
}

/// The next persons, with everything that is kept of them. Keys are read as they are now: they commit before the main
/// database, so that nobody in the snapshot lacks theirs, unless it was destroyed since.
async fn page(tools: &Tools, main: &mut Connection, past: Uuid) -> Result<Vec<Person>, StoreError> {
    let subjects = sql::subjects(main, past, PAGE).await?;
    persons_of(tools, main, subjects).await
}

async fn persons_of(
    tools: &Tools,
    main: &mut Connection,
    subjects: Vec<sql::SubjectRow>,
) -> Result<Vec<Person>, StoreError> {
    let (Some(first), Some(last)) = (subjects.first(), subjects.last()) else { return Ok(Vec::new()) };
    let (first, last) = (first.subject_id, last.subject_id);
    let mut submissions: BTreeMap<Uuid, Submission> = BTreeMap::new();
    for row in sql::submissions(main, first, last).await? {
        let submission = Submission { values: Vec::new(), records: Vec::new(), deliveries: Vec::new(), row };
        submissions.insert(submission.row.submission_id, submission);
    }
    for row in sql::values(main, first, last).await? {
        if let Some(submission) = submissions.get_mut(&row.submission_id) {
            submission.values.push(row);
        }
    }
    for row in sql::records(main, first, last).await? {
        if let Some(submission) = submissions.get_mut(&row.submission_id) {
            submission.records.push(row);
        }
    }
    for row in sql::deliveries(main, first, last).await? {
        if let Some(submission) = submissions.get_mut(&row.submission_id) {
            submission.deliveries.push(row);
        }
    }
    let keys = sql::keys(&mut tools.store.keys().read().await?, first, last).await?;
    let mut keys: BTreeMap<Uuid, _> = keys.into_iter().map(|row| (row.subject_id, row)).collect();
    let mut by_subject: BTreeMap<Uuid, (Vec<Submission>, BTreeMap<Uuid, WrappedKeys>)> = BTreeMap::new();
    for submission in submissions.into_values() {
        let (all, others) = by_subject.entry(submission.row.subject_id).or_default();
        for other in submission.records.iter().map(|record| record.subject_id) {
            if other != submission.row.subject_id {
                let row = sql::keys(&mut tools.store.keys().read().await?, other, other).await?.pop();
                others.extend(row.map(|row| (other, row)));
            }
        }
        all.push(submission);
    }
    let persons = subjects.into_iter().map(|subject| {
        let (submissions, others) = by_subject.remove(&subject.subject_id).unwrap_or_default();
        Person { keys: keys.remove(&subject.subject_id), others, submissions, subject }
    });
    Ok(persons.collect())
}

/// A key was missing: it may have been destroyed by law after the snapshot. Then the main database says so by now.
async fn second_look(tools: &Tools, judge: Judge<'_>, person: &Person, first: Verdict) -> Result<Verdict, StoreError> {
    let subject = person.subject.subject_id;
    let mut now = tools.store.main().snapshot().await?;
    let row = sql::subjects_between(&mut now, subject, subject).await?;
    let again = persons_of(tools, &mut now, row).await?.pop();
    now.rollback().await?;
    let Some(again) = again.map(|person| judge.person(&person)) else { return Ok(Verdict::default()) };
    if again.doubtful {
        return Ok(first);
    }
    // What was ended since is no part of what is compared here; what else does not hold is.
    let Verdict { without_b, ended, closings, lonely, .. } = first;
    Ok(Verdict { without_b, ended, closings, lonely, ..again })
}
