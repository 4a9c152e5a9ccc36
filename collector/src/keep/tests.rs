//! A restore that dies on the way: whatever stands then, nobody forks the ledger by starting a collector on it.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use unticked_shared::merkle::{Hash, leaf_hash};

use super::{LedgerAfter, Order, Presence, Wish, backup, mark_of, open, restore, restore::restore_stepwise};
use crate::{
    config::{Settings, Sources},
    ledger::{Ledger, LedgerError, append, mend, sql},
    store::Store,
    vault::{KeyRing, Vault},
    world::{Clock, Random},
};

const OLD: &str = "forms.example/ledger";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_435_200 + second).unwrap()
}

fn settings(folder: &Path) -> Settings {
    let mut settings = Settings::load(&Sources { folder: folder.to_owned(), ..Sources::default() }).unwrap().settings;
    "https://forms.example".clone_into(&mut settings.server.public_url);
    settings
}

fn vault(settings: &Settings) -> Vault {
    Vault::new(KeyRing::open(&settings.key_ring, &Random::system()).unwrap(), Random::system())
}

/// As `unticked serve` begins.
async fn start(settings: &Settings, now: Timestamp) -> Result<(Store, Ledger), String> {
    open(settings, now, &Random::system()).await.map_err(|error| error.to_string())?.store.close().await;
    let _present = Presence::shared(&settings.database.main).map_err(|error| error.to_string())?;
    let store = Store::open_current(&settings.database).await.unwrap();
    let clock = Clock::custom(move || now);
    match Ledger::open(&store, &vault(settings), &settings.server.public_url, &clock).await {
        Ok(ledger) => Ok((store, ledger)),
        Err(error) => {
            store.close().await;
            Err(error.to_string())
        }
    }
}

async fn grow(settings: &Settings, from: u8, count: u8, now: Timestamp) {
    let (store, ledger) = start(settings, now).await.unwrap();
    let commitments: Vec<Hash> = (from..from + count).map(|number| leaf_hash(&[number])).collect();
    let mut tx = store.begin().await.unwrap();
    append(&mut tx, &commitments).await.unwrap();
    tx.commit().await.unwrap();
    ledger.catch_up().await.unwrap();
    store.close().await;
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// A collector with three entries in its backup and two that came after.
struct Shelf {
    dir: tempfile::TempDir,
    wish: Wish,
}

impl Shelf {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (here, data, keys) = (dir.path().join("here"), dir.path().join("data"), dir.path().join("safe/keys"));
        fs::create_dir(&here).unwrap();
        let settings = settings(&here);
        fs::create_dir(&settings.definitions_dir).unwrap();
        fs::write(settings.definitions_dir.join("controller.toml"), "of then").unwrap();
        vault(&settings);
        grow(&settings, 0, 3, at(0)).await;
        let order = Order::from_settings(&settings, Some(data.clone()), Some(keys.clone())).unwrap();
        backup(&settings, &order, at(10), &Random::system()).await.unwrap();
        grow(&settings, 3, 2, at(20)).await;
        fs::write(settings.definitions_dir.join("controller.toml"), "of now").unwrap();
        let wish = Wish { data, keys: Some(keys), replace: true, check_only: false, same_ledger: false };
        Self { dir, wish }
    }

    /// Another copy of what stands, or an empty place.
    fn machine(&self, name: &str, empty: bool) -> PathBuf {
        let folder = self.dir.path().join(name);
        if empty {
            fs::create_dir(&folder).unwrap();
        } else {
            copy_all(&self.dir.path().join("here"), &folder);
        }
        folder
    }

    /// Restores and stops before the step of this number; answers whether it came to its end.
    async fn stopped_before(&self, settings: &Settings, step: usize) -> bool {
        let left = Cell::new(step);
        let each_step = || match left.get() {
            0 => Err(super::KeepError::Busy("stopped here".into())),
            more => {
                left.set(more - 1);
                Ok(())
            }
        };
        let done = restore_stepwise(settings, &self.wish, at(100), &Random::system(), &each_step).await;
        done.is_ok()
    }
}

