//! A receipt: one record with its proof, as the file that a visitor keeps.
//!
//! It holds both parts of the record with their openings, the words that were shown, and a C2SP tlog-proof with the
//! checkpoint. [`Receipt::read`] takes the file apart and notices damage; [`verify`] holds it against the log's key, which
//! comes from elsewhere and never from the file. What comes of it says who (a pseudonym), what, when, on which words; and
//! whether an address is the one that was given. Nothing here has input or output, so the page and the command line run it.

mod report;
mod write;

pub use report::{Fact, Report, Told, basis, decided};
pub use write::Draft;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    canonical,
    contact::EmailAddress,
    evidence::{self, Opening, PartA, PartB},
    id::{Language, PurposeId},
    merkle::{
        Checkpoint, LogProof, leaf_hash,
        note::{Note, NoteError, VerifierKey},
        proof::verify_inclusion,
    },
    signature::{hex, sha256, unhex32},
    texts::receipt::Says,
};

/// The `schema` of the receipts that this build writes and reads.
pub const SCHEMA: &str = "unticked receipt v1";
/// What the schemas of all versions begin with; a number follows.
const FAMILY: &str = "unticked receipt v";
/// Bytes; a receipt has about five thousand.
pub const LARGEST: usize = 1 << 20;

/// A receipt that is whole, and that nobody has checked yet.
#[derive(Debug, Clone)]
pub struct Receipt {
    record: Parts,
    opening_a: Opening,
    opening_b: Opening,
    contact: Option<Opening>,
    texts: BTreeMap<String, String>,
    proof: LogProof,
    note: Note,
}

/// What a receipt proves.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What was decided, by nobody in particular.
    pub part_a: PartA,
    /// Who decided it, when and where.
    pub part_b: PartB,
    /// The words that were shown, by purpose.
    pub texts: BTreeMap<PurposeId, String>,
    /// The log's name.
    pub log: String,
    /// The record's place in it.
    pub index: u64,
    /// How many entries the log had then.
    pub size: u64,
    /// The signed head.
    pub checkpoint: String,
    contact: Option<(String, Opening)>,
}

/// Whether an address is the one that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameAddress {
    /// It is.
    Yes,
    /// Another one was.
    No,
    /// None was given with this record.
    NoneGiven,
    /// What was asked about is no mail address.
    NotAnAddress,
}

/// Why a file proves nothing. Each has one sentence, in English by `Display`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptError {
    /// More than [`LARGEST`].
    TooLarge,
    /// It ends before it is complete.
    CutOff,
    /// Something else.
    NoReceipt,
    /// Of a later kind.
    Newer,
    /// Of an earlier kind.
    Older,
    /// Not as it was given out.
    Altered(Altered),
    /// In another log than the key's.
    Foreign {
        /// The log that it names.
        log: String,
        /// The log of the key.
        known: String,
    },
    /// In a log of the key's name, signed with another key.
    OtherKey {
        /// The log.
        log: String,
    },
}

/// What of it was altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Altered {
    /// Something: the checksum says so.
    Checksum,
    /// Members are missing, or do not belong.
    Shape,
    /// A text is not the one that the record names.
    Text,
    /// The record is not the one in the log.
    Record,
    /// The log's signature does not hold.
    Signature,
}

