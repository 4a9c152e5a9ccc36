//! Copies, their way back, and upgrades: what was acknowledged is never lost, and nothing is overwritten unasked.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use unticked_collector::{
    config::{Settings, Sources},
    keep::{self, KeepError, Made, Order, Restored, Wish},
    store::{OpenError, Standing},
    world::{Clock, Random},
};

use crate::{house::House, visitor::Visitor};

fn run<T>(task: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(task)
}

/// Two folders that are not beside each other.
struct Shelf {
    _folder: TempDir,
    data: PathBuf,
    keys: PathBuf,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, keys) = (folder.path().join("copies"), folder.path().join("safe/keys"));
        Self { _folder: folder, data, keys }
    }

    fn order(&self, settings: &Settings) -> Order {
        Order::from_settings(settings, Some(self.data.clone()), Some(self.keys.clone())).unwrap()
    }

    fn back_up(&self, settings: &Settings) -> Result<Made, KeepError> {
        run(keep::backup(settings, &self.order(settings), Clock::system().now(), &Random::system()))
    }

    fn wish(&self) -> Wish {
        Wish {
            data: self.data.clone(),
            keys: Some(self.keys.clone()),
            replace: false,
            check_only: false,
            same_ledger: false,
        }
    }

    /// Names of what lies in both folders.
    fn names(&self) -> Vec<String> {
        [&self.data, &self.keys].into_iter().flat_map(|folder| names(folder)).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name != ".unticked-lock");
    names.sort();
    names
}

/// The settings of another machine, which has nothing yet.
fn elsewhere() -> (TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_in(folder.path());
    (folder, settings)
}

fn settings_in(folder: &Path) -> Settings {
    let flags = vec!["server.public_url=https://forms.example".to_owned()];
    Settings::load(&Sources { flags, folder: folder.to_owned(), ..Sources::default() }).unwrap().settings
}

fn restore(settings: &Settings, wish: &Wish) -> Result<Restored, KeepError> {
    run(keep::restore(settings, wish, Clock::system().now(), &Random::system()))
}

fn reference(visitor: &Visitor, house: &House) -> String {
    visitor.sends(house).expect(200).json()["reference"].as_str().unwrap().to_owned()
}

#[test]
fn everybody_who_was_answered_before_a_backup_began_is_in_it_though_others_keep_coming() {
    let house = House::open();
    let visitors: Vec<Visitor> = (0..60).map(|_| Visitor::with_an_enquiry(&house)).collect();
    let (before, during) = visitors.split_at(20);
    let told: Vec<String> = before.iter().map(|visitor| reference(visitor, &house)).collect();
    let shelf = Shelf::new();
    let waiting = Mutex::new(during.iter());
    let made = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(visitor) = { waiting.lock().unwrap().next() } {
                    visitor.sends(&house).expect(200);
                }
            });
        }
        shelf.back_up(&house.settings()).unwrap()
    });
    assert_eq!(house.rows().submissions, 60);
    assert!((20..=60).contains(&made.submissions) && made.persons >= made.submissions, "{made:?}");
    assert!(made.notes.is_empty(), "{:?}", made.notes);

    let (folder, settings) = elsewhere();
    let restored = restore(&settings, &shelf.wish()).unwrap();
    let fit = restored.fit.unwrap();
    assert_eq!(fit.values_without_key, 0, "everybody in the data has their key");
    assert_eq!(fit.keys_without_subject, made.persons - made.submissions);
    let there = House::open_folder(folder, &[]);
    assert_eq!(there.rows().submissions, i64::try_from(made.submissions).unwrap());
    // The same ring, tickets and answers: whoever sends again is told the same.
    for (visitor, told) in before.iter().zip(&told) {
        assert_eq!(reference(visitor, &there), *told);
    }
    assert_eq!(there.rows().submissions, i64::try_from(made.submissions).unwrap());
    Visitor::with_an_enquiry(&there).sends(&there).expect(200);
}

