//! The key ring: a file of its own, outside the databases and their backups.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use jiff::Timestamp;
use sha2::Sha256;
use unticked_shared::signature::{SigningKey, hex};
use zeroize::Zeroizing;

use super::{
    cipher::{Cell, Key, NotOpened},
    ring_file::{self, Entry, File},
};
use crate::world::Random;

/// Why the key ring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The file cannot be read or made.
    #[error("the key ring {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Others than its owner may read the file.
    #[error("the key ring {path} may be read by others than its owner (mode {mode:o}); say `chmod 600 {path}`")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is no key ring, or not a whole one.
    #[error("the key ring {path} cannot be used: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong; never a key.
        reason: String,
    },
}

/// The secrets that lie outside the databases. `Debug` hides them.
#[derive(Clone)]
pub struct KeyRing {
    wrap: Keys,
    value: Keys,
    ticket: Keys,
    index: Key,
    made_now: bool,
    path: PathBuf,
}

/// The keys of one kind; never empty.
#[derive(Clone)]
struct Keys(Vec<NamedKey>);

#[derive(Clone)]
struct NamedKey {
    id: KeyId,
    key: Key,
    made_at: Option<Timestamp>,
    first_since: Option<Timestamp>,
    prepared: bool,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Wraps the subjects' keys.
    Wrap,
    /// Seals values that identify nobody.
    Value,
    /// Signs tickets.
    Ticket,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Wrap, Self::Value, Self::Ticket];

    /// As the file calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wrap => "wrap",
            Self::Value => "value",
            Self::Ticket => "ticket",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a key; stands before everything that it seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// Of the key under which something was sealed.
    pub fn of(sealed: &[u8]) -> Option<Self> {
        sealed.first_chunk().map(|id| Self(*id))
    }
}

impl KeyId {
    /// As it is written: 8 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let id = u32::from_str_radix(text, 16).ok().filter(|_| text.len() == 8)?;
        Some(Self(id.to_be_bytes()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// One key of the ring, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name.
    pub id: KeyId,
    /// What it does.
    pub role: Role,
    /// When it was put into the ring; not known of those that were made with it.
    pub made_at: Option<Timestamp>,
    /// Since when it is, or was, the first; not known of those that were made with the ring.
    pub first_since: Option<Timestamp>,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The first: it seals or signs.
    First,
    /// It opens what it has sealed.
    Older,
    /// It waits until every collector knows it.
    Prepared,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRing(…)")
    }
}

impl KeyRing {
    /// Reads the file; makes it, readable by its owner alone, when it does not exist.
    pub fn open(path: &Path, random: &Random) -> Result<Self, RingError> {
        match fs::symlink_metadata(path) {
            Ok(_) => Self::read(path, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made =
                    ring_file::make(path, random).map_err(|cause| RingError::File { path: path.to_owned(), cause })?;
                Self::read(path, made)
            }
            Err(cause) => Err(RingError::File { path: path.to_owned(), cause }),
        }
    }

    /// Whether [`KeyRing::open`] has just made the file: then it opens nothing that is older.
    pub fn made_now(&self) -> bool {
        self.made_now
    }

    /// Reads the file; what is not there is not made.
    pub fn open_existing(path: &Path) -> Result<Self, RingError> {
        Self::read(path, false)
    }

    /// Reads a copy of the file, whoever may read it: a disk that knows no modes is no reason not to restore.
    pub fn read_copy(path: &Path) -> Result<Self, RingError> {
        Self::understand(path, &ring_file::read(path, true)?, false)
    }

    /// Names the ring without revealing it. It stays while keys are changed, since the index key cannot be.
    pub fn fingerprint(&self) -> String {
        hex(&self.index_key("key ring", "fingerprint").tag(b"unticked")[..8])
    }

    fn read(path: &Path, made_now: bool) -> Result<Self, RingError> {
        Self::understand(path, &ring_file::read(path, false)?, made_now)
    }

    fn understand(path: &Path, text: &str, made_now: bool) -> Result<Self, RingError> {
        let ring = ring_file::parse(text).and_then(|file| Self::from_file(&file, path, made_now));
        ring.map_err(|reason| RingError::Content { path: path.to_owned(), reason })
    }

