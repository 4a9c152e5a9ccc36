use std::{fs, os::unix::fs::PermissionsExt};

use uuid::Uuid;

use super::*;
use crate::{config::DatabaseSettings, store::Store, world::Random};

fn cell(row: &[u8]) -> Cell<'_> {
    Cell { table: "value", row, column: "content" }
}

#[test]
fn a_sealed_value_opens_in_its_place_and_nowhere_else() {
    let random = Random::system();
    let (key, other) = (Key::random(&random), Key::random(&random));
    let sealed = key.seal(&cell(b"1"), b"ann@example.org", &random);
    assert_eq!(key.open(&cell(b"1"), &sealed).unwrap().as_slice(), b"ann@example.org");
    assert!(key.open(&cell(b"2"), &sealed).is_err());
    assert!(key.open(&Cell { table: "mail", ..cell(b"1") }, &sealed).is_err());
    assert!(key.open(&Cell { column: "body", ..cell(b"1") }, &sealed).is_err());
    assert!(other.open(&cell(b"1"), &sealed).is_err());
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(key.open(&cell(b"1"), &altered).is_err(), "byte {at}");
        assert!(key.open(&cell(b"1"), &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn places_that_read_alike_when_put_together_are_told_apart() {
    let random = Random::system();
    let key = Key::random(&random);
    let sealed = key.seal(&Cell { table: "ab", row: b"c", column: "d" }, b"x", &random);
    assert!(key.open(&Cell { table: "a", row: b"bc", column: "d" }, &sealed).is_err());
    assert!(key.open(&Cell { table: "ab", row: b"", column: "cd" }, &sealed).is_err());
}

#[test]
fn the_same_value_never_looks_the_same_twice() {
    let random = Random::system();
    let key = Key::random(&random);
    assert_ne!(key.seal(&cell(b"1"), b"x", &random), key.seal(&cell(b"1"), b"x", &random));
}

#[test]
fn the_ring_is_made_once_for_its_owner_alone_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("below/keys.toml");
    let ring = KeyRing::open(&path, &Random::system()).unwrap();
    assert!(ring.made_now());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path().join("below")).unwrap().count(), 1, "no draft is left");
    let again = KeyRing::open(&path, &Random::system()).unwrap();
    assert!(!again.made_now());
    let sealed = ring.seal(&cell(b"1"), b"blue", &Random::system());
    assert_eq!(again.open_value(&cell(b"1"), &sealed).unwrap().as_slice(), b"blue");
    assert!(ring.ticket_keys().eq(again.ticket_keys()));
}

#[test]
fn a_ring_that_others_may_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    KeyRing::open(&path, &Random::system()).unwrap();
    for mode in [0o640, 0o604, 0o644, 0o660] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = KeyRing::open(&path, &Random::system());
        assert!(matches!(refused, Err(RingError::Permissions { .. })), "{mode:o}");
    }
}

