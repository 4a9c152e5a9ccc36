//! `unticked backup`: both halves, made while the collector works.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use unticked_shared::signature::hex;

use super::{
    KeepError,
    files::{self, Draft, at, copy_file, device, digest, expect_room, files_below, make_folder, resolved},
    lock::{Alone, Presence},
    manifest::{Engine, Manifest, Part, Reason},
    postgres::{self, Place},
    prune::prune,
    sqlite::{self, Facts},
};
use crate::{
    config::{Database, Settings},
    store::{
        DatabaseName, OpenError, Standing,
        values::{rfc3339, time},
    },
    vault::KeyRing,
    world::Random,
};

/// What to copy, and where to.
#[derive(Debug, Clone)]
pub struct Order {
    /// The folder for the data.
    pub data: PathBuf,
    /// The folder for the keys.
    pub keys: PathBuf,
    /// The owner wants the keys to lie with the data.
    pub together: bool,
    /// Whether the key ring is copied, too.
    pub ring: bool,
    /// How many to keep of this reason; all where nothing is said.
    pub keep: Option<usize>,
    /// Why.
    pub reason: Reason,
}

/// A backup that stands.
#[derive(Debug, Clone)]
pub struct Made {
    /// The folder with the data.
    pub data: PathBuf,
    /// The folder with the keys.
    pub keys: PathBuf,
    /// Submissions in it.
    pub submissions: u64,
    /// Persons whose keys are in it.
    pub persons: u64,
    /// When the newest submission came.
    pub newest_at: Option<String>,
    /// Bytes of both halves.
    pub bytes: u64,
    /// Folders of older backups that went.
    pub pruned: usize,
    /// What the owner should know besides.
    pub notes: Vec<String>,
}

impl Order {
    /// What the settings say, where nothing else is said.
    pub fn from_settings(
        settings: &Settings,
        to: Option<PathBuf>,
        keys_to: Option<PathBuf>,
    ) -> Result<Self, KeepError> {
        let data = to.or_else(|| settings.backup.dir.clone());
        let keys = keys_to.or_else(|| settings.backup.keys_dir.clone());
        Ok(Self {
            data: data.ok_or(KeepError::NoPlace { part: "data", flag: "--to", setting: "backup.dir" })?,
            keys: keys.ok_or(KeepError::NoPlace { part: "keys", flag: "--keys-to", setting: "backup.keys_dir" })?,
            together: false,
            ring: true,
            keep: None,
            reason: Reason::Asked,
        })
    }
}