impl ReceiptError {
    /// A stable word for programs.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::CutOff => "cut-off",
            Self::NoReceipt => "no-receipt",
            Self::Newer => "newer",
            Self::Older => "older",
            Self::Altered(Altered::Checksum) => "altered",
            Self::Altered(Altered::Shape) => "altered-shape",
            Self::Altered(Altered::Text) => "altered-text",
            Self::Altered(Altered::Record) => "altered-record",
            Self::Altered(Altered::Signature) => "altered-signature",
            Self::Foreign { .. } => "foreign",
            Self::OtherKey { .. } => "other-key",
        }
    }

    /// Whether the file is a receipt that does not hold; otherwise it could not be checked.
    pub fn is_disproof(&self) -> bool {
        matches!(self, Self::CutOff | Self::Altered(_))
    }

    /// The sentence, in the words of a page.
    pub fn sentence(&self, words: &dyn Fn(Says) -> String) -> String {
        let filled = |says: Says, parts: &[(&str, &str)]| {
            parts.iter().fold(words(says), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        match self {
            Self::TooLarge => words(Says::TooLarge),
            Self::CutOff => words(Says::CutOff),
            Self::NoReceipt => words(Says::NoReceipt),
            Self::Newer => words(Says::Newer),
            Self::Older => words(Says::Older),
            Self::Altered(Altered::Checksum) => words(Says::Altered),
            Self::Altered(Altered::Shape) => words(Says::AlteredShape),
            Self::Altered(Altered::Text) => words(Says::AlteredText),
            Self::Altered(Altered::Record) => words(Says::AlteredRecord),
            Self::Altered(Altered::Signature) => words(Says::AlteredProof),
            Self::Foreign { log, known } => filled(Says::Foreign, &[("log", log), ("known", known)]),
            Self::OtherKey { log } => filled(Says::OtherKey, &[("log", log)]),
        }
    }
}

/// A word in English.
pub fn english(word: Says) -> String {
    let english = Language::parse("en").expect("a language tag");
    word.text(&english).to_owned()
}

impl std::fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(&english))
    }
}

impl std::error::Error for ReceiptError {}

impl From<Altered> for ReceiptError {
    fn from(altered: Altered) -> Self {
        Self::Altered(altered)
    }
}

/// The file but for its checksum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    openings: Openings,
    proof: String,
    record: Parts,
    #[serde(rename = "schema")]
    _schema: String,
    texts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Openings {
    a: String,
    b: String,
    contact: Option<String>,
}

/// As they stand: a later build may write more into a part, and its hash covers that, too.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    a: Value,
    b: Value,
}

impl Receipt {
    /// Reads a file. White space around and between its members changes nothing; anything else is noticed here, or by
    /// [`verify`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > LARGEST {
            return Err(ReceiptError::TooLarge);
        }
        // Editors put a mark before a text, and a file that was pasted may have lost its end.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
        if bytes.first() != Some(&b'{') {
            return Err(ReceiptError::NoReceipt);
        }
        let mut value: Value = serde_json::from_slice(bytes).map_err(|error| {
            let cut = error.is_eof() || std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
            // A bracket that was damaged may look like an end that is missing.
            if cut && bytes.last() != Some(&b'}') {
                ReceiptError::CutOff
            } else if is_ours(bytes) {
                Altered::Checksum.into()
            } else {
                ReceiptError::NoReceipt
            }
        })?;
        let members = value.as_object_mut().ok_or(ReceiptError::NoReceipt)?;
        check_schema(members.get("schema").and_then(Value::as_str), bytes)?;
        let checksum = members.remove("checksum");
        let checksum = checksum.as_ref().and_then(Value::as_str).ok_or(Altered::Shape)?;
        // Before anything else, so that damage has one name whatever it hit.
        let content = canonical::to_vec(&value).map_err(|_| Altered::Checksum)?;
        if hex(&sha256(&[&content])) != checksum {
            return Err(Altered::Checksum.into());
        }
        let file: File = serde_json::from_value(value).map_err(|_| Altered::Shape)?;
        let opening = |text: &str| unhex32(text).filter(|bytes| hex(bytes) == text).ok_or(Altered::Shape);
        let proof = LogProof::parse(&file.proof).map_err(|_| Altered::Shape)?;
        if proof.extra.is_some() {
            return Err(Altered::Shape.into());
        }
        Ok(Self {
            opening_a: opening(&file.openings.a)?,
            opening_b: opening(&file.openings.b)?,
            contact: file.openings.contact.as_deref().map(opening).transpose()?,
            record: file.record,
            texts: file.texts,
            note: Note::parse(&proof.checkpoint).map_err(|_| Altered::Shape)?,
            proof,
        })
    }

    /// The log that it names. Nothing vouches for it before [`verify`].
    pub fn log(&self) -> &str {
        self.proof.checkpoint.lines().next().unwrap_or_default()
    }
}

