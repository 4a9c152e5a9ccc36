use std::path::Path;

use jiff::Timestamp;
use unticked_shared::merkle::{Checkpoint, Hash, leaf_hash, note::Note};

use super::{begin, rebuild};
use crate::{
    config::DatabaseSettings,
    execute,
    ledger::{Ledger, LedgerError, append, nodes, sql, standing, verifier_of},
    store::Store,
    vault::{KeyRing, Vault},
    world::{Clock, Random},
};

const PUBLIC: &str = "https://forms.example";

struct House {
    store: Store,
    vault: Vault,
    dir: tempfile::TempDir,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_435_200 + second).unwrap()
}

async fn store(dir: &Path) -> Store {
    Store::open(&DatabaseSettings::sqlite(dir.join("main.db"))).await.unwrap()
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ring = KeyRing::open(&dir.path().join("keys"), &Random::system()).unwrap();
        let house = Self { store: store(dir.path()).await, vault: Vault::new(ring, Random::system()), dir };
        house.open().await.unwrap();
        house
    }

    async fn open(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(&self.store, &self.vault, PUBLIC, &Clock::custom(|| at(0))).await
    }

    /// Adds leaves and signs the head.
    async fn grow(&self, from: u64, count: u64) {
        let commitments: Vec<Hash> = (from..from + count).map(|number| leaf_hash(&number.to_be_bytes())).collect();
        let mut tx = self.store.begin().await.unwrap();
        append(&mut tx, &commitments).await.unwrap();
        tx.commit().await.unwrap();
        self.open().await.unwrap();
    }

    /// Every tile that is kept, in order.
    async fn tiles(&self) -> Vec<(i64, i64, Vec<u8>)> {
        let mut connection = self.store.read().await.unwrap();
        crate::fetch_all!(
            &mut connection,
            (i64, i64, Vec<u8>),
            "select level, tile_index, hashes from ledger_tile order by level, tile_index",
        )
        .await
        .unwrap()
    }

    async fn do_to_main(&self, text: &'static str) {
        let mut tx = self.store.begin().await.unwrap();
        let place = crate::store::Place { file: "tests", line: 0 };
        let crate::store::Engine::Sqlite(engine) = tx.engine(place).unwrap() else { unreachable!() };
        assert!(sqlx::query(text).execute(engine).await.unwrap().rows_affected() > 0, "{text}");
        tx.commit().await.unwrap();
    }

    async fn copy(&self) -> std::path::PathBuf {
        let (main, copy) = (self.dir.path().join("main.db"), self.dir.path().join("copy.db"));
        assert!(self.store.fold_logs().await.unwrap());
        std::fs::copy(&main, &copy).unwrap();
        copy
    }

    /// The main database is what it was.
    async fn goes_back_to(self, copy: &Path) -> Self {
        let Self { store: open, vault, dir } = self;
        open.close().await;
        std::fs::copy(copy, dir.path().join("main.db")).unwrap();
        Self { store: store(dir.path()).await, vault, dir }
    }
}

#[tokio::test]
async fn tiles_that_were_deleted_or_altered_are_made_anew_as_they_were() {
    let house = House::new().await;
    house.grow(0, 66_000).await;
    let before = house.tiles().await;
    assert_eq!(before.len(), 257 + 2 + 1);
    for harm in [
        "delete from ledger_tile",
        "delete from ledger_tile where level = 1",
        "update ledger_tile set hashes = zeroblob(8192) where level = 0 and tile_index = 17",
        "update ledger_tile set hashes = substr(hashes, 1, 32) where level = 1 and tile_index = 0",
        "insert into ledger_tile (level, tile_index, hashes) values (0, 300, zeroblob(32)), (5, 0, zeroblob(32)), (9, 1, x'')",
    ] {
        house.do_to_main(harm).await;
        assert_ne!(house.tiles().await, before, "{harm}");
        let mut heard = Vec::new();
        let rebuilt = rebuild(&house.store, |done, of| heard.push((done, of))).await.unwrap();
        assert_eq!((rebuilt.leaves, rebuilt.tiles), (66_000, 260), "{harm}");
        assert_eq!(house.tiles().await, before, "{harm}");
        assert!(heard.is_sorted() && heard.last() == Some(&(132_000, 132_000)), "{heard:?}");
        house.open().await.unwrap();
    }
    let empty = House::new().await;
    assert_eq!(rebuild(&empty.store, |_, _| ()).await.unwrap().tiles, 0);
}

