//! From a record to its row, and back.

use serde::Deserialize;
use unticked_shared::{
    canonical::{self, CanonicalError},
    evidence::{self, Opening, PartA, PartB},
    signature::{hex, sha256, unhex32},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    store::StoreError,
    vault::{Cell, Key, NotOpened},
    world::Random,
};

/// A record before it is sealed.
#[derive(Debug)]
pub struct Draft {
    /// Its id: a UUID version 7 of the time of the decision.
    pub record_id: Uuid,
    /// The submission that it belongs to.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// What identifies nobody.
    pub part_a: PartA,
    /// What points to the person.
    pub part_b: PartB,
    /// What blinds `part_b.values_digest`, where there is one.
    pub values_salt: Option<Opening>,
    /// What blinds `part_b.contact_digest`, where there is one.
    pub contact_salt: Option<Opening>,
}

/// A row of `evidence`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EvidenceRow {
    /// The record's id.
    pub record_id: Uuid,
    /// The submission that it belongs to.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// Part A as canonical JSON.
    pub part_a: Vec<u8>,
    /// 32 bytes: blind the hash of part A.
    pub opening_a: Vec<u8>,
    /// Part B with its opening and salts, sealed under the subject's evidence key.
    pub part_b: Vec<u8>,
    /// 32 bytes: what the ledger carries.
    pub commitment: Vec<u8>,
    /// Its place in the ledger; none before it is kept.
    pub leaf_index: Option<i64>,
}

impl EvidenceRow {
    /// The commitment.
    pub fn commitment(&self) -> Result<[u8; 32], StoreError> {
        self.commitment.as_slice().try_into().map_err(|_| {
            StoreError::Defect(format!(
                "the commitment of the evidence record {} has {} bytes, not 32",
                self.record_id,
                self.commitment.len()
            ))
        })
    }
}

/// What lies sealed: part B, and what blinds its hash and digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The part.
    pub part: PartB,
    /// Blinds its hash.
    pub opening: Opening,
    /// Blinds `values_digest`.
    pub values_salt: Option<Opening>,
    /// Blinds `contact_digest`.
    pub contact_salt: Option<Opening>,
}

/// What a receipt shows of a record: both parts as canonical JSON, with what opens them. `Debug` hides it.
#[derive(Clone)]
pub struct Shown {
    /// Part A.
    pub part_a: String,
    /// Part B.
    pub part_b: String,
    /// Blinds the hash of part A.
    pub opening_a: Opening,
    /// Blinds the hash of part B.
    pub opening_b: Opening,
    /// Blinds `contact_digest`.
    pub contact_salt: Option<Opening>,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

/// Why part B cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Altered, moved or another key's.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// It opens, but to something else.
    #[error("part B of an evidence record is not what it should be")]
    Content,
}

/// [`Opened`] on its way out of the seal; hexadecimal.
#[derive(Deserialize)]
struct Sealed {
    part: PartB,
    opening: String,
    values_salt: Option<String>,
    contact_salt: Option<String>,
}

fn cell(record: &Uuid) -> Cell<'_> {
    Cell { table: "evidence", row: record.as_bytes(), column: "part_b" }
}

/// Commits to both parts with fresh openings, and seals part B under the subject's evidence key.
pub fn seal(draft: &Draft, key: &Key, random: &Random) -> Result<EvidenceRow, CanonicalError> {
    seal_to_show(draft, key, random).map(|(row, _)| row)
}

/// [`seal`], and what a receipt of the record shows.
pub fn seal_to_show(draft: &Draft, key: &Key, random: &Random) -> Result<(EvidenceRow, Shown), CanonicalError> {
    let (opening_a, opening_b): (Opening, Opening) = (random.bytes(), random.bytes());
    let (part_a, part_b) = (canonical::to_string(&draft.part_a)?, canonical::to_string(&draft.part_b)?);
    // The same as `evidence::part_hash`, from bytes that are needed anyway.
    let hash_a = sha256(&[&opening_a, part_a.as_bytes()]);
    let commitment = evidence::commitment(&hash_a, &sha256(&[&opening_b, part_b.as_bytes()]));
    let plain = sealing(draft, &part_b, &opening_b);
    let row = EvidenceRow {
        record_id: draft.record_id,
        submission_id: draft.submission_id,
        subject_id: draft.subject_id,
        part_a: part_a.as_bytes().to_vec(),
        opening_a: opening_a.to_vec(),
        part_b: key.seal(&cell(&draft.record_id), &plain, random),
        commitment: commitment.to_vec(),
        leaf_index: None,
    };
    Ok((row, Shown { part_a, part_b, opening_a, opening_b, contact_salt: draft.contact_salt }))
}

/// What is sealed: canonical JSON around part B, which is there already.
fn sealing(draft: &Draft, part_b: &str, opening: &Opening) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(part_b.len() + 256));
    let mut write = |text: &str| plain.extend_from_slice(text.as_bytes());
    write("{");
    if let Some(salt) = &draft.contact_salt {
        write(&format!(r#""contact_salt":"{}","#, hex(salt)));
    }
    write(&format!(r#""opening":"{}","part":"#, hex(opening)));
    write(part_b);
    if let Some(salt) = &draft.values_salt {
        write(&format!(r#","values_salt":"{}""#, hex(salt)));
    }
    write("}");
    plain
}

/// What a receipt of a kept record shows, opened with the subject's evidence key.
pub fn show(row: &EvidenceRow, key: &Key) -> Result<Shown, OpenError> {
    let opened = open(row, key)?;
    Ok(Shown {
        part_a: String::from_utf8(row.part_a.clone()).map_err(|_| OpenError::Content)?,
        part_b: canonical::to_string(&opened.part).map_err(|_| OpenError::Content)?,
        opening_a: row.opening_a.as_slice().try_into().map_err(|_| OpenError::Content)?,
        opening_b: opened.opening,
        contact_salt: opened.contact_salt,
    })
}

/// Opens part B of a record with the subject's evidence key.
pub fn open(row: &EvidenceRow, key: &Key) -> Result<Opened, OpenError> {
    let plain = key.open(&cell(&row.record_id), &row.part_b)?;
    let sealed: Sealed = serde_json::from_slice(&plain).map_err(|_| OpenError::Content)?;
    let opening = |text: &str| unhex32(text).ok_or(OpenError::Content);
    Ok(Opened {
        part: sealed.part,
        opening: opening(&sealed.opening)?,
        values_salt: sealed.values_salt.as_deref().map(opening).transpose()?,
        contact_salt: sealed.contact_salt.as_deref().map(opening).transpose()?,
    })
}
