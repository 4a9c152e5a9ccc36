mod collectors;

use std::path::Path;

use jiff::Timestamp;
use unticked_shared::{
    evidence,
    merkle::{Checkpoint, Hash, leaf_hash, note::Note, proof, tile::Tile},
};

use super::{Appended, Head, Ledger, LedgerError, append, nodes, sql};
use crate::{
    config::DatabaseSettings,
    store::{Store, StoreError},
    vault::{KeyRing, Vault},
    world::{Clock, Random},
};

const PUBLIC: &str = "https://forms.example";

struct House {
    store: Store,
    vault: Vault,
    dir: tempfile::TempDir,
}

fn clock() -> Clock {
    Clock::custom(|| "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap())
}

async fn store(dir: &Path) -> Store {
    Store::open(&DatabaseSettings::sqlite(dir.join("main.db"))).await.unwrap()
}

async fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let ring = KeyRing::open(&dir.path().join("keys"), &Random::system()).unwrap();
    House { store: store(dir.path()).await, vault: Vault::new(ring, Random::system()), dir }
}

impl House {
    async fn open(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(&self.store, &self.vault, PUBLIC, &clock()).await
    }

    async fn grow(&self, commitments: &[Hash]) -> Appended {
        let mut tx = self.store.begin().await.unwrap();
        let appended = append(&mut tx, commitments).await.unwrap();
        tx.commit().await.unwrap();
        appended
    }

    /// As whoever keeps a record does it.
    async fn keep(&self, ledger: &Ledger, commitments: &[Hash]) -> Result<Appended, StoreError> {
        let mut tx = self.store.begin().await?;
        ledger.newest().await?;
        let appended = append(&mut tx, commitments).await?;
        ledger.continues(&mut tx, &appended).await?;
        tx.commit().await?;
        Ok(appended)
    }

    /// The main database goes back to how it is now, when the answer is awaited.
    async fn going_back(self, meanwhile: impl AsyncFnOnce(&Self)) -> Self {
        let (main, copy) = (self.dir.path().join("main.db"), self.dir.path().join("copy.db"));
        assert!(self.store.fold_logs().await.unwrap());
        std::fs::copy(&main, &copy).unwrap();
        meanwhile(&self).await;
        let Self { store: open, vault, dir } = self;
        open.close().await;
        std::fs::copy(&copy, &main).unwrap();
        Self { store: store(dir.path()).await, vault, dir }
    }

    async fn run(&self, text: &'static str) {
        let mut tx = self.store.begin().await.unwrap();
        let place = crate::store::Place { file: "tests", line: 0 };
        let crate::store::Engine::Sqlite(engine) = tx.engine(place).unwrap() else { unreachable!() };
        assert_eq!(sqlx::query(text).execute(engine).await.unwrap().rows_affected(), 1, "{text}");
        tx.commit().await.unwrap();
    }
}

