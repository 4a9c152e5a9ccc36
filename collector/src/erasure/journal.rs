//! The journal of the forgotten: a file that lies with neither half of a backup, beside the key ring.
//!
//! A backup that was made before somebody was forgotten holds them still, with their keys. So each request is written down
//! where no restore of the databases reaches, and whoever brings a backup back, or starts beside it, forgets them again. A
//! line holds ids, a ground and a time, nothing else about anybody, and a MAC under the ring; lines are only ever added.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unticked_shared::{
    canonical,
    evidence::Ground,
    signature::{SigningKey, hex, unhex32},
};
use uuid::Uuid;

use crate::vault::Vault;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("the journal of the forgotten {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A line is not one that this key ring has signed.
    #[error(
        "the journal of the forgotten {path} was altered, or is another key ring's (line {line}): whoever it named there may come \
         back with a backup. Put the right file back (`erasure.journal`)"
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// Somebody who was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The submission.
    pub submission: Uuid,
    /// The person.
    pub subject: Uuid,
    /// Why.
    pub ground: Ground,
    /// When.
    pub at: Timestamp,
}

/// What the file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// Each line that the ring has signed, in order.
    pub entries: Vec<Entry>,
    /// The first line that it has not, from 1.
    pub altered: Option<usize>,
}

/// A line, before its MAC.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    v: u8,
    submission: Uuid,
    subject: Uuid,
    ground: Ground,
    /// Milliseconds UTC.
    at: i64,
}

/// The file at work. `Debug` hides the key.
pub struct Journal {
    path: PathBuf,
    key: SigningKey,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Journal {
    /// The journal at `path`; it is made when the first person is forgotten.
    pub fn new(path: &Path, vault: &Vault) -> Self {
        Self { path: path.to_owned(), key: vault.ring().derived_key("erasure journal") }
    }

    /// Everybody who was forgotten, as far as the file can be believed; nobody where there is no file.
    pub fn read(&self) -> Result<Entries, JournalError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(self.parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Entries::default()),
            // Not text: no line of it is ours.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Ok(Entries { entries: Vec::new(), altered: Some(1) })
            }
            Err(cause) => Err(self.file(cause)),
        }
    }

    /// The same, or an error where a line is not ours.
    pub fn read_all(&self) -> Result<Vec<Entry>, JournalError> {
        let read = self.read()?;
        match read.altered {
            Some(line) => Err(JournalError::Altered { path: self.path.clone(), line }),
            None => Ok(read.entries),
        }
    }

    /// Writes somebody down, durably, unless they stand there already.
    pub fn add(&self, entry: &Entry) -> Result<(), JournalError> {
        self.try_add(entry).map_err(|cause| self.file(cause))
    }

    fn try_add(&self, entry: &Entry) -> io::Result<()> {
        let mut file = self.open()?;
        // Collectors and commands of one machine, one after the other; the lock ends with the file.
        file.lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if self.parse(&String::from_utf8_lossy(&bytes)).entries.iter().any(|one| one.submission == entry.submission) {
            return Ok(());
        }
        // Half a line is one whose writer died; nobody was told that it stands there.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) as u64;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        file.write_all(self.line(entry)?.as_bytes())?;
        file.sync_all()
    }

    fn open(&self) -> io::Result<File> {
        if self.path.as_os_str().is_empty() {
            return Err(io::Error::other("no place was named for it"));
        }
        let new = !self.path.exists();
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.path)?;
        if new {
            crate::keep::files::inherit(&self.path);
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(file)
    }

    fn line(&self, entry: &Entry) -> io::Result<String> {
        let Entry { submission, subject, ground, at } = *entry;
        let line = Line { v: 1, submission, subject, ground, at: at.as_millisecond() };
        let text = canonical::to_vec(&line).map_err(|error| io::Error::other(error.to_string()))?;
        let mac = hex(&self.key.tag(&text));
        Ok(format!("{} {mac}\n", String::from_utf8_lossy(&text)))
    }

    fn parse(&self, text: &str) -> Entries {
        let mut read = Entries::default();
        // What stands behind the last end of a line is half of one.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for (at, line) in whole.lines().enumerate() {
            match self.entry(line) {
                Some(entry) => read.entries.push(entry),
                None => read.altered = read.altered.or(Some(at + 1)),
            }
        }
        read
    }

    fn entry(&self, line: &str) -> Option<Entry> {
        let (text, mac) = line.rsplit_once(' ')?;
        self.key.tag_matches(text.as_bytes(), &unhex32(mac)?).then_some(())?;
        let Line { v: 1, submission, subject, ground, at } = serde_json::from_str(text).ok()? else { return None };
        Some(Entry { submission, subject, ground, at: Timestamp::from_millisecond(at).ok()? })
    }

    fn file(&self, cause: io::Error) -> JournalError {
        JournalError::File { path: self.path.clone(), cause }
    }
}
