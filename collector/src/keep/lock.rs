//! Who is at work: locks of the operating system, which end with the process that holds them, however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{
    KeepError,
    files::{at, inherit},
};
use crate::config;

/// One process at a time works in a folder.
#[derive(Debug)]
pub(super) struct Alone(#[expect(dead_code, reason = "held, not read")] File);

impl Alone {
    /// Takes the folder, or says that somebody else has it.
    pub fn in_folder(folder: &Path) -> Result<Self, KeepError> {
        let path = folder.join(".unticked-lock");
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(KeepError::Busy(folder.to_owned())),
            Err(TryLockError::Error(cause)) => Err(at(&path)(cause)),
        }
    }
}

/// Says that a process works on a SQLite database: `unticked.db.lock` beside it. Many may be there at once; whoever replaces
/// or reshapes the database must be alone. PostgreSQL knows for itself who is there.
#[derive(Debug)]
pub struct Presence(#[expect(dead_code, reason = "held, not read")] Option<File>);

impl Presence {
    /// One of many.
    pub fn shared(main: &config::Database) -> Result<Self, KeepError> {
        let Some((path, file)) = beside(main)? else { return Ok(Self(None)) };
        match file.try_lock_shared() {
            Ok(()) => refuse_half_restored(main).map(|()| Self(Some(file))),
            Err(TryLockError::WouldBlock) => Err(KeepError::Changing(path.with_extension(""))),
            Err(TryLockError::Error(cause)) => Err(at(&path)(cause)),
        }
    }

    /// One of many, where there is a database; a command in the wrong folder makes nothing.
    pub fn of_guest(main: &config::Database) -> Result<Self, KeepError> {
        match main {
            config::Database::Sqlite { file } if !file.exists() => refuse_half_restored(main).map(|()| Self(None)),
            main => Self::shared(main),
        }
    }

    /// Alone.
    pub fn alone(main: &config::Database) -> Result<Self, KeepError> {
        let alone = Self::to_restore(main)?;
        refuse_half_restored(main).map(|()| alone)
    }

    /// Alone, whatever a restore that died has left there.
    pub(super) fn to_restore(main: &config::Database) -> Result<Self, KeepError> {
        let Some((path, file)) = beside(main)? else { return Ok(Self(None)) };
        match file.try_lock() {
            Ok(()) => Ok(Self(Some(file))),
            Err(TryLockError::WouldBlock) => Err(KeepError::Running(path.with_extension(""))),
            Err(TryLockError::Error(cause)) => Err(at(&path)(cause)),
        }
    }
}

/// Where a restore says that it is under way: between its first move and its last one.
pub(super) fn mark_of(main: &config::Database) -> Option<PathBuf> {
    let config::Database::Sqlite { file } = main else { return None };
    let mut name = file.as_os_str().to_owned();
    name.push(".restoring");
    Some(name.into())
}

/// Asked under the lock: whoever restores holds it as well.
pub(super) fn refuse_half_restored(main: &config::Database) -> Result<(), KeepError> {
    match mark_of(main) {
        Some(mark) if mark.symlink_metadata().is_ok() => Err(KeepError::HalfRestored(mark)),
        _ => Ok(()),
    }
}

fn beside(main: &config::Database) -> Result<Option<(PathBuf, File)>, KeepError> {
    let config::Database::Sqlite { file } = main else { return Ok(None) };
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    // A folder that is not there is SQLite's to complain about, and nobody can be at work in it.
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        return Ok(None);
    }
    open(&path).map(|file| Some((path, file)))
}

/// Follows no link: root works in folders of others, too, who could have it make a file anywhere.
fn open(path: &Path) -> Result<File, KeepError> {
    let made = !path.exists();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(at(path))?;
    if made {
        inherit(path);
    }
    Ok(file)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_link_in_the_place_of_a_lock_makes_no_file_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, dir.path().join(".unticked-lock")).unwrap();
        assert!(Alone::in_folder(dir.path()).is_err());
        assert!(!elsewhere.exists());
    }
}
