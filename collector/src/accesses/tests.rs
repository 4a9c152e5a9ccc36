use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::{
    chain::{Chain, Finding, Head, mac},
    *,
};
use crate::{
    config::DatabaseSettings,
    store::{CommitFate, DatabaseName, EngineKind, Watch},
    vault::KeyRing,
    world::Random,
};

fn key() -> SigningKey {
    SigningKey::new([7; 32])
}

fn rows(count: i64) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for number in 1..=count {
        let mut row = Row {
            number,
            at: number * 1000,
            who: "Ann".to_owned(),
            reason: "answering".to_owned(),
            command: "leads show".to_owned(),
            submissions: "[]".to_owned(),
            revealed: "[]".to_owned(),
            previous: rows.last().map_or_else(|| Head::none().mac, |row| row.mac.clone()),
            mac: Vec::new(),
        };
        row.mac = mac(&key(), &row);
        rows.push(row);
    }
    rows
}

fn check(rows: &[Row], head: impl Into<Option<Head>>) -> Vec<Finding> {
    let key = key();
    let mut chain = Chain::new(&key, head.into());
    for row in rows {
        chain.follow(row);
    }
    chain.finish().findings
}

fn head(row: &Row) -> Head {
    Head { number: row.number, mac: row.mac.clone() }
}

#[test]
fn a_whole_log_has_no_findings_even_when_the_key_store_is_a_step_behind() {
    let rows = rows(4);
    assert_eq!(check(&rows, head(&rows[3])), []);
    assert_eq!(check(&rows, head(&rows[2])), [], "the process died between the two commits");
    assert_eq!(check(&[], None), []);
}

#[test]
fn every_column_is_covered() {
    let whole = rows(3);
    let changes: [fn(&mut Row); 8] = [
        |row| row.at += 1,
        |row| row.who.push('a'),
        |row| row.reason.clear(),
        |row| row.command.push('x'),
        |row| row.submissions = "[1]".to_owned(),
        |row| row.revealed = "[\"email\"]".to_owned(),
        |row| row.previous[0] ^= 1,
        |row| row.mac[0] ^= 1,
    ];
    for change in changes {
        let mut rows = whole.clone();
        change(&mut rows[1]);
        assert_eq!(check(&rows, head(&whole[2])), [Finding::Changed(2)]);
    }
    let mut moved = whole.clone();
    (moved[1].who, moved[1].reason) = ("Annanswerin".to_owned(), "g".to_owned());
    assert_eq!(check(&moved, head(&whole[2])), [Finding::Changed(2)], "a letter does not move between columns");
}

#[test]
fn what_is_gone_is_named() {
    let whole = rows(6);
    let without =
        |gone: &[i64]| -> Vec<Row> { whole.iter().filter(|row| !gone.contains(&row.number)).cloned().collect() };
    assert_eq!(check(&without(&[3, 4]), head(&whole[5])), [Finding::Removed(3, 4)]);
    assert_eq!(check(&without(&[1]), head(&whole[5])), [Finding::Removed(1, 1)]);
    assert_eq!(check(&without(&[5, 6]), head(&whole[5])), [Finding::CutOff(5, 6)]);
    assert_eq!(check(&[], head(&whole[5])), [Finding::CutOff(1, 6)]);
    assert_eq!(check(&whole, None), [Finding::Unknown]);
}

#[test]
fn another_history_under_the_same_key_is_torn_or_not_the_one_that_is_known() {
    let (whole, mut other) = (rows(3), rows(3));
    other[1].who = "Eve".to_owned();
    other[1].mac = mac(&key(), &other[1]);
    assert_eq!(check(&other, head(&whole[2])), [Finding::Torn(3)]);
    assert_eq!(check(&other[..2], head(&whole[1])), [Finding::Replaced(2)]);
}

#[test]
fn nobody_reads_without_a_name_and_a_reason() {
    assert!(Reader::new(" Ann Ivanova ", " answering ").is_ok());
    for (who, reason, error) in [
        ("", "answering", ReaderError::Who),
        ("  - ", "answering", ReaderError::Who),
        ("Ann", "", ReaderError::Reason),
        ("Ann", "..", ReaderError::Reason),
        ("Ann", "one\nline", ReaderError::Shape),
        ("Ann\u{1b}[2J", "answering", ReaderError::Shape),
    ] {
        assert_eq!(Reader::new(who, reason), Err(error), "{who:?} {reason:?}");
    }
    assert_eq!(Reader::new("Ann", &"a".repeat(501)), Err(ReaderError::Shape));
}

/// Lets the next commits to one of the two databases fail.
struct Failing {
    name: DatabaseName,
    times: AtomicU32,
}

impl Watch for Failing {
    fn commit(&self, _: EngineKind, name: DatabaseName) -> CommitFate {
        let failing = name == self.name
            && self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if failing { CommitFate::Fails } else { CommitFate::Happens }
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_kept_in_both_databases_is_an_error_and_leaves_the_log_whole() {
    for name in [DatabaseName::Main, DatabaseName::Keys] {
        let dir = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings::sqlite(dir.path().join("main.db"));
        let watch = Arc::new(Failing { name, times: AtomicU32::new(1) });
        let store = Store::open_watched(&settings, Some(watch)).await.unwrap();
        let random = Random::system();
        let ring = KeyRing::open(&dir.path().join("ring"), &random).unwrap();
        let log = Accesses::new(store.clone(), &Vault::new(ring, random), Clock::system());
        let reader = Reader::new("Ann", "answering").unwrap();
        assert!(log.open(&reader, "leads show", &[], &[]).await.is_err(), "{name:?}");
        log.open(&reader, "leads show", &[], &[]).await.unwrap();
        log.open(&reader, "leads show", &[], &[]).await.unwrap();
        let checked = log.check().await.unwrap();
        let entries = if name == DatabaseName::Main { 2 } else { 3 };
        assert_eq!((checked.entries, checked.findings), (entries, vec![]), "{name:?}");
    }
}