/// Copies both databases, the definitions and the key ring.
pub async fn backup(settings: &Settings, order: &Order, now: Timestamp, random: &Random) -> Result<Made, KeepError> {
    refuse_together(order)?;
    let standing = Standing::of(&settings.database).await?;
    standing.refuse_newer()?;
    if !standing.main.exists() {
        return Err(OpenError::Absent { database: DatabaseName::Main, place: String::new() }.into());
    }
    standing.refuse_lost_keys(&settings.database)?;
    // Before anything is made: opening a ring that is not there would make one.
    if !settings.key_ring.exists() {
        return Err(KeepError::NoRing(settings.key_ring.clone()));
    }
    let ring = KeyRing::open_existing(&settings.key_ring)?;
    let fingerprint = ring.fingerprint();
    let _present = if order.reason == Reason::Asked { Some(Presence::shared(&settings.database.main)?) } else { None };
    make_folder(&order.data)?;
    make_folder(&order.keys)?;
    let _data_lock = Alone::in_folder(&order.data)?;
    let same = resolved(&order.data) == resolved(&order.keys);
    let _keys_lock = if same { None } else { Some(Alone::in_folder(&order.keys)?) };
    for folder in [&order.data, &order.keys] {
        files::remove_drafts(folder);
    }
    expect_room(&order.data, size(&settings.database.main))?;
    expect_room(&order.keys, size(&settings.database.keys))?;

    let id = format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), hex(&random.bytes::<4>()));
    let made_at = rfc3339(now);
    let engine = match settings.database.main {
        Database::Sqlite { .. } => Engine::Sqlite,
        Database::Postgres { .. } => Engine::Postgres,
    };
    let manifest = |part| Manifest::new(part, &id, order.reason, made_at.clone(), engine, fingerprint.clone());
    let data_draft = Draft::make(&order.data, &format!("data-{id}"))?;
    let keys_draft = Draft::make(&order.keys, &format!("keys-{id}"))?;
    let mut notes = Vec::new();

    // The main database first: whoever is in it had their keys committed before.
    let mut data = manifest(Part::Data);
    let facts = copy(&settings.database.main, data_draft.path(), DatabaseName::Main).await?;
    fill(&mut data, &facts, database_file(engine), data_draft.path())?;
    if let Err(error) =
        copy_definitions(&settings.definitions_dir, &no_definitions(settings), data_draft.path(), &mut data)
    {
        // Data without definitions is a backup; no backup because of a definition is none.
        match error {
            KeepError::Full(_) => return Err(error),
            error => notes.push(format!("the definitions are not in it: {error}")),
        }
    }
    data.write(data_draft.path())?;

    let mut keys = manifest(Part::Keys);
    let key_facts = copy(&settings.database.keys, keys_draft.path(), DatabaseName::Keys).await?;
    fill(&mut keys, &key_facts, database_file(engine), keys_draft.path())?;
    if order.ring {
        let copied = copy_file(&settings.key_ring, &keys_draft.path().join(RING))?;
        keys.files.insert(RING.to_owned(), copied);
    } else if order.reason == Reason::Asked {
        notes.push(format!("the key ring {} is not in it: keep it safe by other means", settings.key_ring.display()));
    }
    // What was copied before may lie under a key that has left the ring meanwhile, and this copy would not open it.
    let copied = keys_draft.path().join(RING);
    let now = if order.ring { KeyRing::read_copy(&copied)? } else { KeyRing::open_existing(&settings.key_ring)? };
    if !now.holds_all_of(&ring) {
        return Err(KeepError::KeysRetired);
    }
    keys.write(keys_draft.path())?;

    // The keys appear first: a backup that can be seen can be opened.
    let keys_place = keys_draft.finish(&Part::Keys.folder(&id))?;
    let data_place = data_draft.finish(&Part::Data.folder(&id))?;
    let pruned = order.keep.map_or(0, |keep| prune(&order.data, &order.keys, &data, keep));
    Ok(Made {
        data: data_place,
        keys: keys_place,
        submissions: data.rows,
        persons: keys.rows,
        newest_at: data.newest_at,
        bytes: data.files.values().chain(keys.files.values()).map(|file| file.bytes).sum(),
        pruned,
        notes,
    })
}

/// The name of the key ring's copy.
pub const RING: &str = "key-ring";
/// The folder of the definitions' copies.
pub const DEFINITIONS: &str = "definitions";

/// The name of a database's copy.
pub fn database_file(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "database.db",
        Engine::Postgres => "database.dump",
    }
}

async fn copy(place: &Database, folder: &Path, name: DatabaseName) -> Result<Facts, KeepError> {
    match place {
        Database::Sqlite { file } => {
            let to = folder.join(database_file(Engine::Sqlite));
            sqlite::copy(file, &to).await?;
            if name == DatabaseName::Main { sqlite::main_facts(&to).await } else { sqlite::keys_facts(&to).await }
        }
        Database::Postgres { url, schema } => {
            let to = folder.join(database_file(Engine::Postgres));
            let rows = if name == DatabaseName::Main { postgres::SUBMISSIONS } else { postgres::PERSONS };
            postgres::dump(&Place { url, schema: schema.as_deref() }, &to, rows).await
        }
    }
}

fn fill(manifest: &mut Manifest, facts: &Facts, file: &str, folder: &Path) -> Result<(), KeepError> {
    manifest.migrations.clone_from(&facts.migrations);
    manifest.rows = facts.rows;
    manifest.newest_at = facts.newest_at.and_then(|millis| time(millis).ok()).map(rfc3339);
    manifest.files.insert(file.to_owned(), digest(&folder.join(file))?);
    Ok(())
}

/// What may lie among the definitions and is none of them: with the key ring or the key store the data would open itself.
fn no_definitions(settings: &Settings) -> Vec<&Path> {
    let files = [&settings.database.main, &settings.database.keys].into_iter().filter_map(|place| match place {
        Database::Sqlite { file } => Some(file.as_path()),
        Database::Postgres { .. } => None,
    });
    files.chain([settings.key_ring.as_path()]).collect()
}

