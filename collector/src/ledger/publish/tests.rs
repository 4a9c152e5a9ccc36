use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use unticked_shared::merkle::{Checkpoint, leaf_hash, node_hash, note::Note, tile};

use super::*;
use crate::{
    config::DatabaseSettings,
    ledger::{LedgerError, append},
    vault::{KeyRing, Vault},
    world::Random,
};

const NOON: i64 = 1_795_435_200_000;

struct House {
    store: Store,
    ledger: Ledger,
    publisher: Publisher,
    hour: Arc<AtomicI64>,
}

async fn house(store: Store, ring: KeyRing, hour: Arc<AtomicI64>) -> Result<House, LedgerError> {
    let reading = Arc::clone(&hour);
    let clock = Clock::custom(move || Timestamp::from_millisecond(reading.load(Ordering::SeqCst)).unwrap());
    let vault = Vault::new(ring, Random::system());
    let ledger = Ledger::open(&store, &vault, "https://forms.example", &clock).await?;
    let tools = Tools {
        store: store.clone(),
        ledger: ledger.clone(),
        every: Duration::from_mins(1),
        clock,
        metrics: Metrics::default(),
    };
    Ok(House { store, ledger, publisher: Publisher::new(tools), hour })
}

async fn alone() -> (House, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let ring = KeyRing::open(&dir.path().join("keys"), &Random::system()).unwrap();
    let store = Store::open(&DatabaseSettings::sqlite(dir.path().join("main.db"))).await.unwrap();
    (house(store, ring, Arc::new(AtomicI64::new(NOON))).await.unwrap(), dir)
}

impl House {
    async fn grow(&self, count: u64) {
        let commitments: Vec<Hash> = (0..count).map(|_| Random::system().bytes()).collect();
        let mut tx = self.store.begin().await.unwrap();
        let appended = append(&mut tx, &commitments).await.unwrap();
        self.ledger.continues(&mut tx, &appended).await.unwrap();
        tx.commit().await.unwrap();
        self.ledger.sign(&appended.head()).await.unwrap();
    }

    async fn published(&self) -> Option<i64> {
        self.publisher.publish().await.unwrap().map(|row| row.size)
    }

