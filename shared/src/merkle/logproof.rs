//! A leaf's proof with the checkpoint it leads to, as one text (C2SP tlog-proof).

use super::{
    Hash,
    checkpoint::{read_hash, read_number},
};
use crate::base64;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The proof that an entry is in a log, complete but for the entry and the log's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Bytes for whoever uses it; nothing vouches for them.
    pub extra: Option<Vec<u8>>,
    /// The leaf.
    pub index: u64,
    /// From the leaf's sibling up; at most 64.
    pub hashes: Vec<Hash>,
    /// The checkpoint, a signed note, as the log gave it.
    pub checkpoint: String,
}

/// A text that is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogProofError {
    /// Another format, or another version of this one.
    #[error("a proof begins with `{FIRST_LINE}`")]
    Version,
    /// The `extra` line is no base64.
    #[error("the `extra` line of a proof holds base64")]
    Extra,
    /// No `index` line, or no number in it.
    #[error("a proof says `index` and the number of the leaf")]
    Index,
    /// A line that is no hash, or more than a tree can need.
    #[error("a proof holds at most 64 hashes, 32 bytes each in base64")]
    Hash,
    /// Nothing follows the hashes.
    #[error("a proof ends with an empty line and a checkpoint")]
    Checkpoint,
}

impl LogProof {
    /// The text, as a `.tlog-proof` file holds it.
    pub fn text(&self) -> String {
        let mut lines = vec![FIRST_LINE.to_owned()];
        lines.extend(self.extra.as_ref().map(|extra| format!("extra {}", base64::encode(extra))));
        lines.push(format!("index {}", self.index));
        lines.extend(self.hashes.iter().map(|hash| base64::encode(hash)));
        format!("{}\n\n{}", lines.join("\n"), self.checkpoint)
    }

    /// Reads the text.
    pub fn parse(text: &str) -> Result<Self, LogProofError> {
        let rest =
            text.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix('\n')).ok_or(LogProofError::Version)?;
        let (head, checkpoint) = rest.split_once("\n\n").ok_or(LogProofError::Checkpoint)?;
        if checkpoint.is_empty() {
            return Err(LogProofError::Checkpoint);
        }
        let mut lines = head.split('\n').peekable();
        let extra = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            Some(extra) => {
                lines.next();
                Some(base64::decode(extra).ok_or(LogProofError::Extra)?)
            }
            None => None,
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(read_number);
        let hashes: Vec<Hash> =
            lines.map(|line| read_hash(line).ok_or(LogProofError::Hash)).collect::<Result<_, _>>()?;
        if hashes.len() > 64 {
            return Err(LogProofError::Hash);
        }
        Ok(Self { extra, index: index.ok_or(LogProofError::Index)?, hashes, checkpoint: checkpoint.to_owned() })
    }
}
