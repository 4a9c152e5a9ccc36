//! The file with which somebody can check the ledger without us: a plain `tar` of texts.
//!
//! It holds every leaf, the checkpoints with their signatures, the names that the log has had, and of the records that were
//! asked for as much as may be handed over. What each file holds stands in its own README, with how to check it by hand;
//! `check.py` beside it does so with Python's own library. Here are the shapes of its lines and what one record must
//! fulfil; reading and writing files is the collector's.

pub mod tar;

use serde::{Deserialize, Serialize};

use crate::{
    evidence::commitment,
    merkle::Hash,
    signature::{hex, sha256, unhex32},
};

/// The `schema` of the bundles that this build writes, and reads.
pub const SCHEMA: &str = "unticked bundle v1";
/// How every schema of a bundle begins.
pub const SCHEMA_OF_ANY: &str = "unticked bundle v";
/// For people.
pub const README: &str = include_str!("README.txt");
/// For people who have Python.
pub const CHECK: &str = include_str!("check.py");
/// Bytes of a line of [`names::LEAVES`], its end included.
pub const LEAF_LINE: usize = 65;

/// The files of a bundle, in their order.
pub mod names {
    /// For people.
    pub const README: &str = "README.txt";
    /// Checks it with Python.
    pub const CHECK: &str = "check.py";
    /// [`About`](super::About).
    pub const ABOUT: &str = "about.json";
    /// The head: a signed note.
    pub const CHECKPOINT: &str = "checkpoint";
    /// [`OriginLine`](super::OriginLine)s.
    pub const ORIGINS: &str = "origins.jsonl";
    /// [`CheckpointLine`](super::CheckpointLine)s.
    pub const CHECKPOINTS: &str = "checkpoints.jsonl";
    /// Commitments, one a line.
    pub const LEAVES: &str = "leaves.txt";
    /// [`RecordLine`](super::RecordLine)s.
    pub const RECORDS: &str = "records.jsonl";
    /// Archived versions, by digest.
    pub const VERSIONS: &str = "versions/";
}

/// What was asked for, and how much there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// [`SCHEMA`].
    pub schema: String,
    /// RFC 3339, UTC.
    pub made_at: String,
    /// The build that made it.
    pub product: String,
    /// The log's name.
    pub origin: String,
    /// Leaves.
    pub leaves: u64,
    /// Whose records.
    pub scope: Scope,
    /// How many records.
    pub records: u64,
    /// Whether part B of the records is in it, as far as it exists.
    pub part_b: bool,
}

/// Whose records are in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everybody's.
    All,
    /// One person's, by pseudonym.
    Subject(String),
    /// Those of one form.
    Form(String),
    /// Nobody's: the ledger alone.
    None,
}

/// A name that the log has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginLine {
    /// 1, 2, 3, …
    pub number: i64,
    /// The name.
    pub origin: String,
    /// The key under it, as its owner says; compare it with one from elsewhere.
    pub key: String,
    /// How many leaves there were when it began.
    pub began_at_size: i64,
    /// RFC 3339.
    pub began_at: String,
    /// Why the one before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last head under the one before: a signed note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// A head that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointLine {
    /// RFC 3339; the owner's word.
    pub published_at: String,
    /// A signed note.
    pub note: String,
}

/// A record, as far as it is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// Its leaf.
    pub leaf: u64,
    /// Hexadecimal: what the leaf holds.
    pub commitment: String,
    /// Canonical JSON, as it was hashed.
    pub part_a: String,
    /// Hexadecimal: the 32 bytes before it.
    pub opening_a: String,
    /// Canonical JSON, as it was hashed. It points to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_b: Option<String>,
    /// Hexadecimal: the 32 bytes before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_b: Option<String>,
    /// Hexadecimal: the hash of part B, where it is not handed over or was destroyed. It tells nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_b: Option<String>,
    /// The leaf of the erasure that destroyed part B lawfully.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<u64>,
}

