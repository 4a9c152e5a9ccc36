//! The head of a tree in three lines (C2SP tlog-checkpoint); a [note](super::note) signs them.

use super::Hash;
use crate::base64;

/// The head of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: an address without its scheme, such as `forms.example/ledger`.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root.
    pub root: Hash,
}

/// Lines that are no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Fewer or more than three lines, or one that is empty. Extension lines cannot be audited, so none is accepted.
    #[error("a checkpoint has three lines: origin, size, root")]
    Lines,
    /// No number, or not as it is written.
    #[error("the second line of a checkpoint is the tree's size")]
    Size,
    /// No base64, or not 32 bytes.
    #[error("the third line of a checkpoint is the root, 32 bytes in base64")]
    Root,
}

impl Checkpoint {
    /// The text that is signed; ends with a newline.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64::encode(&self.root))
    }

    /// Reads the text.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else { return Err(CheckpointError::Lines) };
        if origin.is_empty() {
            return Err(CheckpointError::Lines);
        }
        Ok(Self {
            origin: (*origin).to_owned(),
            size: read_number(size).ok_or(CheckpointError::Size)?,
            root: read_hash(root).ok_or(CheckpointError::Root)?,
        })
    }
}

/// A decimal number without sign or leading zeros.
pub(super) fn read_number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// 32 bytes in base64.
pub(super) fn read_hash(text: &str) -> Option<Hash> {
    base64::decode(text)?.try_into().ok()
}
