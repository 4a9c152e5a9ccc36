//! Evidence in the words of others: as JSON-LD (W3C DPV 2.3, its guide to ISO/IEC TS 27560), as Kantara consent
//! receipts 1.1, as CSV.
//!
//! Which submissions is one statement ([`sql`]); opening part B of their records is an access and is written down first
//! ([`crate::accesses`]). What became of each purpose is a plain function of the records ([`history`]); the three
//! formats are plain functions of that ([`jsonld`], [`kantara`], [`table`]). No value of a lead is opened here: who a
//! pseudonym is, the lead says. A record that does not hold against its commitment is exported, and named.

pub mod history;
pub mod jsonld;
pub mod kantara;
pub mod sql;
pub mod table;
pub mod terms;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use unticked_shared::{
    evidence::{self as shared, PartA, PartB},
    id::Language,
    placement::Content,
    signature::hex,
};
use uuid::Uuid;

use self::sql::SubmissionRow;
use crate::{
    accesses::{Accesses, Opened, Reader},
    evidence::{self, EvidenceRow, sql::rows_of_submission},
    forms::Version,
    leads::Versions,
    store::{Store, StoreError, values::millis},
    vault::{Key, Vault, VaultError},
};

/// The SHACL shapes that every JSON-LD export conforms to.
pub const SHAPES: &str = include_str!("shapes.ttl");

/// How many submissions are read, and written into one entry of the access log, at once.
pub const PAGE: i64 = 200;

/// Why evidence cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The databases. Of the access log, too: then nothing was opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A submission's own record cannot be read, or none of it is left.
    #[error("the evidence of {0} cannot be read")]
    Unreadable(String),
    /// The export cannot be written where it should go.
    #[error("the export cannot be written: {0}")]
    Written(#[from] std::io::Error),
}

/// Whose evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// One person's, by pseudonym.
    Subject(Uuid),
    /// One submission's.
    Reference(String),
    /// Everybody's of one form, received from the first time on and before the second, where there is one.
    Form(String, Option<Timestamp>, Option<Timestamp>),
}

/// What the one who exports says and no record does.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The collector's own origin.
    pub public_url: String,
    /// Under whose law: `EU`, or a country, ISO 3166-1 alpha-2.
    pub jurisdiction: String,
    /// The key that the ledger's checkpoints are checked with, where it is known.
    pub ledger_key: Option<String>,
    /// When the export is made.
    pub now: Timestamp,
}

/// One submission with all its records, opened as far as they open.
#[derive(Debug)]
pub struct Case {
    /// What lies open.
    pub submission: SubmissionRow,
    /// The submission's own record first, then what followed.
    pub records: Vec<Record>,
    /// What was shown; none where the archive does not hold it as it was.
    pub version: Option<Arc<Version>>,
}

/// One record.
#[derive(Debug)]
pub struct Record {
    /// Its id.
    pub id: Uuid,
    /// What identifies nobody.
    pub part_a: PartA,
    /// What points to the person; none where its opening was destroyed or its key is gone.
    pub part_b: Option<PartB>,
    /// What the ledger carries, hexadecimal.
    pub commitment: String,
    /// Its place in the ledger.
    pub leaf: Option<i64>,
    /// Whether both parts, as far as they open, are those that the commitment was made of.
    pub holds: bool,
}

impl Case {
    /// What the visitor saw, in the language of the submission.
    pub fn content(&self) -> Option<&Content> {
        let language = Language::parse(&self.submission.language).ok();
        self.version.as_ref().map(|version| &version.face(language.as_ref()).1.content)
    }

    /// The records that are not what was committed to.
    pub fn unsound(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| !record.holds)
    }
}

impl Record {
    /// When the decision was made: the submission's own time, else that of receipt; of a record whose part B is gone, the
    /// day alone.
    pub fn at(&self) -> When<'_> {
        match &self.part_b {
            Some(part) => When::Time(part.submitted_at.as_deref().unwrap_or(&part.received_at)),
            None => When::Day(&self.part_a.day),
        }
    }
}