#[test]
fn a_damaged_ring_is_refused_without_showing_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    KeyRing::open(&path, &Random::system()).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let secret = whole.lines().find_map(|line| line.strip_prefix("key = ")).unwrap().trim_matches('"').to_owned();
    let damaged = [
        whole.replacen("[[wrap]]", "[[warp]]", 1),
        whole.replacen(&secret, &secret[4..], 1),
        whole.replacen(&format!("\"{secret}\""), &secret, 1),
        whole.replacen("id = \"", "id = \"x", 1),
        String::new(),
    ];
    for text in damaged {
        fs::write(&path, &text).unwrap();
        let error = KeyRing::open(&path, &Random::system()).unwrap_err();
        assert!(matches!(error, RingError::Content { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains(&secret[4..]), "{error}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "", "a damaged ring is never made anew");
}

#[test]
fn a_new_first_key_seals_and_the_old_one_still_opens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    let old = KeyRing::open(&path, &Random::system()).unwrap();
    let sealed = old.seal(&cell(b"1"), b"blue", &Random::system());
    let text = fs::read_to_string(&path).unwrap();
    let fresh = "[[value]]\nid = \"0000000a\"\nkey = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n\n[[value]]";
    fs::write(&path, text.replacen("[[value]]", fresh, 1)).unwrap();
    let new = KeyRing::open(&path, &Random::system()).unwrap();
    assert_eq!(new.open_value(&cell(b"1"), &sealed).unwrap().as_slice(), b"blue");
    let sealed = new.seal(&cell(b"1"), b"red", &Random::system());
    assert_eq!(sealed[..4], [0, 0, 0, 10]);
    assert!(old.open_value(&cell(b"1"), &sealed).is_err());
}

fn path_in(dir: &tempfile::TempDir) -> std::path::PathBuf {
    dir.path().join("keys.toml")
}

fn now() -> jiff::Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn roles(path: &std::path::Path, kind: Kind) -> Vec<Role> {
    KeyRing::open_existing(path).unwrap().keys(kind).into_iter().map(|key| key.role).collect()
}

#[test]
fn a_new_key_waits_behind_the_others_before_it_seals_and_the_old_one_opens_until_it_is_taken_out() {
    let dir = tempfile::tempdir().unwrap();
    let (path, random) = (path_in(&dir), Random::system());
    let ring = Ring::open(&path, &random).unwrap();
    let before = ring.current();
    let sealed = before.seal(&cell(b"1"), b"blue", &random);
    ring_file::prepare(&path, &[Kind::Value], &random, now()).unwrap();
    ring_file::prepare(&path, &[Kind::Value], &random, now()).unwrap();
    assert_eq!(roles(&path, Kind::Value), [Role::First, Role::Prepared], "one is enough");
    assert_eq!(roles(&path, Kind::Wrap), [Role::First]);
    assert!(ring.learn().unwrap() && !ring.learn().unwrap());
    let early = ring.current().seal(&cell(b"2"), b"red", &random);
    assert_eq!(early[..4], before.first(Kind::Value).0, "it seals nothing yet");
    ring_file::promote(&path, &Kind::ALL, &random, now()).unwrap();
    assert_eq!(roles(&path, Kind::Value), [Role::First, Role::Older]);
    assert!(ring.learn().unwrap());
    let late = ring.current().seal(&cell(b"3"), b"green", &random);
    assert_ne!(late[..4], before.first(Kind::Value).0);
    for (row, sealed) in [(b"1", &sealed), (b"2", &early), (b"3", &late)] {
        assert!(ring.current().open_value(&cell(row), sealed).is_ok());
    }
    let first = ring.current().first(Kind::Value);
    ring_file::remove(&path, &[(Kind::Value, before.first(Kind::Value)), (Kind::Value, first)], &random).unwrap();
    assert_eq!(roles(&path, Kind::Value), [Role::First], "the first one stays whatever is asked");
    assert!(ring.learn().unwrap());
    assert!(ring.current().open_value(&cell(b"1"), &sealed).is_err());
    assert_eq!(ring.current().fingerprint(), before.fingerprint());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_change_keeps_the_mode_follows_a_link_and_clears_away_what_a_dead_process_left() {
    let dir = tempfile::tempdir().unwrap();
    let (path, random) = (path_in(&dir), Random::system());
    KeyRing::open(&path, &random).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    let left = dir.path().join(".keys.toml-draft-0123");
    fs::write(&left, "half a ring").unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    ring_file::prepare(&link, &Kind::ALL, &random, now()).unwrap();
    assert!(link.is_symlink() && !left.exists());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o400);
    assert_eq!(roles(&path, Kind::Ticket), [Role::First, Role::Prepared]);
}

#[test]
fn two_changes_at_once_are_both_made() {
    let dir = tempfile::tempdir().unwrap();
    let (path, random) = (path_in(&dir), Random::system());
    KeyRing::open(&path, &random).unwrap();
    for _ in 0..20 {
        std::thread::scope(|scope| {
            for kind in Kind::ALL {
                let (path, random) = (&path, &random);
                scope.spawn(move || {
                    ring_file::prepare(path, &[kind], random, now()).unwrap();
                    ring_file::promote(path, &[kind], random, now()).unwrap();
                });
            }
        });
    }
    for kind in Kind::ALL {
        assert_eq!(roles(&path, kind).len(), 21, "{kind}");
    }
}

#[test]
fn a_ring_that_cannot_be_changed_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (path, random) = (path_in(&dir), Random::system());
    KeyRing::open(&path, &random).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for broken in [text.replace("[[ticket]]", "[[tocket]]"), text[..text.len() / 2].to_owned()] {
        fs::write(&path, &broken).unwrap();
        assert!(matches!(ring_file::prepare(&path, &Kind::ALL, &random, now()), Err(RingError::Content { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(ring_file::prepare(&path, &Kind::ALL, &random, now()), Err(RingError::File { .. })));
    assert!(!path.exists(), "it is not made");
}

#[test]
fn a_running_collector_keeps_its_keys_when_the_file_goes_bad() {
    let dir = tempfile::tempdir().unwrap();
    let (path, random) = (path_in(&dir), Random::system());
    let ring = Ring::open(&path, &random).unwrap();
    let known = ring.current().knows();
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, &whole[..100]).unwrap();
    assert!(ring.learn().is_err() && ring.learn().is_err(), "it is said until it is mended");
    fs::remove_file(&path).unwrap();
    assert!(ring.learn().is_err());
    let foreign = KeyRing::open(&path, &random).unwrap();
    let said = ring.learn().unwrap_err().to_string();
    assert!(said.contains("another ring") && said.contains("keys.toml"), "{said}");
    assert_ne!(foreign.knows(), known);
    assert_eq!(ring.current().knows(), known);
    fs::write(&path, whole).unwrap();
    ring.learn().unwrap();
    assert_eq!(ring.current().knows(), known);
}

#[test]
fn whatever_lies_in_the_rings_place_is_refused_with_its_path_and_without_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let (path, random) = (path_in(&dir), Random::system());
    KeyRing::open(&path, &random).unwrap();
    let whole = fs::read(&path).unwrap();
    let secret = String::from_utf8(whole.clone()).unwrap();
    let secret =
        secret.lines().rev().find_map(|line| line.strip_prefix("key = ")).unwrap().trim_matches('"').to_owned();
    let refused = |what: &str| {
        let error = KeyRing::open(&path, &random).map(drop).unwrap_err().to_string();
        assert!(error.contains("keys.toml"), "{what}: {error}");
        assert!(!error.contains(&secret[..8]), "{what}: {error}");
    };
    // The last bytes are a line's end.
    for cut in 0..whole.len() - 2 {
        fs::write(&path, &whole[..cut]).unwrap();
        refused(&format!("cut at {cut}"));
    }
    fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    refused("no text");
    fs::write(&path, vec![b'#'; 2_000_000]).unwrap();
    refused("far too long");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    refused("a folder");
    fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink(dir.path().join("nowhere"), &path).unwrap();
    refused("a link to nothing");
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&path).status();
    if made.is_ok_and(|made| made.success()) {
        refused("a pipe, which nobody waits for");
    }
}

#[test]
fn an_address_is_found_however_it_is_written_and_each_column_hashes_differently() {
    let dir = tempfile::tempdir().unwrap();
    let ring = KeyRing::open(&dir.path().join("keys.toml"), &Random::system()).unwrap();
    assert_ne!(ring.index_key("subject", "contact_index"), ring.index_key("subject", "tel_index"));
    assert_ne!(ring.index_key("subject", "contact_index"), ring.index_key("subjectcontact", "_index"));
    let vault = Vault::new(ring, Random::system());
    let index = |text: &str| vault.contact_index(&EmailAddress::parse(text).unwrap());
    assert_eq!(index("Ann@Example.org"), index(" ann@example.ORG\n"));
    assert_ne!(index("ann@example.org"), index("anna@example.org"));
    assert!(EmailAddress::parse("ann").is_none());
}

#[test]
fn nothing_secret_shows_in_debug() {
    let dir = tempfile::tempdir().unwrap();
    let ring = KeyRing::open(&dir.path().join("keys.toml"), &Random::system()).unwrap();
    let text = fs::read_to_string(dir.path().join("keys.toml")).unwrap();
    let vault = Vault::new(ring.clone(), Random::system());
    let subject = vault.new_subject(Uuid::from_u128(1), 0);
    let shown = format!("{ring:?} {vault:?} {:?} {:?}", subject.identity, EmailAddress::parse("ann@example.org"));
    for line in text.lines().filter_map(|line| line.strip_prefix("key = ")) {
        assert!(!shown.contains(line.trim_matches('"')));
    }
    assert!(shown.contains("EmailAddress(a…@example.org)"), "{shown}");
}

struct House {
    dir: tempfile::TempDir,
    store: Store,
    vault: Vault,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&DatabaseSettings::sqlite(dir.path().join("main.db"))).await.unwrap();
        let ring = KeyRing::open(&dir.path().join("keys.toml"), &Random::system()).unwrap();
        Self { dir, store, vault: Vault::new(ring, Random::system()) }
    }

    async fn keep(&self, keys: &[&WrappedKeys]) {
        let mut tx = self.store.keys().begin().await.unwrap();
        sql::insert(&mut tx, keys).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_persons_keys_are_found_again_and_are_nobody_elses() {
    let house = House::new().await;
    let ann = house.vault.new_subject(Uuid::from_u128(1), 5);
    let ben = house.vault.new_subject(Uuid::from_u128(2), 6);
    house.keep(&[&ann.wrapped, &ben.wrapped]).await;
    house.keep(&[&ann.wrapped]).await; // once more changes nothing
    let sealed = ann.identity.seal(&cell(b"1"), b"Ann", &Random::system());
    let found = house.vault.keys_of(&house.store, Uuid::from_u128(1)).await.unwrap().unwrap();
    assert_eq!(found.identity.unwrap().open(&cell(b"1"), &sealed).unwrap().as_slice(), b"Ann");
    assert!(found.evidence.unwrap().open(&cell(b"1"), &sealed).is_err());
    assert!(house.vault.keys_of(&house.store, Uuid::from_u128(3)).await.unwrap().is_none());
    // Ben's row under Ann's name opens nothing.
    let moved = WrappedKeys { subject_id: Uuid::from_u128(9), ..ben.wrapped };
    house.keep(&[&moved]).await;
    let refused = house.vault.keys_of(&house.store, Uuid::from_u128(9)).await;
    assert!(matches!(refused, Err(VaultError::NotOpened(_))));
}

#[tokio::test]
async fn a_lost_ring_is_noticed_at_start() {
    let house = House::new().await;
    house.vault.check(&house.store).await.unwrap();
    house.keep(&[&house.vault.new_subject(Uuid::from_u128(1), 5).wrapped]).await;
    house.vault.check(&house.store).await.unwrap();
    let stranger = KeyRing::open(&house.dir.path().join("other.toml"), &Random::system()).unwrap();
    let refused = Vault::new(stranger, Random::system()).check(&house.store).await;
    let said = refused.as_ref().unwrap_err().to_string();
    assert!(said.contains("other.toml") && said.contains("Put the old file back"), "{said}");
    assert!(matches!(refused, Err(VaultError::WrongRing { made_now: true, .. })));
}