/// Copies everything in the folder of definitions; where `others` lie in it, only what is read as definitions.
fn copy_definitions(from: &Path, others: &[&Path], folder: &Path, manifest: &mut Manifest) -> Result<(), KeepError> {
    let shared = others.iter().any(|other| resolved(other).starts_with(resolved(from)));
    let is_definition = |name: &String| {
        Path::new(name).extension().is_some_and(|extension| extension == "toml") && name.matches('/').count() <= 1
    };
    for name in files_below(from)?.into_iter().filter(|name| !shared || is_definition(name)) {
        let below = format!("{DEFINITIONS}/{name}");
        let to = folder.join(&below);
        make_folder(to.parent().unwrap_or(folder))?;
        let copied = copy_file(&from.join(&name), &to)?;
        manifest.files.insert(below, copied);
    }
    Ok(())
}

/// What a copy of it takes at most; nothing is known of a server's.
fn size(place: &Database) -> u64 {
    let Database::Sqlite { file } = place else { return 0 };
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    [file.clone(), PathBuf::from(log)].iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum()
}

/// Keys lie apart from what they open, unless the owner says otherwise in words.
fn refuse_together(order: &Order) -> Result<(), KeepError> {
    if order.together {
        return Ok(());
    }
    let (data, keys) = (resolved(&order.data), resolved(&order.keys));
    match relation(&data, &keys, device) {
        Some(how) => Err(KeepError::Together { how, data, keys }),
        None => Ok(()),
    }
}

/// How two resolved folders lie to each other, where that is too near. Two folders under the root, or two disks under one
/// folder (`/mnt/a`, `/mnt/b`), are not beside each other.
fn relation(data: &Path, keys: &Path, device: impl Fn(&Path) -> Option<u64>) -> Option<&'static str> {
    if keys.starts_with(data) {
        return Some("inside");
    }
    if data.starts_with(keys) {
        return Some("around");
    }
    let beside = data.parent() == keys.parent()
        && data.parent().and_then(Path::parent).is_some()
        && device(data) == device(keys);
    beside.then_some("beside")
}

/// A file that could not be read is told by its name.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, KeepError> {
    fs::read(path).map_err(at(path))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn keys_lie_apart_from_data() {
        let one_disk = |_: &Path| Some(1);
        let relation = |data: &str, keys: &str| relation(Path::new(data), Path::new(keys), one_disk);
        assert_eq!(relation("/srv/copies", "/srv/copies/keys"), Some("inside"));
        assert_eq!(relation("/srv/copies", "/srv/copies"), Some("inside"));
        assert_eq!(relation("/srv/copies/data", "/srv/copies"), Some("around"));
        assert_eq!(relation("/srv/copies/data", "/srv/copies/keys"), Some("beside"));
        assert_eq!(relation("/srv/copies", "/root/unticked-keys"), None);
        assert_eq!(relation("/copies", "/keys"), None);
        assert_eq!(relation("/srv/copies", "/srv/copies-of-keys/ours"), None);
    }

    #[test]
    fn two_disks_are_not_beside_each_other() {
        let disks = |path: &Path| Some(u64::from(path.ends_with("usb")));
        assert_eq!(relation(Path::new("/mnt/nas"), Path::new("/mnt/usb"), disks), None);
    }

    #[test]
    fn keys_that_lie_among_the_definitions_do_not_go_with_the_data() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in ["forms", "copies/forms"] {
            fs::create_dir_all(from.path().join(folder)).unwrap();
        }
        for name in
            ["controller.toml", "forms/contact.toml", "copies/forms/old.toml", "readme.md", "key-ring", "crm.secret"]
        {
            fs::write(from.path().join(name), name).unwrap();
        }
        let ring = from.path().join("key-ring");
        let copied = |name: &str, others: &[&Path]| {
            let mut manifest =
                Manifest::new(Part::Data, "x", Reason::Asked, String::new(), Engine::Sqlite, String::new());
            copy_definitions(from.path(), others, &to.path().join(name), &mut manifest).unwrap();
            manifest.files.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(copied("one", &[&ring]), ["definitions/controller.toml", "definitions/forms/contact.toml"]);
        assert_eq!(copied("other", &[&to.path().join("key-ring")]).len(), 6, "by themselves all of them go");
    }
}