fn commitments(from: u64, count: u64) -> Vec<Hash> {
    (from..from + count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

fn checked(note: &str, ledger: &Ledger) -> Checkpoint {
    Checkpoint::parse(Note::parse(note).unwrap().verify(&[ledger.verifier()]).unwrap()).unwrap()
}

#[tokio::test]
async fn a_new_ledger_is_named_after_the_public_address_and_keeps_its_name() {
    let house = house().await;
    let ledger = house.open().await.unwrap();
    assert_eq!((ledger.origin(), ledger.last_signed().head.size), ("forms.example/ledger", 0));
    let moved = Ledger::open(&house.store, &house.vault, "https://other.example", &clock()).await.unwrap();
    assert_eq!((moved.origin(), moved.verifier()), (ledger.origin(), ledger.verifier()));
}

#[tokio::test]
async fn what_is_appended_is_signed_proved_and_found_again() {
    let house = house().await;
    let ledger = house.open().await.unwrap();
    let mut size = 0;
    for batch in [1, 2, 252, 1, 1, 600, 255, 5] {
        let all = commitments(size, batch);
        let appended = house.keep(&ledger, &all).await.unwrap();
        let signed = ledger.sign(&appended.head()).await.unwrap();
        let checkpoint = checked(&signed.note, &ledger);
        assert_eq!((checkpoint.size, checkpoint.root), (size + batch, appended.head().root));
        for (index, commitment) in (size..).zip(&all) {
            let leaf = leaf_hash(&evidence::leaf(commitment));
            let stored = ledger.prove(index).await.unwrap().unwrap();
            assert_eq!(Some(&stored.hashes), appended.inclusion(index).as_ref(), "{index}");
            let head = signed.head;
            assert_eq!(proof::verify_inclusion(&leaf, index, head.size, &stored.hashes, &head.root), Ok(()));
        }
        size += batch;
        assert_eq!(ledger.prove(size).await.unwrap(), None);
    }
    let again = house.open().await.unwrap();
    assert_eq!(again.last_signed(), ledger.last_signed());
}

#[tokio::test]
async fn higher_tiles_grow_with_the_tree_and_hold_what_it_consists_of() {
    let house = house().await;
    let ledger = house.open().await.unwrap();
    let all = commitments(0, 66_000);
    for batch in all.chunks(9_000) {
        house.grow(batch).await;
    }
    let head = ledger.catch_up().await.unwrap().head;
    assert_eq!(head.size, 66_000);
    let mut connection = house.store.read().await.unwrap();
    for (level, index, width) in [(0, 0, 256), (0, 256, 256), (0, 257, 208), (1, 0, 256), (1, 1, 1), (2, 0, 1)] {
        let stored = nodes::stored(&mut connection, level, index).await.unwrap();
        assert_eq!(stored.len(), width, "{}", Tile { level: Some(level), index, width: 256 });
    }
    for index in [0, 255, 65_535, 65_536, 65_999] {
        let found = ledger.prove(index).await.unwrap().unwrap();
        let leaf = leaf_hash(&evidence::leaf(&all[usize::try_from(index).unwrap()]));
        assert_eq!(proof::verify_inclusion(&leaf, index, head.size, &found.hashes, &head.root), Ok(()));
    }
}

#[tokio::test]
async fn what_was_committed_and_not_signed_is_signed_at_the_next_start() {
    let house = house().await;
    house.open().await.unwrap();
    let head = house.grow(&commitments(0, 3)).await.head();
    assert_eq!(house.open().await.unwrap().last_signed().head, head);
}

#[tokio::test]
async fn a_main_database_that_went_back_is_refused_with_what_to_do() {
    let house = house().await;
    let ledger = house.open().await.unwrap();
    house.grow(&commitments(0, 300)).await;
    ledger.catch_up().await.unwrap();
    let house = house
        .going_back(async |house| {
            house.grow(&commitments(300, 2)).await;
            ledger.catch_up().await.unwrap();
        })
        .await;
    let refused = house.open().await.err().unwrap();
    assert!(matches!(refused, LedgerError::Behind { found: 300, signed: 302 }), "{refused:?}");
    assert!(refused.to_string().contains("unticked ledger new-origin"));
    // It goes on, and comes to the size that was signed: still not what was signed.
    house.grow(&commitments(1000, 2)).await;
    assert!(matches!(house.open().await.err().unwrap(), LedgerError::Inconsistent { signed: 302 }));
    house.grow(&commitments(1002, 50)).await;
    assert!(matches!(house.open().await.err().unwrap(), LedgerError::Inconsistent { signed: 302 }));
}

#[tokio::test]
async fn under_a_running_collector_nothing_is_committed_on_a_main_database_that_went_back() {
    let house = house().await;
    let ledger = house.open().await.unwrap();
    house.grow(&commitments(0, 2)).await;
    ledger.catch_up().await.unwrap();
    let house = house
        .going_back(async |house| {
            house.grow(&commitments(2, 2)).await;
            ledger.catch_up().await.unwrap();
        })
        .await;
    // What it signed itself it knows without the key store.
    for from in 9..13 {
        let mut tx = house.store.begin().await.unwrap();
        let appended = append(&mut tx, &commitments(from, 1)).await.unwrap();
        let refused = ledger.continues(&mut tx, &appended).await;
        assert!(matches!(refused, Err(StoreError::Defect(_))), "{from}: fewer than were signed, as many, and more");
        // Whoever does not look goes on all the same.
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_leaf_a_tile_or_a_head_that_was_changed_is_noticed_at_start() {
    for (text, torn) in [
        ("update ledger_leaf set commitment = randomblob(32) where leaf_index = 299", true),
        ("update ledger_tile set hashes = zeroblob(32) where level = 1", true),
        ("update ledger_head set edge = zeroblob(length(edge))", true),
        ("delete from ledger_leaf where leaf_index = 280", false),
    ] {
        let house = house().await;
        house.open().await.unwrap();
        house.grow(&commitments(0, 300)).await;
        house.open().await.unwrap();
        house.run(text).await;
        let refused = house.open().await.err().unwrap();
        assert_eq!(matches!(refused, LedgerError::Torn), torn, "{text}: {refused}");
    }
}

#[tokio::test]
async fn a_key_store_of_another_ledger_or_of_none_is_refused() {
    let (one, other) = (house().await, house().await);
    for (house, url) in [(&one, PUBLIC), (&other, "https://other.example")] {
        Ledger::open(&house.store, &house.vault, url, &clock()).await.unwrap();
        house.grow(&commitments(0, 1)).await;
        house.open().await.unwrap();
        assert!(house.store.fold_logs().await.unwrap());
    }
    let swapped = tempfile::tempdir().unwrap();
    std::fs::copy(one.dir.path().join("main.db"), swapped.path().join("main.db")).unwrap();
    std::fs::copy(other.dir.path().join("main-keys.db"), swapped.path().join("main-keys.db")).unwrap();
    let both = store(swapped.path()).await;
    let refused = Ledger::open(&both, &one.vault, PUBLIC, &clock()).await.err().unwrap();
    assert!(matches!(refused, LedgerError::Foreign { .. }), "{refused}");

    let emptied = tempfile::tempdir().unwrap();
    std::fs::copy(one.dir.path().join("main.db"), emptied.path().join("main.db")).unwrap();
    let refused = Ledger::open(&store(emptied.path()).await, &one.vault, PUBLIC, &clock()).await.err().unwrap();
    assert!(matches!(refused, LedgerError::Unsigned { found: 1 }), "{refused}");
}

#[tokio::test]
async fn the_signed_head_moves_only_forward_and_never_to_another_of_its_size() {
    let house = house().await;
    let ledger = house.open().await.unwrap();
    let small = house.grow(&commitments(0, 1)).await.head();
    let large = house.grow(&commitments(1, 1)).await.head();
    ledger.sign(&large).await.unwrap();
    // Of another appender that committed first and is slow.
    ledger.sign(&small).await.unwrap();
    assert_eq!(ledger.last_signed().head, large);
    let kept = sql::signed(&mut house.store.keys().read().await.unwrap()).await.unwrap().unwrap();
    assert_eq!(kept.head().unwrap(), large);
    let other = Head { size: 2, root: [9; 32] };
    assert!(ledger.sign(&other).await.is_err(), "that would be a fork");
}