#[test]
fn a_backup_is_for_its_owner_alone_and_data_and_keys_lie_apart() {
    let house = House::open();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    let shelf = Shelf::new();
    let made = shelf.back_up(&house.settings()).unwrap();
    assert_eq!(names(&made.data), ["database.db", "definitions", "manifest.json"]);
    assert_eq!(names(&made.keys), ["database.db", "key-ring", "manifest.json"]);
    for folder in [&made.data, &made.keys] {
        assert_eq!(fs::metadata(folder).unwrap().mode() & 0o777, 0o700);
        for name in names(folder) {
            assert_eq!(fs::metadata(folder.join(name)).unwrap().mode() & 0o077, 0);
        }
    }
    let settings = house.settings();
    let order = |data: &str, keys: &str| Order {
        data: shelf.data.join(data),
        keys: shelf.data.join(keys),
        ..shelf.order(&settings)
    };
    let copy = |order: &Order| run(keep::backup(&settings, order, Clock::system().now(), &Random::system()));
    for (data, keys) in [("a", "a"), ("a", "a/keys"), ("a/data", "a"), ("b/data", "b/keys")] {
        let refused = copy(&order(data, keys));
        assert!(matches!(refused, Err(KeepError::Together { .. })), "{data} {keys}: {refused:?}");
        assert!(!shelf.data.join(data).exists());
    }
    copy(&Order { together: true, ..order("b/data", "b/keys") }).unwrap();
    copy(&Order { together: true, ..order("c", "c") }).unwrap();
    assert_eq!(names(&shelf.data.join("c")).len(), 2);
    // The data alone tells nobody anything, and neither does its manifest.
    let manifest = fs::read_to_string(made.data.join("manifest.json")).unwrap();
    let ring = fs::read_to_string(&settings.key_ring).unwrap();
    for secret in ring.lines().filter_map(|line| line.split('"').nth(1)).filter(|secret| secret.len() > 20) {
        assert!(!manifest.contains(secret));
    }
}

#[test]
fn two_backups_at_once_do_not_meet_and_old_ones_go_only_when_asked() {
    let house = House::open();
    let shelf = Shelf::new();
    let settings = house.settings();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let each: Vec<_> = (0..4).map(|_| scope.spawn(|| shelf.back_up(&settings))).collect();
        each.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(made >= 1, "{outcomes:?}");
    for outcome in &outcomes {
        assert!(matches!(outcome, Ok(_) | Err(KeepError::Busy(_))), "{outcome:?}");
    }
    assert_eq!(shelf.names().len(), made * 2, "whole ones and nothing else: {:?}", shelf.names());
    // A process that died has left a draft.
    fs::create_dir(shelf.data.join(".unticked-draft-dead")).unwrap();
    shelf.back_up(&settings).unwrap();
    assert_eq!(shelf.names().len(), made * 2 + 2);
    let keep_two = Order { keep: Some(2), ..shelf.order(&settings) };
    let last = run(keep::backup(&settings, &keep_two, Clock::system().now(), &Random::system())).unwrap();
    assert_eq!(shelf.names().len(), 4);
    assert!(last.data.exists() && last.keys.exists());
}