/// Why a record does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// A hash or an opening is not 32 bytes in lower-case hexadecimal.
    #[error("`{0}` is not 32 bytes in hexadecimal")]
    Hex(&'static str),
    /// The leaf holds another commitment.
    #[error("its commitment is not the leaf")]
    Leaf,
    /// The parts give another commitment.
    #[error("what was handed over of it does not give its commitment")]
    Commitment,
    /// There is neither part B nor its hash: then part A could be anything, lawfully ended or not.
    #[error("of its part B not even the hash is there: nobody can hold its part A against its leaf")]
    Missing,
}

impl RecordLine {
    /// Holds the record against its leaf and against itself.
    pub fn check(&self, leaf: &Hash) -> Result<(), RecordFault> {
        if self.commitment != hex(leaf) {
            return Err(RecordFault::Leaf);
        }
        let opening_a = unhex32(&self.opening_a).ok_or(RecordFault::Hex("opening_a"))?;
        let hash_b = match (&self.part_b, &self.opening_b, &self.hash_b) {
            (Some(part), Some(opening), _) => {
                let opening = unhex32(opening).ok_or(RecordFault::Hex("opening_b"))?;
                sha256(&[&opening, part.as_bytes()])
            }
            (None, None, Some(hash)) => unhex32(hash).ok_or(RecordFault::Hex("hash_b"))?,
            _ => return Err(RecordFault::Missing),
        };
        let hash_a = sha256(&[&opening_a, self.part_a.as_bytes()]);
        if commitment(&hash_a, &hash_b) == *leaf { Ok(()) } else { Err(RecordFault::Commitment) }
    }
}

/// Reads a line of [`names::LEAVES`] without its end.
pub fn read_leaf(line: &[u8]) -> Option<Hash> {
    unhex32(std::str::from_utf8(line).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> (RecordLine, Hash) {
        let (a, b) = (sha256(&[&[1; 32], b"{\"a\":1}"]), sha256(&[&[2; 32], b"{\"b\":1}"]));
        let leaf = commitment(&a, &b);
        let line = RecordLine {
            leaf: 3,
            commitment: hex(&leaf),
            part_a: "{\"a\":1}".to_owned(),
            opening_a: hex(&[1; 32]),
            part_b: Some("{\"b\":1}".to_owned()),
            opening_b: Some(hex(&[2; 32])),
            hash_b: None,
            ended_by: None,
        };
        (line, leaf)
    }

    #[test]
    fn a_record_holds_with_its_part_b_or_with_its_hash_alone() {
        let (whole, leaf) = record();
        assert_eq!(whole.check(&leaf), Ok(()));
        let hash_b = Some(hex(&sha256(&[&[2; 32], b"{\"b\":1}"])));
        let without = RecordLine { part_b: None, opening_b: None, hash_b, ..whole.clone() };
        assert_eq!(without.check(&leaf), Ok(()));
        assert_eq!(RecordLine { ended_by: Some(9), ..without.clone() }.check(&leaf), Ok(()));
        // An end that is named does not vouch for what was decided.
        let bare = RecordLine { hash_b: None, ended_by: Some(9), part_a: "{\"a\":2}".to_owned(), ..without };
        assert_eq!(bare.check(&leaf), Err(RecordFault::Missing));
        assert_eq!(RecordLine { ended_by: None, ..bare }.check(&leaf), Err(RecordFault::Missing));
    }

    #[test]
    fn whatever_is_altered_is_noticed() {
        let (whole, leaf) = record();
        let other = |change: fn(&mut RecordLine)| {
            let mut line = whole.clone();
            change(&mut line);
            line.check(&leaf)
        };
        assert_eq!(other(|line| line.part_a.push(' ')), Err(RecordFault::Commitment));
        assert_eq!(other(|line| line.part_b = Some("{}".to_owned())), Err(RecordFault::Commitment));
        assert_eq!(other(|line| line.opening_a = "00".repeat(31)), Err(RecordFault::Hex("opening_a")));
        assert_eq!(other(|line| line.opening_b = Some("AB".repeat(32))), Err(RecordFault::Hex("opening_b")));
        assert_eq!(other(|line| line.commitment = hex(&[0; 32])), Err(RecordFault::Leaf));
        assert_eq!(other(|line| line.opening_b = None), Err(RecordFault::Missing));
        assert_eq!(read_leaf(hex(&leaf).as_bytes()), Some(leaf));
        assert_eq!(read_leaf(&[b'a'; 63]), None);
    }
}
