//! How one entry follows another, and what is wrong where it does not. No database.

use std::fmt;

use unticked_shared::signature::SigningKey;

use super::{
    Checked,
    sql::{Row, StoredHead},
};

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry.
    pub number: i64,
    /// Its MAC.
    pub mac: Vec<u8>,
}

impl Head {
    /// Before the first entry.
    pub fn none() -> Self {
        Self { number: 0, mac: vec![0; 32] }
    }
}

impl From<StoredHead> for Head {
    fn from(head: StoredHead) -> Self {
        Self { number: head.number, mac: head.mac }
    }
}

/// Something wrong with the log, in words for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The row does not match its MAC.
    Changed(i64),
    /// Numbers are missing, the first and the last of them.
    Removed(i64, i64),
    /// The row is whole, but does not follow the one before it.
    Torn(i64),
    /// The key store knows of entries up to the second number, and the log ends before the first.
    CutOff(i64, i64),
    /// The key store knows another entry of that number.
    Replaced(i64),
    /// There are entries, and the key store knows of none.
    Unknown,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(number) => write!(f, "entry {number} was changed after it was written"),
            Self::Removed(first, last) if first == last => write!(f, "entry {first} was removed"),
            Self::Removed(first, last) => write!(f, "entries {first} to {last} were removed"),
            Self::Torn(number) => {
                write!(f, "entry {number} does not follow the one before it: one of them was put in another's place")
            }
            Self::CutOff(first, last) => write!(
                f,
                "entries {first} to {last} are missing at the end: they were removed, or the database was restored from \
                 a backup that is older than the key store"
            ),
            Self::Replaced(number) => write!(f, "entry {number} is not the one that the key store knows"),
            Self::Unknown => f.write_str(
                "the key store knows nothing of this log: it was replaced, or restored from a backup that is older \
                 than the first entry",
            ),
        }
    }
}

/// The MAC of an entry: over every column but itself, each with its length before it, so that no two entries give
/// the same bytes.
pub fn mac(key: &SigningKey, row: &Row) -> Vec<u8> {
    let mut bytes = Vec::new();
    let numbers = [row.number.to_be_bytes(), row.at.to_be_bytes()];
    let parts: [&[u8]; 8] = [
        &numbers[0],
        &numbers[1],
        row.who.as_bytes(),
        row.reason.as_bytes(),
        row.command.as_bytes(),
        row.submissions.as_bytes(),
        row.revealed.as_bytes(),
        &row.previous,
    ];
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    key.tag(&bytes).to_vec()
}

/// Follows the log from its first entry.
pub struct Chain<'k> {
    key: &'k SigningKey,
    head: Option<Head>,
    last: Head,
    /// The last entry is as it was written, so that the next one can be held against it.
    sound: bool,
    entries: i64,
    findings: Vec<Finding>,
}

impl<'k> Chain<'k> {
    /// At the beginning; `head` is what the key store knows.
    pub fn new(key: &'k SigningKey, head: Option<Head>) -> Self {
        Self { key, head, last: Head::none(), sound: true, entries: 0, findings: Vec::new() }
    }

    /// The next entry, in the order of their numbers.
    pub fn follow(&mut self, row: &Row) {
        self.entries += 1;
        let gap = row.number > self.last.number + 1;
        if gap {
            self.findings.push(Finding::Removed(self.last.number + 1, row.number - 1));
        }
        let follows = gap || !self.sound || row.previous == self.last.mac;
        self.sound = row.number >= 1 && row.mac == mac(self.key, row);
        if !self.sound {
            self.findings.push(Finding::Changed(row.number));
        } else if !follows {
            self.findings.push(Finding::Torn(row.number));
        } else if self.head.as_ref().is_some_and(|head| head.number == row.number && head.mac != row.mac) {
            self.findings.push(Finding::Replaced(row.number));
        }
        self.last = Head { number: row.number, mac: row.mac.clone() };
    }

    /// The end is reached.
    pub fn finish(mut self) -> Checked {
        match &self.head {
            Some(head) if head.number > self.last.number => {
                self.findings.push(Finding::CutOff(self.last.number + 1, head.number));
            }
            None if self.entries > 0 => self.findings.push(Finding::Unknown),
            // A gap where it was: named already.
            Some(_) | None => {}
        }
        Checked { entries: self.entries, findings: self.findings }
    }
}