/// A small disk of our own, where we may have one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mounted(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_leaves_no_half_backup_and_spoils_no_whole_one() {
    let house = House::open();
    for _ in 0..3 {
        Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    }
    let shelf = Shelf::new();
    let settings = house.settings();
    let Some(disk) = SmallDisk::mounted("size=100m") else {
        eprintln!("left out: a small disk cannot be mounted here");
        return;
    };
    let order = Order { data: disk.0.path().to_owned(), ..shelf.order(&settings) };
    let make = || run(keep::backup(&settings, &order, Clock::system().now(), &Random::system()));
    let whole = make().unwrap();
    let before = [names(disk.0.path()), names(&shelf.keys)];
    // Files of that many bytes can be made, but not so many files: the disk fills up in the middle.
    let remount = |options: &str| {
        let done = Command::new("mount").args(["-o", options]).arg(disk.0.path()).status().unwrap();
        assert!(done.success());
    };
    let inodes = |more: u64| {
        let output = Command::new("df").args(["--output=iused"]).arg(disk.0.path()).output().unwrap();
        let used: u64 = String::from_utf8(output.stdout).unwrap().lines().nth(1).unwrap().trim().parse().unwrap();
        remount(&format!("remount,size=100m,nr_inodes={}", used + more));
    };
    for more in 0..8 {
        inodes(more);
        let refused = make().unwrap_err();
        assert!(matches!(refused, KeepError::Full(_)), "{more}: {refused}");
        assert_eq!([names(disk.0.path()), names(&shelf.keys)], before, "{more}");
    }
    remount("remount,size=1m,nr_inodes=1000");
    let refused = make().unwrap_err();
    assert!(matches!(refused, KeepError::NoRoom { .. }), "{refused}");
    assert_eq!([names(disk.0.path()), names(&shelf.keys)], before);
    let (_folder, elsewhere) = elsewhere();
    let wish = Wish { data: whole.data, ..shelf.wish() };
    assert_eq!(restore(&elsewhere, &wish).unwrap().data.rows, 3);
}

#[test]
fn nothing_is_overwritten_unasked_and_what_was_there_is_moved_aside() {
    let house = House::open();
    let early = Visitor::with_an_enquiry(&house);
    let told = reference(&early, &house);
    let shelf = Shelf::new();
    shelf.back_up(&house.settings()).unwrap();
    let late = Visitor::with_an_enquiry(&house);
    late.sends(&house).expect(200);
    let settings = house.settings();
    let replace = Wish { replace: true, ..shelf.wish() };
    let running = restore(&settings, &replace);
    assert!(matches!(running, Err(KeepError::Running(_))), "{running:?}");
    house.rewrite("controller.toml", "name = ", "# changed\nname = ");
    let folder = house.close();
    let before = names(folder.path());
    let refused = restore(&settings, &shelf.wish()).unwrap_err();
    let KeepError::Occupied(there) = &refused else { panic!("{refused}") };
    assert_eq!(there.len(), 3, "both databases and the changed definitions; the ring is the same: {there:?}");
    assert_eq!(names(folder.path()), before);

    let restored = restore(&settings, &replace).unwrap();
    assert_eq!((restored.data.rows, restored.aside.len()), (1, 3));
    let there = House::open_folder(folder, &[]);
    assert_eq!(there.rows().submissions, 1);
    assert_eq!(reference(&early, &there), told);
    // What was moved aside still holds both.
    let aside = restored.aside.iter().find(|path| path.to_string_lossy().contains("unticked.db.")).unwrap();
    assert_eq!(count(aside, "submission"), 2);
}

fn count(database: &Path, table: &str) -> i64 {
    run(async {
        let mut connection = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        count
    })
}

