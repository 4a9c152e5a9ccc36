//! `unticked restore`: from two folders to a collector that can start, on this machine or another.
//!
//! Everything is checked before anything is touched: digests, engine, migrations, the key ring. Then all files are laid
//! beside their places and made durable, what stood there is moved aside, and the new ones take their names, the main
//! database last: a restore that dies on the way never leaves a main database without its keys ([`super::moves`]). The key
//! store forbids its ledger to go on before it takes its name, so that one that dies later forks nothing ([`super::ledger`]).
//!
//! The journal of the forgotten lies with neither half. It is replayed here, after the files stand, and again at every start
//! before anything is served ([`crate::erasure::replay`]): whoever was forgotten after the backup does not come back with it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use unticked_shared::definition;

use super::{
    KeepError,
    backup::{DEFINITIONS, RING, database_file},
    ledger::{LedgerAfter, Word, after_restore, last_signed_here},
    lock::{Presence, mark_of},
    manifest::{Engine, Manifest, Part, named},
    moves::{EachStep, Moves},
    postgres::{self, Place},
    sqlite::{self, Fit},
};
use crate::{
    config::{Database, Secret, Settings},
    erasure::{self, journal::Journal},
    forms::{self, Forms},
    ledger::Ledger,
    outbox::destinations::Target,
    retention::Tools,
    rotation,
    store::{DatabaseName, OpenError, Standing, Store, known_migrations},
    submissions::reached,
    vault::{KeyId, KeyRing, Kind, Vault},
    world::{Clock, Random},
};

/// What to bring back.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The data: a folder of a backup, or one that holds such folders (then the newest).
    pub data: PathBuf,
    /// The keys, likewise; without them the key store that is here is used.
    pub keys: Option<PathBuf>,
    /// What is there is moved aside.
    pub replace: bool,
    /// Everything is checked and nothing written.
    pub check_only: bool,
    /// The collector was stopped before the copy was made and has never run since: its ledger goes on under the same name.
    pub same_ledger: bool,
}

/// What was brought back, or would be.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Of the data.
    pub data: Manifest,
    /// Of the keys, where they were brought back, too.
    pub keys: Option<Manifest>,
    /// Where each thing lies now.
    pub places: Vec<(&'static str, PathBuf)>,
    /// What was moved aside.
    pub aside: Vec<PathBuf>,
    /// How the two databases fit; not known of PostgreSQL.
    pub fit: Option<Fit>,
    /// What became of the ledger; none where nothing was written.
    pub ledger: Option<LedgerAfter>,
    /// What is wrong with the secrets that the definitions name and these settings should have.
    pub missing_secrets: Vec<String>,
    /// How many people were in it who had been forgotten since, and are forgotten again; not known where the databases have
    /// to be brought up to date first, or the ledger has to begin anew: then `serve` does it, before anything else.
    pub forgotten_again: Option<u64>,
    /// Values that lie under a key which the ring has no more, so that nobody can read them.
    pub lost_values: u64,
}

/// Checks everything, then brings it back.
pub async fn restore(settings: &Settings, wish: &Wish, now: Timestamp, random: &Random) -> Result<Restored, KeepError> {
    restore_stepwise(settings, wish, now, random, &|| Ok(())).await
}