/// A time as exactly as it is still known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When<'a> {
    /// RFC 3339.
    Time(&'a str),
    /// `YYYY-MM-DD`, UTC.
    Day(&'a str),
}

impl<'a> When<'a> {
    /// Either, as text.
    pub fn text(self) -> &'a str {
        match self {
            Self::Time(text) | Self::Day(text) => text,
        }
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> Option<i64> {
        let time: Timestamp = match self {
            Self::Time(text) => text.parse().ok()?,
            Self::Day(day) => format!("{day}T00:00:00Z").parse().ok()?,
        };
        Some(time.as_second())
    }
}

/// The room at work. Cloning is cheap.
#[derive(Clone)]
pub struct Exports {
    store: Store,
    vault: Vault,
    accesses: Accesses,
}

impl Exports {
    /// Of the evidence in these databases.
    pub fn new(store: Store, vault: Vault, accesses: Accesses) -> Self {
        Self { store, vault, accesses }
    }

    /// The archive, for what the submissions were shown; nothing is read yet.
    pub fn versions(&self) -> Versions {
        Versions::new(self.store.clone())
    }

    /// The submissions that fit, closed, a page at a time, the oldest first; `past` is the last of the page before.
    pub async fn next(&self, which: &Which, past: Option<&SubmissionRow>) -> Result<Vec<SubmissionRow>, StoreError> {
        let connection = &mut self.store.read().await?;
        match which {
            Which::Subject(subject) => {
                sql::of_subject(connection, *subject, past.map_or(Uuid::nil(), |row| row.submission_id), PAGE).await
            }
            Which::Reference(_) if past.is_some() => Ok(Vec::new()),
            Which::Reference(reference) => Ok(sql::of_reference(connection, reference).await?.into_iter().collect()),
            Which::Form(form, since, until) => {
                let after = past
                    .map_or((since.map_or(i64::MIN, millis), Uuid::nil()), |row| (row.received_at, row.submission_id));
                sql::of_form(connection, form, after, until.map_or(i64::MAX, millis), PAGE).await
            }
        }
    }

    /// Opens their evidence for `reader`, once that is written down; opens none where it cannot be.
    pub async fn open(
        &self,
        reader: &Reader,
        submissions: Vec<SubmissionRow>,
        versions: &mut Versions,
    ) -> Result<Vec<Case>, ExportError> {
        if submissions.is_empty() {
            return Ok(Vec::new());
        }
        let opened: Vec<Opened> = submissions
            .iter()
            .map(|row| Opened { reference: row.reference.clone(), subject: row.subject_id })
            .collect();
        self.accesses.open(reader, "evidence export", &opened, &[]).await?;
        let mut cases = Vec::with_capacity(submissions.len());
        for submission in submissions {
            let version = versions.find(&submission.version).await?;
            cases.push(self.case(submission, version).await?);
        }
        Ok(cases)
    }

    async fn case(&self, submission: SubmissionRow, version: Option<Arc<Version>>) -> Result<Case, ExportError> {
        let rows = rows_of_submission(&mut self.store.read().await?, submission.submission_id).await?;
        let key = self.vault.keys_of(&self.store, submission.subject_id).await?.and_then(|keys| keys.evidence);
        let unreadable = || ExportError::Unreadable(submission.reference.clone());
        let records: Vec<Record> =
            rows.iter().map(|row| record(row, key.as_ref())).collect::<Option<_>>().ok_or_else(unreadable)?;
        if records.is_empty() {
            return Err(unreadable());
        }
        Ok(Case { submission, records, version })
    }
}

/// A row, opened as far as it opens; none where part A is none.
fn record(row: &EvidenceRow, key: Option<&Key>) -> Option<Record> {
    let part_a: PartA = serde_json::from_slice(&row.part_a).ok()?;
    let opened = key.filter(|_| !row.part_b.is_empty()).map(|key| evidence::open(row, key));
    // With part B gone nobody can follow the commitment any more; that its end was lawful is for `unticked verify`.
    let holds = match &opened {
        None => true,
        Some(Err(_)) => false,
        Some(Ok(opened)) => commits_to(row, opened) == Some(true),
    };
    Some(Record {
        id: row.record_id,
        part_a,
        part_b: opened.and_then(Result::ok).map(|opened| opened.part),
        commitment: hex(&row.commitment),
        leaf: row.leaf_index,
        holds,
    })
}

fn commits_to(row: &EvidenceRow, opened: &evidence::Opened) -> Option<bool> {
    let opening: [u8; 32] = row.opening_a.as_slice().try_into().ok()?;
    let hash_a = unticked_shared::signature::sha256(&[&opening, &row.part_a]);
    let hash_b = shared::part_hash(&opened.opening, &opened.part).ok()?;
    Some(row.commitment == shared::commitment(&hash_a, &hash_b) && opened.part.record_id == row.record_id.to_string())
}