#[test]
fn a_backup_that_was_changed_or_does_not_fit_is_refused_before_anything_is_touched() {
    let house = House::open();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    let shelf = Shelf::new();
    let made = shelf.back_up(&house.settings()).unwrap();
    let (folder, settings) = elsewhere();
    let refused = |wish: &Wish| {
        let refused = restore(&settings, wish).unwrap_err();
        assert_eq!(names(folder.path()), [""; 0], "{refused}");
        refused
    };
    let exchanged = Wish { data: made.keys.clone(), keys: Some(made.data.clone()), ..shelf.wish() };
    assert!(matches!(refused(&exchanged), KeepError::WrongPart { .. }));
    assert!(matches!(refused(&Wish { data: shelf.data.join("no"), ..shelf.wish() }), KeepError::NoBackup(_)));
    let without_keys = refused(&Wish { keys: None, ..shelf.wish() });
    assert!(matches!(without_keys, KeepError::WrongRing { .. }), "{without_keys}");

    // Another shop's keys.
    let other = House::open();
    Visitor::with_an_enquiry(&other).sends(&other).expect(200);
    let strange = Shelf::new();
    strange.back_up(&other.settings()).unwrap();
    let mixed = Wish { keys: Some(strange.keys.clone()), ..shelf.wish() };
    let mixed = refused(&mixed);
    assert!(matches!(mixed, KeepError::WrongRing { .. }), "{mixed}");

    let manifest = made.data.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"migrations\": [", "\"migrations\": [ 9999,")).unwrap();
    assert!(matches!(refused(&shelf.wish()), KeepError::Newer { migration: 9999, .. }));
    fs::write(&manifest, text.replace("database.db", "../database.db")).unwrap();
    assert!(matches!(refused(&shelf.wish()), KeepError::NoBackup(_) | KeepError::Damaged { .. }));
    fs::write(&manifest, text).unwrap();
    let database = made.data.join("database.db");
    let mut bytes = fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&database, &bytes).unwrap();
    assert!(matches!(refused(&shelf.wish()), KeepError::Damaged { .. }));
    bytes[middle] ^= 1;
    fs::write(&database, &bytes).unwrap();
    let check = Wish { check_only: true, ..shelf.wish() };
    assert_eq!(restore(&settings, &check).unwrap().data.rows, 1);
    assert_eq!(names(folder.path()), [""; 0]);
    restore(&settings, &shelf.wish()).unwrap();
}

#[test]
fn keys_older_than_the_data_are_told_of() {
    let house = House::open();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    let (old, new) = (Shelf::new(), Shelf::new());
    old.back_up(&house.settings()).unwrap();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    new.back_up(&house.settings()).unwrap();
    let (_folder, settings) = elsewhere();
    let mixed = Wish { keys: Some(old.keys.clone()), ..new.wish() };
    let fit = restore(&settings, &mixed).unwrap().fit.unwrap();
    assert_eq!((fit.values_without_key, fit.keys_without_subject), (1, 0));
    let (_folder, settings) = elsewhere();
    let mixed = Wish { keys: Some(new.keys.clone()), ..old.wish() };
    let fit = restore(&settings, &mixed).unwrap().fit.unwrap();
    assert_eq!((fit.values_without_key, fit.keys_without_subject), (0, 1));
}

