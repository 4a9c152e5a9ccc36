//! Bringing the databases up to date: a copy of both, then the migrations, forward only.
//!
//! A process that dies on the way leaves a mark of the copy it had made. The next start goes on where the migrations stood
//! and makes no second copy, since that would be of something half-changed and would push the whole one out.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    KeepError,
    backup::{Made, Order, backup, read},
    files::{make_folder, sync_folder, write_file},
    lock::{Presence, refuse_half_restored},
    manifest::{Manifest, Part, Reason},
};
use crate::{
    config::{Database, Settings},
    store::{Standing, Store},
    world::Random,
};

/// How many copies stay that were made before upgrades.
const KEEP: usize = 3;
/// Names the copy that was made before the upgrade under way.
const MARK: &str = "under-way";

/// Both databases, open and up to date.
pub struct Upgraded {
    /// The stores.
    pub store: Store,
    /// What happened to them before; `None` where there was nothing to do.
    pub from: Option<Before>,
}

/// What was done before the migrations.
#[derive(Debug)]
pub enum Before {
    /// A copy was made.
    Copied(Box<Made>),
    /// An upgrade that had been interrupted went on; its copy has this id.
    GoneOn(String),
    /// The owner wants no copy.
    WithoutCopy,
}

/// Opens the databases, after bringing them up to date. Both are looked at before either is touched.
pub async fn open(settings: &Settings, now: Timestamp, random: &Random) -> Result<Upgraded, KeepError> {
    // Where a database is missing in the middle of a restore, none is made.
    refuse_half_restored(&settings.database.main)?;
    let standing = Standing::of(&settings.database).await?;
    standing.refuse_newer()?;
    standing.refuse_lost_keys(&settings.database)?;
    if !standing.needs_upgrade() {
        return Ok(Upgraded { store: Store::open(&settings.database).await?, from: None });
    }
    let alone = Presence::alone(&settings.database.main)?;
    // Another process may have done it while we waited for our turn.
    let standing = Standing::of(&settings.database).await?;
    let mut mark = None;
    let from = if settings.backup.before_upgrade {
        let (data, keys) =
            before_upgrade_folders(settings).map_err(|error| KeepError::BeforeUpgrade(Box::new(error)))?;
        mark = Some(data.join(MARK));
        match interrupted(&data, &keys, &standing) {
            Some(id) => Before::GoneOn(id),
            None => Before::Copied(Box::new(
                copy(settings, data, keys, now, random)
                    .await
                    .map_err(|error| KeepError::BeforeUpgrade(Box::new(error)))?,
            )),
        }
    } else {
        Before::WithoutCopy
    };
    let store = Store::open(&settings.database).await?;
    if let Some(mark) = mark {
        // Left behind it does no harm: it names a copy whose migrations are not the ones that stand.
        let _ = fs::remove_file(mark);
    }
    drop(alone);
    Ok(Upgraded { store, from: Some(from) })
}

/// Where copies go before an upgrade: beside the databases, each in a folder of its own; with PostgreSQL, where backups go.
pub fn before_upgrade_folders(settings: &Settings) -> Result<(PathBuf, PathBuf), KeepError> {
    let beside = |file: &Path, name: &str| file.parent().unwrap_or(Path::new(".")).join(name);
    if let (Database::Sqlite { file: main }, Database::Sqlite { file: keys }) =
        (&settings.database.main, &settings.database.keys)
    {
        return Ok((beside(main, "before-upgrade"), beside(keys, "before-upgrade-keys")));
    }
    let order = Order::from_settings(settings, None, None)?;
    Ok((order.data, order.keys))
}

async fn copy(
    settings: &Settings,
    data: PathBuf,
    keys: PathBuf,
    now: Timestamp,
    random: &Random,
) -> Result<Made, KeepError> {
    let order = Order {
        data,
        keys,
        // They lie beside each other already, and stay on this machine.
        together: true,
        // It stays where it is: the fewer copies, the better.
        ring: false,
        keep: Some(KEEP),
        reason: Reason::BeforeUpgrade,
    };
    let made = backup(settings, &order, now, random).await?;
    let id = made.data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mark = order.data.join(MARK);
    make_folder(&order.data)?;
    // Made anew, so that a link in its place is not written through.
    let _ = fs::remove_file(&mark);
    write_file(&mark, id.as_bytes())?;
    sync_folder(&order.data)?;
    Ok(made)
}

/// The copy that an interrupted upgrade made: it is whole, and the databases have moved on from it.
fn interrupted(data: &Path, keys: &Path, standing: &Standing) -> Option<String> {
    let mark = String::from_utf8(read(&data.join(MARK)).ok()?).ok()?;
    let whole = |folder: &Path, part: Part, id: &str| {
        let path = folder.join(part.folder(id));
        Manifest::read(&path).ok().filter(|copy| copy.verify(&path).is_ok())
    };
    let id = mark.trim().strip_prefix(&Part::Data.folder(""))?;
    let (data, keys) = (whole(data, Part::Data, id)?, whole(keys, Part::Keys, id)?);
    let before = |then: &[i64], now: &[i64]| then.iter().all(|version| now.contains(version));
    let pairs = [(&data.migrations, &standing.main.applied), (&keys.migrations, &standing.keys.applied)];
    // Where not one migration has happened since, it may be much older than this start: a fresh one is made.
    let moved = pairs.iter().any(|(then, now)| then != now) && pairs.iter().all(|(then, now)| before(then, now));
    moved.then(|| data.id.clone())
}
