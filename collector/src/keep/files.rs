//! Files and folders for their owner alone, written so that a power cut leaves all of it or nothing.

use std::{
    fs, io,
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use unticked_shared::signature::hex;

use super::KeepError;

/// What a file holds, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Its length.
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// Says which file or folder an error is about; a full disk is told apart.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> KeepError {
    let path = path.to_owned();
    move |cause| match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => KeepError::Full(path),
        _ => KeepError::File { path, cause },
    }
}

/// Makes a folder and those above it that do not exist, for their owner alone; what exists stays as it is.
pub fn make_folder(path: &Path) -> Result<(), KeepError> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    make_folder(path.parent().unwrap_or(Path::new("")))?;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => inherit(path),
        // Another process made it in the meantime.
        Err(_) if path.is_dir() => {}
        Err(cause) => return Err(at(path)(cause)),
    }
    Ok(())
}

/// Gives what root has made to whoever owns the folder that it lies in: the collector runs as somebody else, and must be
/// able to use it.
///
/// Whoever owns the folder may put a link in the place of what we made: it is never followed, or root would give them a
/// file of the system's.
pub fn inherit(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let (true, Ok(owner)) = (rustix::process::geteuid().is_root(), fs::metadata(folder))
        && owner.uid() != 0
    {
        let _ = std::os::unix::fs::lchown(path, Some(owner.uid()), Some(owner.gid()));
    }
}

/// Makes an empty file for its owner alone; it must not exist.
pub fn make_file(path: &Path) -> Result<fs::File, KeepError> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at(path))?;
    inherit(path);
    Ok(file)
}

/// Writes a file that did not exist, and waits until the disk has it.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), KeepError> {
    let mut file = make_file(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}

/// Copies a file into one that did not exist, and waits until the disk has it; answers what was copied.
pub fn copy_file(from: &Path, to: &Path) -> Result<Digest, KeepError> {
    let mut source = fs::File::open(from).map_err(at(from))?;
    let mut target = make_file(to)?;
    let digest = pour(&mut source, from, |piece| target.write_all(piece).map_err(at(to)))?;
    target.sync_all().map_err(at(to))?;
    Ok(digest)
}

/// What a file holds; waits until the disk has it.
pub fn digest(path: &Path) -> Result<Digest, KeepError> {
    let mut file = fs::File::open(path).map_err(at(path))?;
    file.sync_all().map_err(at(path))?;
    pour(&mut file, path, |_| Ok(()))
}

fn pour(
    source: &mut fs::File,
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), KeepError>,
) -> Result<Digest, KeepError> {
    let (mut hash, mut bytes) = (Sha256::new(), 0u64);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = source.read(&mut buffer).map_err(at(path))?;
        if read == 0 {
            return Ok(Digest { bytes, sha256: hex(&hash.finalize()) });
        }
        let piece = &buffer[..read];
        hash.update(piece);
        bytes += read as u64;
        each(piece)?;
    }
}

/// Waits until the disk has the names in a folder.
pub fn sync_folder(path: &Path) -> Result<(), KeepError> {
    fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(at(path))
}