/// What commit fd54556 left behind.
fn old_folder() -> TempDir {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("story/old");
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    run(async {
        for (dump, database) in [("main.sql", "unticked.db"), ("keys.sql", "unticked-keys.db")] {
            let options = SqliteConnectOptions::new().filename(place(database)).create_if_missing(true);
            let mut connection = options.connect().await.unwrap();
            let dump = fs::read_to_string(old.join(dump)).unwrap();
            sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    });
    fs::copy(old.join("key-ring"), place("unticked.keyring")).unwrap();
    fs::set_permissions(place("unticked.keyring"), fs::Permissions::from_mode(0o600)).unwrap();
    crate::house::copy(&old.join("definitions"), &place("definitions"));
    folder
}

fn standing(settings: &Settings) -> Standing {
    run(Standing::of(&settings.database)).unwrap()
}

#[test]
fn what_the_first_version_kept_is_there_after_the_upgrade_and_a_copy_of_it_as_it_was() {
    let folder = old_folder();
    let settings = settings_in(folder.path());
    assert_eq!(standing(&settings).main.applied, [1, 2, 3]);
    let house = House::open_folder(folder, &[]);
    assert_eq!((house.rows().submissions, house.rows().evidence), (3, 3));
    let now = standing(&settings);
    assert!(now.main.pending.is_empty() && now.keys.pending.is_empty() && now.keys.applied.contains(&2));
    // The ring still opens what it sealed, and the old version is still shown.
    let version = house.get("/v1/versions/7f1a3071e81b9ccce56dee50e36df5ba8b726f1baf6007d538d169c12f5e8586", &[]);
    version.expect(200);
    house.post_form("https://shop.example", "contact", &[("ticket", "x")]).expect(422);

    let (data, keys) = keep::before_upgrade_folders(&settings).unwrap();
    assert_eq!((names(&data).len(), names(&keys).len()), (1, 1));
    let house = house.restart();
    assert_eq!(names(&data).len(), 1, "nothing to upgrade, nothing to copy");
    let folder = house.close();
    let back = Wish { data: data.clone(), keys: Some(keys), replace: true, check_only: false, same_ledger: false };
    restore(&settings, &back).unwrap();
    assert_eq!(standing(&settings).main.applied, [1, 2, 3], "as it was");
    let house = House::open_folder(folder, &[]);
    assert_eq!(house.rows().submissions, 3);
}

#[test]
fn only_serve_and_upgrade_change_an_old_database() {
    let folder = old_folder();
    let settings = settings_in(folder.path());
    let refused = run(unticked_collector::store::Store::open_current(&settings.database)).err().unwrap();
    assert!(
        matches!(refused, OpenError::Behind { .. }) && refused.to_string().contains("unticked upgrade"),
        "{refused}"
    );
    assert_eq!(standing(&settings).main.applied, [1, 2, 3]);
    // A backup of it is one, too.
    let shelf = Shelf::new();
    assert_eq!(shelf.back_up(&settings).unwrap().submissions, 3);
}

#[test]
fn a_newer_database_is_refused_before_the_other_one_is_touched() {
    let folder = old_folder();
    let settings = settings_in(folder.path());
    run(async {
        let mut connection =
            SqliteConnectOptions::new().filename(folder.path().join("unticked-keys.db")).connect().await.unwrap();
        let row = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                   values (9999, 'tomorrow', true, x'00', 0)";
        sqlx::query(row).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    let before = names(folder.path());
    let refused = run(keep::open(&settings, Clock::system().now(), &Random::system())).err().unwrap();
    assert!(matches!(refused, KeepError::Open(OpenError::Newer { migration: 9999, .. })), "{refused}");
    assert!(refused.to_string().contains("key store") && refused.to_string().contains("restore"), "{refused}");
    assert_eq!(standing(&settings).main.applied, [1, 2, 3]);
    assert_eq!(names(folder.path()), before);
}

#[test]
fn a_main_database_whose_key_store_is_gone_is_not_given_an_empty_one() {
    let house = House::open();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    let settings = house.settings();
    let folder = house.close();
    fs::remove_file(folder.path().join("unticked-keys.db")).unwrap();
    let refused = run(keep::open(&settings, Clock::system().now(), &Random::system())).err().unwrap();
    assert!(matches!(refused, KeepError::Open(OpenError::KeysLost { .. })), "{refused}");
    assert!(!folder.path().join("unticked-keys.db").exists());
}

#[test]
fn an_upgrade_that_was_interrupted_goes_on_and_keeps_the_copy_of_what_was_before() {
    let folder = old_folder();
    let settings = settings_in(folder.path());
    let upgrade = || run(keep::open(&settings, Clock::system().now(), &Random::system()));
    let first = upgrade().unwrap();
    run(first.store.close());
    let (data, _) = keep::before_upgrade_folders(&settings).unwrap();
    let copy = names(&data);
    assert_eq!(copy.len(), 1);
    // As a process leaves it that died between the two databases: the mark is there, one of them is as it was.
    for database in ["unticked.db", "unticked-keys.db"] {
        fs::write(data.join("under-way"), &copy[0]).unwrap();
        let fresh = old_folder();
        fs::copy(fresh.path().join(database), folder.path().join(database)).unwrap();
        assert!(standing(&settings).needs_upgrade());
        let second = upgrade().unwrap();
        assert!(matches!(second.from, Some(keep::Before::GoneOn(_))), "{database}");
        run(second.store.close());
        assert_eq!(names(&data), copy, "no copy of something half-changed");
        assert!(!standing(&settings).needs_upgrade());
        assert!(upgrade().unwrap().from.is_none());
    }
    // A mark of long ago, and an old database as it was then: a fresh copy is made.
    fs::write(data.join("under-way"), &copy[0]).unwrap();
    let fresh = old_folder();
    for database in ["unticked.db", "unticked-keys.db"] {
        fs::copy(fresh.path().join(database), folder.path().join(database)).unwrap();
    }
    assert!(matches!(upgrade().unwrap().from, Some(keep::Before::Copied(_))));
    assert_eq!(names(&data).len(), 2);
}

#[test]
fn what_root_makes_belongs_to_whoever_owns_the_folder() {
    const NOBODY: u32 = 65534;
    let folder = old_folder();
    let (there, shelf) = (tempfile::tempdir().unwrap(), Shelf::new());
    for path in [folder.path(), there.path()] {
        if std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).is_err() {
            eprintln!("left out: only root can give files away");
            return;
        }
    }
    let settings = settings_in(folder.path());
    shelf.back_up(&settings).unwrap();
    run(run(keep::open(&settings, Clock::system().now(), &Random::system())).unwrap().store.close());
    restore(&settings_in(there.path()), &shelf.wish()).unwrap();
    let mut folders = vec![there.path().to_owned()];
    folders.extend(["before-upgrade", "before-upgrade-keys"].map(|name| folder.path().join(name)));
    assert_eq!(fs::metadata(folder.path().join("unticked.db.lock")).unwrap().uid(), NOBODY);
    let mut seen = 0;
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            assert_eq!(entry.metadata().unwrap().uid(), NOBODY, "{entry:?}");
            seen += 1;
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn what_a_killed_process_left_half_written_is_taken_back_and_then_read() {
    let (folder, killed) = (old_folder(), old_folder());
    run(async {
        let database = folder.path().join("unticked.db");
        let mut connection = SqliteConnectOptions::new().filename(&database).connect().await.unwrap();
        for statement in [
            "pragma cache_size = 1",
            "begin immediate",
            "update version set bundle = zeroblob(900000)",
            "delete from value",
        ] {
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        // The disk as the process leaves it at this moment: half of the change, and a journal to take it back.
        for name in ["unticked.db", "unticked.db-journal"] {
            fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
        }
    });
    let settings = settings_in(killed.path());
    assert_eq!(standing(&settings).main.applied, [1, 2, 3]);
    assert_eq!(Shelf::new().back_up(&settings).unwrap().submissions, 3);
    let upgraded = run(keep::open(&settings, Clock::system().now(), &Random::system())).unwrap();
    run(upgraded.store.close());
    assert_eq!(count(&killed.path().join("unticked.db"), "value"), 9);
}

#[test]
fn without_room_for_a_copy_nothing_is_upgraded_unless_the_owner_says_so() {
    let Some(disk) = SmallDisk::mounted("size=1m") else {
        eprintln!("left out: a small disk cannot be mounted here");
        return;
    };
    let old = old_folder();
    crate::house::copy(old.path(), disk.0.path());
    fs::set_permissions(disk.0.path().join("unticked.keyring"), fs::Permissions::from_mode(0o600)).unwrap();
    let settings = settings_in(disk.0.path());
    let refused = run(keep::open(&settings, Clock::system().now(), &Random::system())).err().unwrap();
    assert!(matches!(refused, KeepError::BeforeUpgrade(_)), "{refused}");
    assert!(refused.to_string().contains("backup.before_upgrade=false"), "{refused}");
    assert_eq!(standing(&settings).main.applied, [1, 2, 3]);
    let mut bold = settings.clone();
    bold.backup.before_upgrade = false;
    let opened = run(keep::open(&bold, Clock::system().now(), &Random::system())).unwrap();
    run(opened.store.close());
    assert!(!standing(&settings).needs_upgrade());
}
