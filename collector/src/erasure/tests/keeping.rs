//! What a backup brings back, the journal takes away again.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use jiff::Timestamp;
use unticked_shared::evidence::Ground;
use uuid::Uuid;

use super::*;
use crate::{
    erasure::{
        journal::{Entry, Journal, JournalError},
        replay, run,
    },
    ledger::Ledger,
    submissions::tests::House,
    vault,
};

fn entry(number: u128) -> Entry {
    Entry {
        submission: Uuid::from_u128(number),
        subject: Uuid::from_u128(number + 1_000),
        ground: Ground::Objection,
        at: Timestamp::from_millisecond(1_795_435_200_123).unwrap(),
    }
}

#[tokio::test]
async fn the_journal_holds_ids_alone_and_each_person_once() {
    let house = House::new().await;
    let path = house.dir.path().join("j");
    let journal = Journal::new(&path, &house.needs.vault);
    assert_eq!(journal.read_all().unwrap(), []);
    for number in [1, 2, 1] {
        journal.add(&entry(number)).unwrap();
    }
    assert_eq!(journal.read_all().unwrap(), [entry(1), entry(2)]);
    let text = fs::read_to_string(&path).unwrap();
    let expected = r#"{"at":1795435200123,"ground":"art-17-1-c","subject":"00000000-0000-0000-0000-0000000003e9","submission":"00000000-0000-0000-0000-000000000001","v":1} "#;
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn half_a_line_is_no_line_and_is_written_over() {
    let house = House::new().await;
    let path = house.dir.path().join("j");
    let journal = Journal::new(&path, &house.needs.vault);
    journal.add(&entry(1)).unwrap();
    journal.add(&entry(2)).unwrap();
    let whole = fs::read(&path).unwrap();
    let line = whole.len() / 2;
    for cut in line..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!(journal.read_all().unwrap(), [entry(1)], "{cut}");
        journal.add(&entry(3)).unwrap();
        assert_eq!(journal.read_all().unwrap(), [entry(1), entry(3)], "{cut}");
    }
}

#[tokio::test]
async fn a_line_that_was_altered_is_named_and_the_others_count() {
    let house = House::new().await;
    let path = house.dir.path().join("j");
    let journal = Journal::new(&path, &house.needs.vault);
    for number in 1..4 {
        journal.add(&entry(number)).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"at\":1795435200123", "\"at\":1795435200124", 1)).unwrap();
    let read = journal.read().unwrap();
    assert_eq!((read.entries, read.altered), (vec![entry(2), entry(3)], Some(1)));
    let JournalError::Altered { line: 1, .. } = journal.read_all().unwrap_err() else { panic!() };
    fs::write(&path, [0xff, 0xfe, b'\n']).unwrap();
    assert_eq!(journal.read().unwrap().altered, Some(1));
    let other = House::new().await;
    fs::write(&path, text).unwrap();
    assert_eq!(Journal::new(&path, &other.needs.vault).read().unwrap().altered, Some(1), "another ring's");
}

/// Copies the databases as they are now; what `bring_back` puts in their place.
async fn copies(house: &House) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    assert!(house.needs.store.fold_logs().await.unwrap());
    let files = ["main.db", "main-keys.db"].map(|name| house.dir.path().join(name));
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// A tool set on the copies, in a folder of their own with the ring and the journal of the house.
async fn brought_back(house: &House, copies: &[(std::path::PathBuf, Vec<u8>)]) -> (tempfile::TempDir, Tools) {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in copies {
        fs::write(dir.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let settings = crate::config::DatabaseSettings::sqlite(dir.path().join("main.db"));
    let store = crate::store::Store::open(&settings).await.unwrap();
    let vault = house.needs.vault.clone();
    let ledger = Ledger::open(&store, &vault, "https://forms.example", &house.hour.clock()).await.unwrap();
    let forms = crate::forms::Forms::archive(store.clone(), house.hour.clock());
    let tools = Tools::new(store, forms, vault, ledger, 30).forgetting(tools(house).forgetting);
    (dir, tools)
}

async fn identity_is_there(tools: &Tools, subject: Uuid) -> bool {
    let keys = vault::sql::find(&mut tools.store.keys().read().await.unwrap(), subject).await.unwrap();
    keys.is_some_and(|keys| keys.identity_key.is_some())
}

#[tokio::test]
async fn a_backup_from_before_does_not_bring_anybody_back() {
    let house = House::new().await;
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    let before = copies(&house).await;
    erase(&house, &reference).await;
    let asked_at = house.hour.now();
    house.hour.pass(30 * DAY);

    let (_dir, tools) = brought_back(&house, &before).await;
    assert!(identity_is_there(&tools, one.subject_id).await, "the backup has her");
    assert_eq!(replay(&tools, house.hour.now(), Duration::ZERO).await.unwrap(), 1);
    assert!(!identity_is_there(&tools, one.subject_id).await);
    let mut connection = tools.store.read().await.unwrap();
    let row = crate::erasure::sql::find(&mut connection, one.submission_id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.ground.as_str()), ("done", "art-17-1-b"));
    assert_eq!(row.forgotten_at, asked_at.as_millisecond(), "the deadline is no later for it");
    assert!(crate::erasure::sql::values(&mut connection, one.submission_id).await.unwrap().is_empty());
    drop(connection);
    let address = crate::vault::EmailAddress::parse("ann@example.org").unwrap();
    assert!(crate::erasure::suppressed_since(&tools.store, &tools.vault, &address).await.unwrap().is_some());
    assert_eq!(replay(&tools, house.hour.now(), Duration::ZERO).await.unwrap(), 0, "once is enough");
    assert_eq!(Journal::new(&tools.forgetting.journal, &tools.vault).read_all().unwrap().len(), 1);
}

#[tokio::test]
async fn old_keys_beside_a_newer_main_database_bring_nobody_back_either() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    let keys = house.needs.store.keys();
    let old = vault::sql::find(&mut keys.read().await.unwrap(), one.subject_id).await.unwrap().unwrap();
    erase(&house, &reference).await;
    let mut tx = keys.begin().await.unwrap();
    vault::sql::destroy(&mut tx, one.subject_id).await.unwrap();
    vault::sql::insert(&mut tx, &[&old]).await.unwrap();
    tx.commit().await.unwrap();
    let tools = tools(&house);
    assert!(identity_is_there(&tools, one.subject_id).await);
    assert_eq!(replay(&tools, house.hour.now(), Duration::ZERO).await.unwrap(), 1);
    assert!(!identity_is_there(&tools, one.subject_id).await);
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_keeps_nobody_from_being_forgotten_and_is_made_good() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    let mut broken = tools(&house);
    broken.forgetting.journal = house.dir.path().join("no/such/folder/journal");
    let order = order(Ground::Objection);
    let report = forget(&broken, &one, &order, house.hour.now(), Duration::ZERO).await.unwrap();
    assert!(matches!(report.unfinished, Some(crate::erasure::ErasureError::Journal(_))));
    assert!(!identity_is_there(&broken, one.subject_id).await, "her key has gone all the same");
    assert_eq!(run(&broken, house.hour.now(), Duration::ZERO).await.unwrap().failed, 1);
    let tools = tools(&house);
    assert_eq!(run(&tools, house.hour.now(), Duration::ZERO).await.unwrap().finished, 1);
    assert_eq!(Journal::new(&tools.forgetting.journal, &tools.vault).read_all().unwrap().len(), 1);
}
