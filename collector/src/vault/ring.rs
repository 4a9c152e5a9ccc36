//! The key ring: a file of its own, outside the databases and their backups.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use unticked_shared::signature::{SigningKey, hex};
use zeroize::{Zeroize, Zeroizing};

use super::cipher::{Cell, Key, NotOpened};
use crate::world::Random;

const HEAD: &str = "\
# The key ring of Unticked. Whoever holds this file and the databases can read everything in them; without this
# file nobody can. Keep a copy, apart from the backups of the databases.
#
# Of each kind the first key seals or signs and every key opens. To change a key, put a new one before it; the old
# one stays for as long as anything that it sealed is kept. The index key cannot be changed: addresses are found by it.
";

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
}

/// The keys of one kind; never empty.
#[derive(Clone)]
struct Keys(Vec<NamedKey>);

#[derive(Clone)]
struct NamedKey {
    id: [u8; 4],
    key: Key,
}

/// The file's shape.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Wraps the subjects' keys.
    wrap: Vec<Entry>,
    /// Seals values that identify nobody.
    value: Vec<Entry>,
    /// Signs tickets.
    ticket: Vec<Entry>,
    /// Hashes addresses.
    index: Entry,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// 8 hexadecimal digits; stands before what the key seals, and in the tickets it signs.
    id: String,
    /// Base64 of 32 bytes.
    key: String,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.key.zeroize();
    }
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
                let made = make(path, random).map_err(|cause| RingError::File { path: path.to_owned(), cause })?;
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
        Self::read_whoever_may(path, false)
    }

    /// Names the ring without revealing it. It stays while keys are changed, since the index key cannot be.
    pub fn fingerprint(&self) -> String {
        hex(&self.index_key("key ring", "fingerprint").tag(b"unticked")[..8])
    }

    fn read(path: &Path, made_now: bool) -> Result<Self, RingError> {
        let file = |cause| RingError::File { path: path.to_owned(), cause };
        #[cfg(unix)]
        {
            let metadata = fs::metadata(path).map_err(file)?;
            let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
            if mode & 0o077 != 0 {
                return Err(RingError::Permissions { path: path.to_owned(), mode });
            }
        }
        Self::read_whoever_may(path, made_now)
    }

    fn read_whoever_may(path: &Path, made_now: bool) -> Result<Self, RingError> {
        let file = |cause| RingError::File { path: path.to_owned(), cause };
        let text = Zeroizing::new(fs::read_to_string(path).map_err(file)?);
        Self::parse(&text, made_now).map_err(|reason| RingError::Content { path: path.to_owned(), reason })
    }

    fn parse(text: &str, made_now: bool) -> Result<Self, String> {
        // The parser's own message quotes the line, which may be a key.
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            format!("line {line} is not as it should be")
        })?;
        Ok(Self {
            wrap: Keys::read("wrap", &file.wrap)?,
            value: Keys::read("value", &file.value)?,
            ticket: Keys::read("ticket", &file.ticket)?,
            index: NamedKey::read("index", &file.index)?.key,
            made_now,
        })
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
        self.ticket.0.iter().map(|key| (hex(&key.id), SigningKey::new(key.key.expose().to_vec())))
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
        if twice { Err(format!("two `{kind}` keys share an id")) } else { Ok(Self(keys)) }
    }

    fn seal(&self, cell: &Cell<'_>, plain: &[u8], random: &Random) -> Vec<u8> {
        let first = &self.0[0];
        let mut sealed = first.id.to_vec();
        sealed.append(&mut first.key.seal(cell, plain, random));
        sealed
    }

    fn open(&self, cell: &Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let (id, rest) = sealed.split_at_checked(4).ok_or(NotOpened)?;
        let key = self.0.iter().find(|key| key.id == id).ok_or(NotOpened)?;
        key.key.open(cell, rest)
    }
}

impl NamedKey {
    fn read(kind: &str, entry: &Entry) -> Result<Self, String> {
        let id = u32::from_str_radix(&entry.id, 16).ok().filter(|_| entry.id.len() == 8);
        let id = id.ok_or_else(|| format!("the id of a `{kind}` key must be 8 hexadecimal digits"))?;
        let bytes = STANDARD.decode(&entry.key).map(Zeroizing::new).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        let bytes = bytes.ok_or_else(|| format!("the `{kind}` key {} must be base64 of 32 bytes", entry.id))?;
        Ok(Self { id: id.to_be_bytes(), key: Key::new(bytes) })
    }
}

/// Makes the file; answers whether it was us, and not another process at the same moment.
fn make(path: &Path, random: &Random) -> io::Result<bool> {
    let entry = || {
        let secret = Zeroizing::new(random.bytes::<32>());
        Entry { id: hex(&random.bytes::<4>()), key: STANDARD.encode(secret.as_slice()) }
    };
    let file = File { wrap: vec![entry()], value: vec![entry()], ticket: vec![entry()], index: entry() };
    let keys = Zeroizing::new(toml::to_string(&file).map_err(io::Error::other)?);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Written beside its place, made durable, then put there in one step: nobody ever sees half a ring, and a ring
    // that is there is never overwritten.
    let draft = folder.join(format!(".unticked-keys-{}", hex(&random.bytes::<8>())));
    let put = write_private(&draft, keys.as_bytes()).and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match put {
        Ok(()) => {
            fs::File::open(folder)?.sync_all()?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn write_private(path: &Path, keys: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(HEAD.as_bytes())?;
    file.write_all(keys)?;
    file.sync_all()
}