/// [`restore`], which may be stopped before each step that changes what stands.
pub(super) async fn restore_stepwise(
    settings: &Settings,
    wish: &Wish,
    now: Timestamp,
    random: &Random,
    each_step: EachStep<'_>,
) -> Result<Restored, KeepError> {
    let (data_folder, data) = named(&wish.data, Part::Data)?;
    let keys = wish.keys.as_deref().map(|path| named(path, Part::Keys)).transpose()?;
    let both = [Some((&data_folder, &data)), keys.as_ref().map(|(folder, keys)| (folder, keys))];
    for (folder, manifest) in both.into_iter().flatten() {
        refuse_foreign(settings, manifest)?;
        manifest.verify(folder)?;
    }
    let keys = keys.as_ref().map(|(folder, manifest)| (folder.as_path(), manifest));
    let ring = ring_for(settings, keys, &data)?;
    check_ring(&ring, keys, data.engine, random).await?;
    let mut restored = Restored {
        missing_secrets: missing_secrets(settings, &data_folder),
        data: data.clone(),
        keys: keys.map(|(_, manifest)| manifest.clone()),
        places: Vec::new(),
        aside: Vec::new(),
        fit: None,
        ledger: None,
        forgotten_again: None,
        lost_values: 0,
    };
    // Before anything is touched: whoever stands in a line that cannot be believed would come back.
    Journal::new(&settings.erasure.journal, &Vault::new(ring.clone(), random.clone())).read_all()?;
    if wish.check_only {
        if data.engine == Engine::Sqlite
            && let Some((folder, keys)) = keys
        {
            let file = |folder: &Path, engine| folder.join(database_file(engine));
            restored.fit =
                Some(sqlite::fit_of_copies(&file(&data_folder, data.engine), &file(folder, keys.engine)).await?);
        }
        return Ok(restored);
    }
    let _alone = Presence::to_restore(&settings.database.main)?;
    let word = Word {
        same: wish.same_ledger,
        seen: last_signed_here(settings, &Vault::new(ring.clone(), random.clone())).await,
    };
    let mut marked = false;
    let mut moves = Moves::new(now, each_step);
    // The order in which they take their names.
    if let Some((folder, _)) = keys.filter(|(folder, _)| folder.join(RING).is_file()) {
        moves.file("key ring", &folder.join(RING), &settings.key_ring);
    }
    if data_folder.join(DEFINITIONS).is_dir() {
        moves.folder("definitions", &data_folder.join(DEFINITIONS), &settings.definitions_dir)?;
    }
    match (&settings.database.main, &settings.database.keys) {
        (Database::Sqlite { file: main_place }, Database::Sqlite { file: keys_place }) => {
            match keys {
                Some((folder, _)) => {
                    moves.database("key store", &folder.join(database_file(Engine::Sqlite)), keys_place);
                }
                None if !keys_place.exists() => return Err(KeepError::NoKeys(keys_place.display().to_string())),
                None => {}
            }
            moves.database("main database", &data_folder.join(database_file(Engine::Sqlite)), main_place);
            let laid = moves.lay(wish.replace)?;
            if let Some(draft) = moves.draft_of(&laid, keys_place) {
                // What the copy does not hold is lost, and its keys with it: that is what was asked for.
                sqlite::forget_reached(draft).await?;
                marked = sqlite::keep_word(draft, &word).await?;
            }
            moves.take_names(&laid, mark_of(&settings.database.main).as_deref())?;
            restored.fit = Some(sqlite::fit(main_place, keys_place).await?);
        }
        (Database::Postgres { url: main, schema }, Database::Postgres { url: keys_url, schema: keys_schema }) => {
            let standing = Standing::of(&settings.database).await?;
            if standing.main.exists() || (keys.is_some() && standing.keys.exists()) {
                return Err(KeepError::PostgresOccupied);
            }
            if keys.is_none() && !standing.keys.exists() {
                return Err(KeepError::NoKeys("the schema of the key store".to_owned()));
            }
            let laid = moves.lay(wish.replace)?;
            moves.take_names(&laid, None)?;
            let keys_place = Place { url: keys_url, schema: keys_schema.as_deref() };
            if let Some((folder, _)) = keys {
                each_step()?;
                postgres::load(&keys_place, &folder.join(database_file(Engine::Postgres))).await?;
                each_step()?;
                postgres::forget_reached(&keys_place).await?;
                marked = postgres::keep_word(&keys_place, &word).await?;
            }
            each_step()?;
            let place = Place { url: main, schema: schema.as_deref() };
            postgres::load(&place, &data_folder.join(database_file(Engine::Postgres))).await?;
        }
        _ => unreachable!("both stores are of one engine: the settings were read"),
    }
    each_step()?;
    // Before anything is appended to it.
    let how = (wish.same_ledger, marked);
    // The files stand: whatever fails now must not be told as though nothing were restored.
    let after = after_restore(settings, (ring.clone(), random), how, &data.made_at, now).await;
    restored.ledger = Some(after.unwrap_or_else(|error| LedgerAfter::NotBegun(error.to_string())));
    restored.lost_values = lost_values(settings, &ring).await?;
    restored.forgotten_again = forget_again(settings, ring, now, random).await?;
    (restored.places, restored.aside) = moves.done();
    Ok(restored)
}

