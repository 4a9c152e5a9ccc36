//! The key ring's file: its shape, and how it is changed. A change is written beside it, made durable and put into its
//! place in one step, under a lock of its folder: nobody ever sees half a ring, and a crash leaves the old or the new one.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unticked_shared::signature::hex;
use zeroize::{Zeroize, Zeroizing};

use super::ring::{KeyId, KeyRing, Kind, RingError};
use crate::{store::values::rfc3339, world::Random};

const HEAD: &str = "\
# The key ring of Unticked. Whoever holds this file and the databases can read everything in them; without this
# file nobody can. Keep a copy, apart from the backups of the databases.
#
# Of each kind the first key seals or signs and every key opens. `unticked keys rotate` puts a new one before it, seals
# anew what the old one sealed, and takes the old one out when nothing is left under it. The index key cannot be
# changed: addresses are found by it.
";

/// A ring of ours holds a few kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// The file's shape.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Wraps the subjects' keys.
    pub wrap: Vec<Entry>,
    /// Seals values that identify nobody.
    pub value: Vec<Entry>,
    /// Signs tickets.
    pub ticket: Vec<Entry>,
    /// Hashes addresses.
    pub index: Entry,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// 8 hexadecimal digits; stands before what the key seals, and in the tickets it signs.
    pub id: String,
    /// Base64 of 32 bytes.
    pub key: String,
    /// When it was put into the ring; a ring's own first keys do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<String>,
    /// Since when it is the first; one that has `made_at` alone waits until every collector knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_since: Option<String>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Entry {
    fn random(random: &Random) -> Self {
        let secret = Zeroizing::new(random.bytes::<32>());
        let (id, key) = (hex(&random.bytes::<4>()), STANDARD.encode(secret.as_slice()));
        Self { id, key, made_at: None, first_since: None }
    }

    /// It knows no work yet.
    pub fn is_prepared(&self) -> bool {
        self.made_at.is_some() && self.first_since.is_none()
    }
}

impl File {
    fn of(&mut self, kind: Kind) -> &mut Vec<Entry> {
        match kind {
            Kind::Wrap => &mut self.wrap,
            Kind::Value => &mut self.value,
            Kind::Ticket => &mut self.ticket,
        }
    }

    fn text(&self) -> io::Result<Zeroizing<String>> {
        let keys = Zeroizing::new(toml::to_string(self).map_err(io::Error::other)?);
        Ok(Zeroizing::new(format!("{HEAD}{}", keys.as_str())))
    }
}

/// Reads the text of a ring, which must be a file, for nobody but its owner unless `shared` is allowed.
pub(super) fn read(path: &Path, shared: bool) -> Result<Zeroizing<String>, RingError> {
    let failed = |cause| RingError::File { path: path.to_owned(), cause };
    let unusable = |reason: &str| RingError::Content { path: path.to_owned(), reason: reason.to_owned() };
    // Looked at before it is opened: to open a pipe would wait for somebody who writes into it.
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(unusable("it is no file"));
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 && !shared {
        return Err(RingError::Permissions { path: path.to_owned(), mode });
    }
    if metadata.len() > LARGEST {
        return Err(unusable("it is far too long for a key ring"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0)));
    fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(failed)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable("it holds bytes that are no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Understands the text; says what is wrong with it without showing any of it.
pub(super) fn parse(text: &str) -> Result<File, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    toml::from_str(text).map_err(|error| {
        // The parser's own message quotes the line, which may be a key.
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line} is not as it should be, or what must follow it is missing")
    })
}

