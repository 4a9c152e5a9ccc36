//! Who may read and change the files.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::Finding;
use crate::{
    config::{Database, Loaded, Origin, Settings},
    vault::{KeyRing, RingError},
};

const CHECK: &str = "files";

/// The key ring, where it can be read.
pub fn ring(settings: &Settings) -> (Option<KeyRing>, Finding) {
    let check = "key ring";
    let path = &settings.key_ring;
    if !path.exists() {
        let says = format!("{} does not exist", path.display());
        let advice = "`unticked serve` makes one at its first start; if there was one, put it back before you start: \
                      nothing can be read without it";
        return (None, Finding::warn(check, says, advice));
    }
    match KeyRing::open_existing(path) {
        Ok(ring) => {
            let says = format!("{} is its owner's alone (fingerprint {})", path.display(), ring.fingerprint());
            (Some(ring), Finding::ok(check, says))
        }
        Err(RingError::Permissions { mode, .. }) => {
            let says = format!("{} may be read by others than its owner (mode {mode:o})", path.display());
            let advice = format!("say `chmod 600 {}`; the collector does not start before", path.display());
            (None, Finding::fail(check, says, advice))
        }
        Err(error) => (None, Finding::fail(check, error.to_string(), "put the copy back that you have kept elsewhere")),
    }
}

/// Files, folders and their owner.
pub fn examine(loaded: &Loaded) -> Vec<Finding> {
    let mut found = Vec::new();
    let settings = &loaded.settings;
    let databases: Vec<&PathBuf> = [&settings.database.main, &settings.database.keys]
        .into_iter()
        .filter_map(|place| match place {
            Database::Sqlite { file } => Some(file),
            Database::Postgres { .. } => None,
        })
        .collect();
    let mut private: Vec<PathBuf> = databases.iter().map(|file| (*file).clone()).collect();
    private.extend(databases.iter().flat_map(|file| ["-wal", "-shm"].map(|suffix| suffixed(file, suffix))));
    private.extend(files_with_secrets(loaded));
    private.sort();
    private.dedup();
    for path in private.iter().filter(|path| path.exists()) {
        found.extend(mode_of(path).filter(|mode| mode & 0o077 != 0).map(|mode| too_open(path, mode)));
    }
    let mut folders: Vec<PathBuf> =
        databases.iter().map(|file| parent(file)).chain([parent(&settings.key_ring)]).collect();
    folders.extend(settings.backup.keys_dir.clone());
    folders.sort();
    folders.dedup();
    for folder in folders {
        found.extend(folder_finding(&folder));
    }
    found.extend(owners(&databases, settings));
    if found.is_empty() {
        found.push(Finding::ok(CHECK, "databases, settings and their folders are their owner's alone"));
    }
    found
}

fn too_open(path: &Path, mode: u32) -> Finding {
    let says = format!("{} may be read by others than its owner (mode {mode:o})", path.display());
    Finding::fail(CHECK, says, format!("say `chmod 600 {}`", path.display()))
}

fn folder_finding(folder: &Path) -> Option<Finding> {
    let mode = mode_of(folder)?;
    // Whoever may write in a folder may put another file in a file's place, unless the folder is sticky (as /tmp is).
    (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| {
        let says = format!("others may exchange the files in {} (mode {:o})", folder.display(), mode & 0o777);
        Finding::fail(CHECK, says, format!("say `chmod go-w {}`", folder.display()))
    })
}

/// One owner for all of it, and that is who runs the collector. Root looks on behalf of somebody else.
fn owners(databases: &[&PathBuf], settings: &Settings) -> Option<Finding> {
    let me = rustix::process::geteuid().as_raw();
    let mut paths: Vec<&Path> = databases.iter().map(|file| file.as_path()).collect();
    paths.push(&settings.key_ring);
    let owned: Vec<(&Path, u32)> =
        paths.into_iter().filter_map(|path| Some((path, fs::metadata(path).ok()?.uid()))).collect();
    let (_, first) = *owned.first()?;
    let expected = if me == 0 { first } else { me };
    let (path, uid) = *owned.iter().find(|(_, uid)| *uid != expected)?;
    let who = if me == 0 { "the other files belong to" } else { "you are" };
    let says = format!("{} belongs to user {uid}, and {who} {expected}", path.display());
    let advice = format!("let one user own all of it and run the collector: `chown {expected} {}`", path.display());
    Some(Finding::fail(CHECK, says, advice))
}

/// Files that hold a secret: the settings, where one stands in them, and what `secrets.NAME.file` names.
fn files_with_secrets(loaded: &Loaded) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for line in &loaded.effective {
        let Origin::File { path, .. } = &line.origin else { continue };
        let secret = line.key.strip_prefix("secrets.");
        match secret.map(|name| name.split_once('.').map(|(_, way)| way)) {
            Some(Some("file")) => found.push(parent(path).join(line.shown.trim_matches('"'))),
            Some(Some(_)) => {}
            // The secret itself; or `postgres://user:…@host`, whose password stands in the file.
            given => {
                if given.is_some() || line.shown.contains(":…@") {
                    found.push(path.clone());
                }
            }
        }
    }
    found
}

fn mode_of(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.mode() & 0o7777)
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
