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
    assert!(matches!(refused, Err(VaultError::WrongRing { made_now: true })));
}