/// Values that identify nobody lie under the ring itself. After a rotation the older backups' are under a key that has left.
async fn lost_values(settings: &Settings, ring: &KeyRing) -> Result<u64, KeepError> {
    let store = match Store::open_current(&settings.database).await {
        Ok(store) => store,
        Err(OpenError::Behind { .. }) => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let under = async { rotation::sql::values_under(&mut store.read().await?).await }.await;
    store.close().await;
    let unknown = |id: &[u8]| !KeyId::of(id).is_some_and(|id| ring.has(Kind::Value, id));
    let lost = under?.into_iter().filter(|(id, _)| unknown(id)).map(|(_, count)| count.unsigned_abs());
    Ok(lost.sum())
}

/// Forgets again whoever the journal names and the backup has brought back. Where it cannot be done here, every start does
/// it before anything is sent.
async fn forget_again(
    settings: &Settings,
    ring: KeyRing,
    now: Timestamp,
    random: &Random,
) -> Result<Option<u64>, KeepError> {
    let store = match Store::open_current(&settings.database).await {
        Ok(store) => store,
        Err(OpenError::Behind { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let vault = Vault::new(ring, random.clone());
    let clock = Clock::custom(move || now);
    let again = match Ledger::open(&store, &vault, &settings.server.public_url, &clock).await {
        Ok(ledger) => {
            let forms = Forms::archive(store.clone(), clock);
            let tools = Tools::new(store.clone(), forms, vault, ledger, settings.retention.suspects_days)
                .forgetting(settings.erasure.clone());
            Some(erasure::replay(&tools, now, Duration::ZERO).await?)
        }
        // It says how to go on when somebody starts it.
        Err(_) => None,
    };
    store.close().await;
    Ok(again)
}

/// Takes the main database as it is, though the key store has seen a newer one: what it lacks is lost.
pub async fn settle(settings: &Settings, now: Timestamp) -> Result<(), KeepError> {
    let _present = Presence::of_guest(&settings.database.main)?;
    let store = Store::open_current(&settings.database).await?;
    let settled = reached::settle(&store, now).await;
    store.close().await;
    Ok(settled?)
}

/// What this build or these settings cannot take.
fn refuse_foreign(settings: &Settings, manifest: &Manifest) -> Result<(), KeepError> {
    let here = match settings.database.main {
        Database::Sqlite { .. } => Engine::Sqlite,
        Database::Postgres { .. } => Engine::Postgres,
    };
    if here != manifest.engine {
        return Err(KeepError::Engine { backup: manifest.engine.name(), here: here.name() });
    }
    let name = if manifest.part == Part::Data { DatabaseName::Main } else { DatabaseName::Keys };
    let known = known_migrations(manifest.engine.kind(), name);
    match manifest.migrations.iter().find(|version| !known.contains(version)) {
        Some(&migration) => Err(KeepError::Newer { product: manifest.product.clone(), migration }),
        None => Ok(()),
    }
}

/// The ring of the backup, or the one that is here; it must be the one that both halves need.
fn ring_for(settings: &Settings, keys: Option<(&Path, &Manifest)>, data: &Manifest) -> Result<KeyRing, KeepError> {
    let copied = keys.map(|(folder, _)| folder.join(RING)).filter(|copied| copied.is_file());
    let (path, ring) = match copied {
        // A copy on a stick may have lost its mode; what counts is the one that we write.
        Some(copied) => (copied.clone(), KeyRing::read_copy(&copied)?),
        None if settings.key_ring.exists() => (settings.key_ring.clone(), KeyRing::open_existing(&settings.key_ring)?),
        None => {
            let needed = format!("{}; there is none", data.key_ring);
            return Err(KeepError::WrongRing { path: settings.key_ring.clone(), needed });
        }
    };
    let needs = std::iter::once(data).chain(keys.map(|(_, keys)| keys)).map(|manifest| &manifest.key_ring);
    match needs.into_iter().find(|needed| **needed != ring.fingerprint()) {
        Some(needed) => Err(KeepError::WrongRing { path, needed: needed.clone() }),
        None => Ok(ring),
    }
}

/// The ring opens the newest keys of the copy: the fingerprint names its lineage, not each of its keys.
async fn check_ring(
    ring: &KeyRing,
    keys: Option<(&Path, &Manifest)>,
    engine: Engine,
    random: &Random,
) -> Result<(), KeepError> {
    let Some((folder, _)) = keys.filter(|_| engine == Engine::Sqlite) else { return Ok(()) };
    let newest = sqlite::newest_keys(&folder.join(database_file(engine))).await?;
    let vault = Vault::new(ring.clone(), random.clone());
    if newest.is_some_and(|newest| !vault.opens(&newest)) {
        return Err(KeepError::KeyLeft(ring.path().to_owned()));
    }
    Ok(())
}

/// What destinations need and the settings of this machine do not have.
fn missing_secrets(settings: &Settings, folder: &Path) -> Vec<String> {
    let Ok(files) = forms::definition_files(&folder.join(DEFINITIONS)) else { return Vec::new() };
    let Some(definitions) = definition::check(&files).definitions else { return Vec::new() };
    let secret = |name: &str| settings.secrets.get(&name.to_lowercase()).map(Secret::reveal);
    let mut missing: Vec<String> = definitions
        .destinations
        .iter()
        .filter_map(|destination| Target::new(destination, secret).err())
        .map(|error| error.to_string())
        .collect();
    missing.sort();
    missing.dedup();
    missing
}