/// Every file of a folder and of the folders in it, hidden ones left out, by its name below (`forms/contact.toml`).
pub fn files_below(folder: &Path) -> Result<Vec<String>, KeepError> {
    let mut found = Vec::new();
    gather(folder, "", 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn gather(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) -> Result<(), KeepError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            // The owner's definitions are two levels deep; a link in a circle ends here, too.
            if depth < 3 {
                gather(&path, &format!("{prefix}{name}/"), depth + 1, found)?;
            }
        } else if path.is_file() {
            found.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

/// The absolute path, with every link followed as far as it exists.
pub fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut rest = PathBuf::new();
    let mut known = absolute.as_path();
    loop {
        if let Ok(real) = known.canonicalize() {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
        let (Some(parent), Some(name)) = (known.parent(), known.file_name()) else { return absolute };
        rest = if rest.as_os_str().is_empty() { PathBuf::from(name) } else { Path::new(name).join(rest) };
        known = parent;
    }
}

/// The number of the file system that holds `path`, or will.
pub fn device(path: &Path) -> Option<u64> {
    path.ancestors().find_map(|known| fs::metadata(known).ok()).map(|metadata| metadata.dev())
}

/// Room on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that we may still write.
    pub free: u64,
    /// Of how many.
    pub total: u64,
    /// Files that may still be made; `None` where the file system does not count them.
    pub inodes: Option<u64>,
}

impl Room {
    /// Whether hardly anything fits any more.
    pub fn is_spent(self) -> bool {
        self.free < 64 * 1024 || self.inodes.is_some_and(|left| left < 4)
    }
}

/// How much room there is where `path` lies, or will.
pub fn room(path: &Path) -> Option<Room> {
    let known = path.ancestors().find(|known| known.exists())?;
    let known = if known.as_os_str().is_empty() { Path::new(".") } else { known };
    let found = rustix::fs::statvfs(known).ok()?;
    Some(Room {
        free: found.f_bavail.saturating_mul(found.f_frsize),
        total: found.f_blocks.saturating_mul(found.f_frsize),
        inodes: (found.f_files > 0).then_some(found.f_favail),
    })
}

/// Refuses before the first byte when there is no room for `needed`.
pub fn expect_room(path: &Path, needed: u64) -> Result<(), KeepError> {
    // A little more: folders, the manifest, what the file system takes for itself.
    let needed = needed + needed / 50 + 1024 * 1024;
    match room(path) {
        Some(room) if room.free < needed => {
            Err(KeepError::NoRoom { path: path.to_owned(), free: in_words(room.free), needed: in_words(needed) })
        }
        _ => Ok(()),
    }
}

/// `3.4 GB`.
pub fn in_words(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) => format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size),
        None => format!("{bytes} bytes"),
    }
}

/// A folder that is gone again unless it is finished.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    finished: bool,
}

/// How the name of every draft begins.
pub const DRAFT: &str = ".unticked-draft-";

impl Draft {
    /// Makes it in `folder`.
    pub fn make(folder: &Path, id: &str) -> Result<Self, KeepError> {
        let path = folder.join(format!("{DRAFT}{id}"));
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(at(&path))?;
        inherit(&path);
        Ok(Self { path, finished: false })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, in one step, when everything in it is on the disk.
    pub fn finish(mut self, name: &str) -> Result<PathBuf, KeepError> {
        sync_tree(&self.path)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let place = folder.join(name);
        fs::rename(&self.path, &place).map_err(at(&place))?;
        self.finished = true;
        sync_folder(folder)?;
        Ok(place)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn sync_tree(folder: &Path) -> Result<(), KeepError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    sync_folder(folder)
}

/// Removes drafts that a process which died has left. Only under the folder's lock.
pub fn remove_drafts(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_path_that_does_not_exist_yet_is_resolved_through_the_links_above_it() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        fs::create_dir(real.join("there")).unwrap();
        std::os::unix::fs::symlink(real.join("there"), real.join("link")).unwrap();
        assert_eq!(resolved(&real.join("link/a/b")), real.join("there/a/b"));
        assert_eq!(resolved(&real.join("there")), real.join("there"));
    }

    #[test]
    fn what_is_not_finished_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let draft = Draft::make(dir.path(), "x").unwrap();
        write_file(&draft.path().join("file"), b"half").unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let draft = Draft::make(dir.path(), "y").unwrap();
        write_file(&draft.path().join("file"), b"whole").unwrap();
        let place = draft.finish("named").unwrap();
        assert_eq!(fs::read(place.join("file")).unwrap(), b"whole");
        assert_eq!(fs::metadata(&place).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(place.join("file")).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn sizes_are_read_by_people() {
        assert_eq!([in_words(12), in_words(1_499_999), in_words(3_490_000_000)], ["12 bytes", "1.4 MB", "3.4 GB"]);
    }
}