#[tokio::test]
async fn a_restore_that_was_stopped_at_any_step_leaves_nothing_that_forks_the_ledger() {
    let shelf = Shelf::new().await;
    for empty in [false, true] {
        let (mut unharmed, mut half, mut nameless) = (0, 0, 0);
        for step in 0.. {
            let name = format!("stopped before {step}, empty: {empty}");
            let settings = settings(&shelf.machine(&name, empty));
            if shelf.stopped_before(&settings, step).await {
                break;
            }
            match start(&settings, at(200)).await {
                Ok((store, ledger)) => {
                    let size = if empty { 0 } else { 5 };
                    assert_eq!((ledger.origin(), ledger.last_signed().head.size), (OLD, size), "{name}: as it was");
                    assert!(step <= 1, "{name}: nothing has moved, and a restore that only failed takes its mark away");
                    store.close().await;
                    unharmed += 1;
                }
                Err(refused) if refused.contains("say `unticked restore … --replace` again") => half += 1,
                Err(refused) => {
                    assert!(refused.contains("`unticked ledger new-origin --reason"), "{name}: {refused}");
                    nameless += 1;
                    // What was told to do leads out.
                    let other = settings_of_copy(&settings, &shelf, &format!("{name}, named"));
                    let store = Store::open_current(&other.database).await.unwrap();
                    let begun = mend::begin(&store, &vault(&other), None, "restored", at(300)).await.unwrap();
                    store.close().await;
                    let (store, ledger) = start(&other, at(400)).await.unwrap();
                    assert_eq!(ledger.origin(), begun.origin, "{name}");
                    assert_ne!(ledger.origin(), OLD, "{name}");
                    store.close().await;
                }
            }
            let restored = restore(&settings, &shelf.wish, at(500), &Random::system()).await;
            let ledger = restored.unwrap_or_else(|error| panic!("{name}: {error}")).ledger;
            assert!(matches!(&ledger, Some(LedgerAfter::Begun(begun)) if begun.size == 3), "{name}: {ledger:?}");
            assert!(!mark_of(&settings.database.main).unwrap().exists());
            start(&settings, at(600)).await.unwrap().0.close().await;
        }
        assert!(unharmed == 2 && half >= 4 && nameless >= 1, "{unharmed} {half} {nameless}");
    }
}

fn settings_of_copy(of: &Settings, shelf: &Shelf, name: &str) -> Settings {
    let folder = shelf.dir.path().join(name);
    copy_all(of.key_ring.parent().unwrap(), &folder);
    settings(&folder)
}

#[tokio::test]
async fn where_no_new_name_could_begin_no_collector_starts_and_the_last_head_is_not_forgotten() {
    let shelf = Shelf::new().await;
    let settings = settings(&shelf.machine("here again", false));
    let sign = async |settings: &Settings| {
        let store = Store::open_current(&settings.database).await.unwrap();
        let row = sql::signed(&mut store.keys().read().await.unwrap()).await.unwrap().unwrap();
        store.close().await;
        row
    };
    let before = sign(&settings).await;
    // A restore that was killed left a copy with somebody's keys.
    let left = settings.key_ring.parent().unwrap().join(".unticked-restoring-20260101T000000Z-1");
    fs::write(&left, "keys").unwrap();
    // It ran since: the owner's word does not hold, and what stands now is refused.
    let same = Wish { same_ledger: true, ..shelf.wish.clone() };
    let restored = restore(&settings, &same, at(100), &Random::system()).await.unwrap();
    assert!(!left.exists());
    let Some(LedgerAfter::DoesNotFit(why)) = restored.ledger else { panic!("{:?}", restored.ledger) };
    assert!(why.contains("3 entries, and a head with 5 was signed"), "{why}");
    let refused = start(&settings, at(200)).await.err().unwrap();
    assert!(refused.contains("3 entries, and a head with 5 was signed"), "{refused}");
    assert_eq!(sign(&settings).await, before);

    // A backup of a store whose ledger has no new name yet has none either, whatever the owner says.
    let store = Store::open_current(&settings.database).await.unwrap();
    let mut tx = store.keys().begin().await.unwrap();
    let three = sql::SignedRow { size: 3, ..before.clone() }.restored();
    sql::replace_signed(&mut tx, &three).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(three.before_restore().unwrap().origin, before.origin);
    assert!(
        sql::keep_signed(&mut store.keys().begin().await.unwrap(), &before).await.unwrap() == 0,
        "it does not grow"
    );
    store.close().await;
    let word = super::ledger::Word { same: true, seen: None };
    let (row, marked) = word.on(three.clone());
    assert!(marked && row == three);
    assert!(LedgerError::Restored.to_string().contains("--same-ledger"));
}