/// Whether a text that is no JSON was a receipt once.
fn is_ours(bytes: &[u8]) -> bool {
    [&b"\"schema\""[..], b"unticked receipt", b"\"checksum\"", b"\"openings\""]
        .iter()
        .filter(|part| bytes.windows(part.len()).any(|window| window == **part))
        .count()
        > 1
}

fn check_schema(schema: Option<&str>, bytes: &[u8]) -> Result<(), ReceiptError> {
    let Some(schema) = schema else {
        return Err(if is_ours(bytes) { Altered::Checksum.into() } else { ReceiptError::NoReceipt });
    };
    if schema == SCHEMA {
        return Ok(());
    }
    let number = schema.strip_prefix(FAMILY).and_then(|number| number.parse::<u32>().ok());
    Err(match number {
        Some(0) => ReceiptError::Older,
        Some(_) => ReceiptError::Newer,
        None if is_ours(bytes) => Altered::Checksum.into(),
        None => ReceiptError::NoReceipt,
    })
}

/// Checks a receipt with the key of its log, and says what it proves.
pub fn verify(receipt: &Receipt, key: &VerifierKey) -> Result<Verified, ReceiptError> {
    let log = receipt.log();
    if log != key.name() {
        return Err(ReceiptError::Foreign { log: log.to_owned(), known: key.name().to_owned() });
    }
    let text = receipt.note.verify(std::slice::from_ref(key)).map_err(|error| match error {
        NoteError::UnknownKey => ReceiptError::OtherKey { log: log.to_owned() },
        NoteError::BadSignature => Altered::Signature.into(),
        NoteError::Malformed => Altered::Shape.into(),
    })?;
    let head = Checkpoint::parse(text).map_err(|_| Altered::Shape)?;

    let hash = |opening, part| evidence::part_hash(opening, part).map_err(|_| Altered::Record);
    let (hash_a, hash_b) = (hash(&receipt.opening_a, &receipt.record.a)?, hash(&receipt.opening_b, &receipt.record.b)?);
    let leaf = leaf_hash(&evidence::leaf(&evidence::commitment(&hash_a, &hash_b)));
    let LogProof { index, hashes, .. } = &receipt.proof;
    verify_inclusion(&leaf, *index, head.size, hashes, &head.root).map_err(|_| Altered::Record)?;

    // The log vouches for the record from here on; one that cannot be read is of a later build.
    let part_a: PartA = serde_json::from_value(receipt.record.a.clone()).map_err(|_| ReceiptError::Newer)?;
    let part_b: PartB = serde_json::from_value(receipt.record.b.clone()).map_err(|_| ReceiptError::Newer)?;
    if part_a.schema != evidence::SCHEMA {
        return Err(ReceiptError::Newer);
    }
    let mut texts = BTreeMap::new();
    for purpose in &part_a.purposes {
        let text = receipt.texts.get(purpose.id.as_str());
        let text = text.filter(|text| evidence::statement_digest(text) == purpose.statement).ok_or(Altered::Text)?;
        texts.insert(purpose.id.clone(), text.clone());
    }
    if texts.len() != receipt.texts.len() {
        return Err(Altered::Text.into());
    }
    let contact = match (&part_b.contact_digest, receipt.contact) {
        (Some(digest), Some(salt)) => Some((digest.clone(), salt)),
        (None, None) => None,
        _ => return Err(Altered::Shape.into()),
    };
    Ok(Verified {
        part_a,
        part_b,
        texts,
        log: head.origin,
        index: *index,
        size: head.size,
        checkpoint: receipt.proof.checkpoint.clone(),
        contact,
    })
}

impl Verified {
    /// Whether this is the address that was given. Normalised as the collector does it.
    pub fn is_address(&self, text: &str) -> SameAddress {
        let Some((digest, salt)) = &self.contact else { return SameAddress::NoneGiven };
        match EmailAddress::parse(text) {
            None => SameAddress::NotAnAddress,
            Some(address) if evidence::salted_digest(salt, address.as_str().as_bytes()) == *digest => SameAddress::Yes,
            Some(_) => SameAddress::No,
        }
    }

    /// Whether an address belongs to the record.
    pub fn has_address(&self) -> bool {
        self.contact.is_some()
    }
}

#[cfg(test)]
mod tests;