    pub(super) fn from_file(file: &File, path: &Path, made_now: bool) -> Result<Self, String> {
        Ok(Self {
            wrap: Keys::read("wrap", &file.wrap)?,
            value: Keys::read("value", &file.value)?,
            ticket: Keys::read("ticket", &file.ticket)?,
            index: NamedKey::read("index", &file.index)?.key,
            made_now,
            path: path.to_owned(),
        })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys of a kind, in the ring's order.
    pub fn keys(&self, kind: Kind) -> Vec<KeyInfo> {
        let keys = self.of(kind).0.iter().enumerate();
        let info = keys.map(|(at, key)| KeyInfo {
            id: key.id,
            role: match (at, key.prepared) {
                (0, _) => Role::First,
                (_, true) => Role::Prepared,
                (_, false) => Role::Older,
            },
            made_at: key.made_at,
            first_since: key.first_since,
        });
        info.collect()
    }

    /// The first key of a kind.
    pub fn first(&self, kind: Kind) -> KeyId {
        self.of(kind).0[0].id
    }

    /// Whether a key of this kind is in the ring.
    pub fn has(&self, kind: Kind, id: KeyId) -> bool {
        self.of(kind).0.iter().any(|key| key.id == id)
    }

    /// Whether every key of another ring is in this one, too.
    pub fn holds_all_of(&self, other: &Self) -> bool {
        Kind::ALL.into_iter().all(|kind| other.of(kind).0.iter().all(|key| self.has(kind, key.id)))
    }

    /// Names every key by kind, the first one first, and no secret: `wrap 1a2b3c4d 5e6f7a8b value …`.
    pub fn knows(&self) -> String {
        let kinds = Kind::ALL.map(|kind| {
            let ids: Vec<String> = self.of(kind).0.iter().map(|key| key.id.to_string()).collect();
            format!("{kind} {}", ids.join(" "))
        });
        kinds.join(" ")
    }

    fn of(&self, kind: Kind) -> &Keys {
        match kind {
            Kind::Wrap => &self.wrap,
            Kind::Value => &self.value,
            Kind::Ticket => &self.ticket,
        }
    }

    /// Wraps a subject's key.
    pub(super) fn wrap(&self, cell: &Cell<'_>, key: &Key, random: &Random) -> Vec<u8> {
        self.wrap.seal(cell, key.expose(), random)
    }

    /// Opens a wrapped subject key.
    pub(super) fn unwrap(&self, cell: &Cell<'_>, wrapped: &[u8]) -> Result<Key, NotOpened> {
        let bytes = self.wrap.open(cell, wrapped)?;
        Ok(Key::new(bytes.as_slice().try_into().map_err(|_| NotOpened)?))
    }

    /// Seals a value that identifies nobody; it outlives the subject's keys.
    pub fn seal(&self, cell: &Cell<'_>, plain: &[u8], random: &Random) -> Vec<u8> {
        self.value.seal(cell, plain, random)
    }

    /// Opens what [`KeyRing::seal`] sealed.
    pub fn open_value(&self, cell: &Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        self.value.open(cell, sealed)
    }

    /// The keys that sign and open tickets, by name; the first signs.
    pub fn ticket_keys(&self) -> impl Iterator<Item = (String, SigningKey)> {
        self.ticket.0.iter().map(|key| (key.id.to_string(), SigningKey::new(key.key.expose().to_vec())))
    }

    /// A key for MACs of the collector's own, by what they are for. It derives from the index key, which never changes.
    pub fn derived_key(&self, purpose: &str) -> SigningKey {
        let mut bytes = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(None, self.index.expose())
            .expand_multi_info(&[b"unticked derived key v1\0", purpose.as_bytes()], bytes.as_mut_slice())
            .expect("32 bytes are within what HKDF-SHA256 can give");
        SigningKey::new(bytes.to_vec())
    }

    /// The key of one column's blind index.
    pub fn index_key(&self, table: &str, column: &str) -> SigningKey {
        self.derived(&[b"unticked blind index v1\0", table.as_bytes(), b"\0", column.as_bytes()])
    }

    /// The key of personal links. It comes from the one key that is never changed: a link that was printed must open for as
    /// long as there is something to take back.
    pub fn link_key(&self) -> SigningKey {
        self.derived(&[b"unticked personal link v1"])
    }

    /// The secret of the key that signs the ledger's heads under a name. It comes from the one key that is never changed:
    /// a receipt must be checkable for as long as somebody keeps it.
    pub fn ledger_seed(&self, origin: &str) -> Zeroizing<[u8; 32]> {
        let mut seed = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(None, self.index.expose())
            .expand_multi_info(&[b"unticked ledger v1\0", origin.as_bytes()], seed.as_mut_slice())
            .expect("32 bytes are within what HKDF-SHA256 can give");
        seed
    }

    fn derived(&self, info: &[&[u8]]) -> SigningKey {
        let mut bytes = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(None, self.index.expose())
            .expand_multi_info(info, bytes.as_mut_slice())
            .expect("32 bytes are within what HKDF-SHA256 can give");
        SigningKey::new(bytes.to_vec())
    }
}

impl Keys {
    fn read(kind: &str, entries: &[Entry]) -> Result<Self, String> {
        let keys: Vec<_> = entries.iter().map(|entry| NamedKey::read(kind, entry)).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(format!("it holds no `{kind}` key"));
        }
        let twice = keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|other| other.id == key.id));
        if twice {
            return Err(format!("two `{kind}` keys share an id"));
        }
        if keys[0].prepared {
            return Err(format!("the first `{kind}` key has `made_at` and no `first_since`: it was not to seal yet"));
        }
        Ok(Self(keys))
    }

    fn seal(&self, cell: &Cell<'_>, plain: &[u8], random: &Random) -> Vec<u8> {
        let first = &self.0[0];
        let mut sealed = first.id.0.to_vec();
        sealed.append(&mut first.key.seal(cell, plain, random));
        sealed
    }

    fn open(&self, cell: &Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let (id, rest) = sealed.split_first_chunk().ok_or(NotOpened)?;
        let key = self.0.iter().find(|key| key.id.0 == *id).ok_or(NotOpened)?;
        key.key.open(cell, rest)
    }
}

impl NamedKey {
    fn read(kind: &str, entry: &Entry) -> Result<Self, String> {
        let id =
            KeyId::parse(&entry.id).ok_or_else(|| format!("the id of a `{kind}` key must be 8 hexadecimal digits"))?;
        let bytes = STANDARD.decode(&entry.key).map(Zeroizing::new).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        let bytes = bytes.ok_or_else(|| format!("the `{kind}` key {} must be base64 of 32 bytes", entry.id))?;
        let time = |text: &Option<String>| {
            let parsed = text.as_ref().map(|text| text.parse::<Timestamp>()).transpose();
            parsed.map_err(|_| format!("the `{kind}` key {} carries a time that is none", entry.id))
        };
        Ok(Self {
            id,
            key: Key::new(bytes),
            made_at: time(&entry.made_at)?,
            first_since: time(&entry.first_since)?,
            prepared: entry.is_prepared(),
        })
    }
}