    fn pass(&self, seconds: i64) {
        self.hour.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    async fn tile(&self, path: &str, published: u64) -> Option<Vec<u8>> {
        let tile = Tile::parse(path).unwrap();
        bytes_of(&mut self.store.read().await.unwrap(), &tile, published).await.unwrap()
    }
}

#[tokio::test]
async fn an_empty_ledger_is_shown_at_once_and_what_comes_then_when_a_minute_begins() {
    let (house, _dir) = alone().await;
    assert_eq!(house.published().await, Some(0));
    assert_eq!(house.published().await, None);
    house.grow(2).await;
    assert_eq!(house.published().await, None, "the minute in which it began is not over");
    house.pass(59);
    house.grow(1).await;
    assert_eq!(house.published().await, None);
    house.pass(1);
    assert_eq!(house.published().await, Some(3));
    house.pass(600);
    assert_eq!(house.published().await, None, "there is nothing new to show");
    house.grow(1).await;
    assert_eq!(house.published().await, Some(4));
    // A clock that is set back keeps nothing from being shown.
    house.pass(-7200);
    house.grow(1).await;
    assert_eq!(house.published().await, Some(5));
    let newest = house.publisher.newest().await.unwrap().unwrap();
    let note = Note::parse(&newest.note).unwrap();
    let checkpoint = Checkpoint::parse(note.verify(&[house.ledger.verifier()]).unwrap()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (5, house.ledger.last_signed().head.root));
}

#[tokio::test]
async fn only_what_a_published_head_covers_is_served_and_a_part_of_a_tile_stays_what_it_was() {
    let (house, _dir) = alone().await;
    house.grow(5).await;
    assert_eq!(house.tile("tile/0/000.p/5", 4).await, None);
    let five = house.tile("tile/0/000.p/5", 5).await.unwrap();
    let entries = house.tile("tile/entries/000.p/5", 5).await.unwrap();
    assert_eq!((five.len(), tile::read_entries(&entries).unwrap().len()), (160, 5));
    for (entry, hash) in tile::read_entries(&entries).unwrap().iter().zip(five.as_chunks::<32>().0) {
        assert_eq!(leaf_hash(entry), *hash);
    }
    house.grow(65_600).await;
    let size = 65_605;
    assert_eq!(house.tile("tile/0/000.p/5", size).await.unwrap(), five, "to the byte, after it grew");
    assert_eq!(house.tile("tile/entries/000.p/5", size).await.unwrap(), entries);
    let full = house.tile("tile/0/000", size).await.unwrap();
    assert!(full.starts_with(&five) && full.len() == 8192);
    assert_eq!(house.tile("tile/0/256.p/69", size).await.unwrap().len(), 69 * 32);
    assert_eq!(house.tile("tile/1/000", size).await.unwrap().len(), 8192);
    assert_eq!(house.tile("tile/2/000.p/1", size).await.unwrap().len(), 32);
    for beyond in
        ["tile/0/256.p/70", "tile/0/257.p/1", "tile/1/001.p/1", "tile/2/000.p/2", "tile/3/000.p/1", "tile/0/256"]
    {
        assert_eq!(house.tile(beyond, size).await, None, "{beyond}");
    }
    let root = tile::fold(full.as_chunks::<32>().0).unwrap();
    let above = house.tile("tile/1/000.p/1", size).await.unwrap();
    assert_eq!(above, root, "a hash of level 1 is the root of a full tile below");
    let halves: Vec<Hash> = full.as_chunks::<32>().0.chunks(128).map(|half| tile::fold(half).unwrap()).collect();
    assert_eq!(node_hash(&halves[0], &halves[1]), root);
}

#[tokio::test]
async fn a_head_that_the_tree_does_not_lead_to_is_not_shown() {
    let (house, _dir) = alone().await;
    house.grow(9).await;
    house.published().await;
    house.pass(60);
    house.grow(9).await;
    let mut tx = house.store.begin().await.unwrap();
    crate::execute!(&mut tx, "update ledger_leaf set commitment = zeroblob(32) where leaf_index = 12").await.unwrap();
    tx.commit().await.unwrap();
    let refused = house.publisher.publish().await.unwrap_err();
    assert!(refused.to_string().contains("unticked ledger status"), "{refused}");
    assert_eq!(house.publisher.newest().await.unwrap().unwrap().size, 9);
}

/// Each appends and publishes while the other does; what is published is one tree that only grew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_collectors_on_one_postgresql_publish_one_ledger() {
    let Ok(url) = std::env::var("UNTICKED_TEST_POSTGRES") else {
        eprintln!("left out: UNTICKED_TEST_POSTGRES names no server");
        return;
    };
    let name = format!("publish_{:016x}", u64::from_be_bytes(Random::system().bytes()));
    let mut server = PgConnection::connect(&url).await.unwrap();
    server.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    let host = url.split('/').nth(2).unwrap();
    let own = format!("postgres://{host}/{name}");
    let settings = DatabaseSettings::parse(&own, None, std::path::Path::new("/")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let hour = Arc::new(AtomicI64::new(NOON));
    let mut houses = Vec::new();
    for _ in 0..2 {
        let ring = KeyRing::open(&dir.path().join("keys"), &Random::system()).unwrap();
        let store = Store::open(&settings).await.unwrap();
        houses.push(Arc::new(house(store, ring, Arc::clone(&hour)).await.unwrap()));
    }
    let work: Vec<_> = houses
        .iter()
        .map(|house| {
            let house = Arc::clone(house);
            tokio::spawn(async move {
                for round in 0..40 {
                    house.grow(1 + round % 9).await;
                    house.pass(20);
                    house.publisher.publish().await.unwrap();
                }
            })
        })
        .collect();
    for one in work {
        one.await.unwrap();
    }
    let size = (0..40u64).map(|round| 1 + round % 9).sum::<u64>() * 2;
    let last = &houses[0];
    last.pass(60);
    last.publisher.publish().await.unwrap();
    let mut connection = last.store.read().await.unwrap();
    let shown: Vec<(i64, Vec<u8>, String)> = crate::fetch_all!(
        &mut connection,
        (i64, Vec<u8>, String),
        "select size, root, note from ledger_checkpoint order by size"
    )
    .await
    .unwrap();
    assert!(shown.len() > 5, "{}", shown.len());
    assert_eq!(shown.last().map(|(size, ..)| *size), i64::try_from(size).ok());
    for (size, root, note) in &shown {
        follows(&mut connection, size.unsigned_abs(), root).await.unwrap();
        assert!(Note::parse(note).unwrap().verify(&[last.ledger.verifier()]).is_ok());
    }
    drop(connection);
    for house in &houses {
        house.store.close().await;
    }
    server.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await.unwrap();
}