#[tokio::test]
async fn nothing_is_made_from_leaves_that_are_not_those_that_were_signed() {
    let house = House::new().await;
    house.grow(0, 700).await;
    let before = house.tiles().await;
    house.do_to_main("update ledger_leaf set commitment = zeroblob(32) where leaf_index = 3").await;
    assert!(matches!(rebuild(&house.store, |_, _| ()).await, Err(LedgerError::Inconsistent { signed: 700 })));
    house.do_to_main("delete from ledger_leaf where leaf_index = 3").await;
    let gap = rebuild(&house.store, |_, _| ()).await.unwrap_err();
    assert!(gap.to_string().contains("leaf 3 "), "{gap}");
    assert_eq!(house.tiles().await, before);
}

#[tokio::test]
async fn tiles_are_made_anew_beside_somebody_who_appends() {
    let house = House::new().await;
    house.grow(0, 70_000).await;
    house.do_to_main("delete from ledger_tile where level = 0").await;
    let store = house.store.clone();
    let appending = tokio::spawn(async move {
        for number in 0..200u64 {
            let commitments: Vec<Hash> =
                (0..7).map(|one| leaf_hash(&[number.to_be_bytes(), [one; 8]].concat())).collect();
            let mut tx = store.begin().await.unwrap();
            append(&mut tx, &commitments).await.unwrap();
            tx.commit().await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    rebuild(&house.store, |_, _| ()).await.unwrap();
    appending.await.unwrap();
    let after = house.tiles().await;
    house.open().await.unwrap();
    rebuild(&house.store, |_, _| ()).await.unwrap();
    assert_eq!(house.tiles().await, after, "what the appender wrote was kept");
}

#[tokio::test]
async fn after_a_roll_back_the_ledger_goes_on_under_a_new_name_that_says_what_was_signed_before() {
    let house = House::new().await;
    house.grow(0, 300).await;
    let copy = house.copy().await;
    house.grow(300, 50).await;
    let lost = house.open().await.unwrap().last_signed().note.clone();
    let house = house.goes_back_to(&copy).await;
    let refused = house.open().await.err().unwrap();
    assert!(matches!(refused, LedgerError::Behind { found: 300, signed: 350 }), "{refused}");
    assert!(refused.to_string().contains("unticked ledger new-origin --reason"), "{refused}");
    assert!(standing::look(&house.store).await.unwrap().trouble.is_some());

    let begun = begin(&house.store, &house.vault, Some(PUBLIC), "the disk died", at(3600)).await.unwrap();
    assert_eq!(begun.origin, "forms.example/ledger/20261123T130000Z");
    assert_eq!((begun.size, begun.taken_out), (300, 0));
    assert_eq!(begun.before, ("forms.example/ledger".to_owned(), Some(350)));
    let ledger = house.open().await.unwrap();
    assert_eq!((ledger.origin(), ledger.verifier()), (begun.origin.as_str(), begun.key.clone()));
    let old_key = verifier_of(&house.vault, "forms.example/ledger").unwrap();
    assert_ne!(old_key, begun.key);
    let origins = sql::origins(&mut house.store.read().await.unwrap()).await.unwrap();
    assert_eq!(origins[1].previous.as_ref(), Some(&lost));
    assert_eq!(origins[1].reason.as_deref(), Some("the disk died"));
    assert!(Note::parse(&lost).unwrap().verify(&[old_key]).is_ok());
    // The tree goes on from there.
    house.grow(1_000, 20).await;
    let note = house.open().await.unwrap().last_signed().note.clone();
    let checkpoint = Checkpoint::parse(Note::parse(&note).unwrap().verify(&[begun.key]).unwrap()).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), (begun.origin.as_str(), 320));
    assert!(standing::look(&house.store).await.unwrap().trouble.is_none());
}

#[tokio::test]
async fn the_same_backup_restored_twice_makes_two_names() {
    let house = House::new().await;
    house.grow(0, 10).await;
    let copy = house.copy().await;
    let mut names = Vec::new();
    let mut house = house;
    for second in [10, 20] {
        house.grow(u64::try_from(second).unwrap() * 100, 5).await;
        house = house.goes_back_to(&copy).await;
        names.push(begin(&house.store, &house.vault, None, "again", at(second)).await.unwrap().origin);
        house.open().await.unwrap();
    }
    assert_eq!(names, ["forms.example/ledger/20261123T120010Z", "forms.example/ledger/20261123T120020Z"]);
    let again = begin(&house.store, &house.vault, Some(PUBLIC), "at once", at(20)).await;
    assert!(matches!(again, Err(LedgerError::JustBegun(_))));
}

#[tokio::test]
async fn a_start_finishes_a_new_name_whose_beginning_was_interrupted() {
    let house = House::new().await;
    house.grow(0, 30).await;
    let kept = sql::signed(&mut house.store.keys().read().await.unwrap()).await.unwrap().unwrap();
    begin(&house.store, &house.vault, Some(PUBLIC), "moved", at(5)).await.unwrap();
    // As a process leaves it that died between the two databases.
    let mut tx = house.store.keys().begin().await.unwrap();
    sql::replace_signed(&mut tx, &kept).await.unwrap();
    tx.commit().await.unwrap();
    let ledger = house.open().await.unwrap();
    assert_eq!((ledger.origin(), ledger.last_signed().head.size), ("forms.example/ledger/20261123T120005Z", 30));
}

#[tokio::test]
async fn a_new_name_leads_out_of_whatever_was_done_to_leaves_tiles_and_head() {
    for (harm, left, taken_out) in [
        ("delete from ledger_leaf where leaf_index >= 250", 250, 0),
        ("delete from ledger_leaf where leaf_index = 40", 40, 559),
        ("delete from ledger_leaf", 0, 0),
        ("delete from ledger_tile", 600, 0),
        ("update ledger_head set size = 512, edge = substr(edge, 1, 32)", 600, 0),
        ("update ledger_head set edge = zeroblob(length(edge))", 600, 0),
    ] {
        let house = House::new().await;
        house.grow(0, 600).await;
        house.do_to_main(harm).await;
        // A leaf under a full tile is the business of `unticked verify`.
        assert_eq!(house.open().await.is_ok(), harm.ends_with("leaf_index = 40"), "{harm}");
        let begun = begin(&house.store, &house.vault, Some(PUBLIC), harm, at(1)).await.unwrap();
        assert_eq!((begun.size, begun.taken_out), (left, taken_out), "{harm}");
        let ledger = house.open().await.unwrap();
        assert_eq!(ledger.last_signed().head.size, left, "{harm}");
        house.grow(10_000, 300).await;
        let mut connection = house.store.read().await.unwrap();
        let hashes = nodes::stored(&mut connection, 0, 0).await.unwrap();
        assert_eq!(hashes.len(), 256, "{harm}");
    }
}

#[tokio::test]
async fn a_key_store_that_is_older_or_another_one_is_refused_until_a_new_name_is_begun() {
    let house = House::new().await;
    house.grow(0, 12).await;
    let mut tx = house.store.keys().begin().await.unwrap();
    execute!(&mut tx, "delete from ledger_signed").await.unwrap();
    tx.commit().await.unwrap();
    let refused = house.open().await.err().unwrap();
    assert!(matches!(refused, LedgerError::Unsigned { found: 12 }), "{refused}");
    let begun = begin(&house.store, &house.vault, Some(PUBLIC), "the key store is of March", at(1)).await.unwrap();
    assert_eq!(begun.before, ("forms.example/ledger".to_owned(), None));
    assert_eq!(house.open().await.unwrap().last_signed().head.size, 12);
}