/// Makes the file; answers whether it was us, and not another process at the same moment.
pub(super) fn make(path: &Path, random: &Random) -> io::Result<bool> {
    let entry = || Entry::random(random);
    let file = File { wrap: vec![entry()], value: vec![entry()], ticket: vec![entry()], index: entry() };
    let folder = folder(path);
    fs::create_dir_all(folder)?;
    // A ring that is there is never overwritten.
    let draft = folder.join(format!(".unticked-keys-{}", hex(&random.bytes::<8>())));
    let put = write(&draft, &file.text()?, None).and_then(|()| fs::hard_link(&draft, path));
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

/// Puts a new key of each kind behind the others, where none waits there already. Until it is [promoted](promote) it
/// seals nothing, so that every collector can learn it before anything is sealed under it.
pub fn prepare(path: &Path, kinds: &[Kind], random: &Random, now: Timestamp) -> Result<(), RingError> {
    change(path, random, |file| {
        for kind in kinds {
            let keys = file.of(*kind);
            if keys.iter().any(Entry::is_prepared) {
                continue;
            }
            let mut fresh = Entry::random(random);
            while keys.iter().any(|key| key.id == fresh.id) {
                fresh = Entry::random(random);
            }
            fresh.made_at = Some(rfc3339(now));
            keys.push(fresh);
        }
    })
}

/// Makes the prepared key of each kind the first; a kind without one stays as it is.
pub fn promote(path: &Path, kinds: &[Kind], random: &Random, now: Timestamp) -> Result<(), RingError> {
    change(path, random, |file| {
        for kind in kinds {
            let keys = file.of(*kind);
            if let Some(at) = keys.iter().position(Entry::is_prepared) {
                let mut key = keys.remove(at);
                key.first_since = Some(rfc3339(now));
                keys.insert(0, key);
            }
        }
    })
}

/// Takes keys out, for good. The first of a kind stays whatever is asked.
pub fn remove(path: &Path, retired: &[(Kind, KeyId)], random: &Random) -> Result<(), RingError> {
    change(path, random, |file| {
        for (kind, id) in retired {
            let keys = file.of(*kind);
            let first = keys[0].id.clone();
            keys.retain(|key| key.id == first || !key.id.eq_ignore_ascii_case(&id.to_string()));
        }
    })
}

fn change(path: &Path, random: &Random, edit: impl FnOnce(&mut File)) -> Result<(), RingError> {
    let failed = |cause| RingError::File { path: path.to_owned(), cause };
    let unusable = |reason| RingError::Content { path: path.to_owned(), reason };
    // Where the settings name a link, what it names is changed.
    let real = path.canonicalize().map_err(failed)?;
    let folder = folder(&real);
    // Two at once would each put their own key there, and one be lost with what it has sealed.
    let lock = fs::File::open(folder).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let before = read(&real, false)?;
    let mut file = parse(&before).map_err(unusable)?;
    KeyRing::from_file(&file, &real, false).map_err(unusable)?;
    edit(&mut file);
    let text = file.text().map_err(failed)?;
    if *text == *before {
        return Ok(());
    }
    // What cannot be read back is never put there.
    parse(&text).and_then(|file| KeyRing::from_file(&file, &real, false)).map_err(unusable)?;
    let drafts = format!(".{}-draft-", real.file_name().unwrap_or_default().to_string_lossy());
    remove_drafts(folder, &drafts);
    let draft = folder.join(format!("{drafts}{}", hex(&random.bytes::<8>())));
    let put = fs::metadata(&real)
        .and_then(|old| write(&draft, &text, Some(&old)))
        .and_then(|()| fs::rename(&draft, &real))
        .and_then(|()| lock.sync_all());
    if put.is_err() {
        let _ = fs::remove_file(&draft);
    }
    put.map_err(failed)
}

/// What a process that died has left; it holds keys.
fn remove_drafts(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes a file for its owner alone; mode and owner are those of `like`, which it is to replace.
fn write(path: &Path, text: &str, like: Option<&fs::Metadata>) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    if let Some(like) = like {
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
            // Root changes the ring of the collector's user, who must be able to read it.
            std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(like.mode() & 0o700))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What of a file tells that it is another one now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u64, u64, i64, i64, u64);

/// The stamp of a file as it is.
pub(super) fn stamp(path: &PathBuf) -> Option<Stamp> {
    let file = fs::metadata(path).ok()?;
    Some(Stamp(file.dev(), file.ino(), file.ctime(), file.ctime_nsec(), file.len()))
}
