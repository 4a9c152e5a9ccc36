//! The ledger's statements.

use std::sync::Arc;

use unticked_collector::{
    evidence,
    ledger::{self, Head, Ledger, sql},
    store::{Engine, Place, Store},
    vault::{KeyRing, Vault},
    world::{Clock, Random},
};
use uuid::Uuid;

/// As many leaves as fill a tile and begin another one.
const LEAVES: u64 = 300;

pub async fn appends_and_reads_what_was_appended(store: &Store) {
    let before = sql::head(&mut store.read().await.unwrap()).await.unwrap();
    let commitments: Vec<[u8; 32]> = (0..LEAVES).map(|n| [u8::try_from(n % 256).unwrap(); 32]).collect();
    let mut tx = store.begin().await.unwrap();
    let appended = ledger::append(&mut tx, &commitments).await.unwrap();
    assert_eq!(appended.first(), before.size());
    assert_eq!(sql::leaves(&mut tx, appended.first() + 10, 5).await.unwrap(), commitments[10..15]);
    let full = (appended.head().size / 256) - 1;
    assert_eq!(sql::tile(&mut tx, 0, full).await.unwrap().map(|hashes| hashes.len()), Some(256 * 32));
    assert_eq!(sql::tile(&mut tx, 7, full).await.unwrap(), None);
    tx.commit().await.unwrap();
    let after = sql::head(&mut store.read().await.unwrap()).await.unwrap();
    assert_eq!(Head { size: after.size(), root: after.root() }, appended.head());
}

pub async fn two_appenders_make_one_tree(store: &Store) {
    let size = async || sql::head(&mut store.read().await.unwrap()).await.unwrap().size();
    let before = size().await;
    let barrier = Arc::new(tokio::sync::Barrier::new(2));
    let appenders: Vec<_> = (0..2u8)
        .map(|who| {
            let (store, barrier) = (store.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                for _ in 0..20 {
                    let mut tx = store.begin().await.unwrap();
                    ledger::append(&mut tx, &[[who; 32]; 3]).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for appender in appenders {
        appender.await.unwrap();
    }
    assert_eq!(size().await, before + 120);
    let leaves = sql::leaves(&mut store.read().await.unwrap(), before, 120).await.unwrap();
    assert!(leaves.chunks(3).all(|three| three[0] == three[1] && three[1] == three[2]), "no batch was torn apart");
}

pub async fn keeps_the_names_and_the_last_signed_head(store: &Store) {
    let origin = sql::Origin {
        number: 1,
        origin: "forms.example/ledger".to_owned(),
        began_at_size: 0,
        began_at: 1_795_435_200_000,
        reason: None,
        previous: None,
    };
    let mut tx = store.begin().await.unwrap();
    assert_eq!(sql::insert_origin(&mut tx, &origin).await.unwrap(), 1);
    assert_eq!(sql::insert_origin(&mut tx, &origin).await.unwrap(), 0);
    assert_eq!(sql::origins(&mut tx).await.unwrap(), [origin]);
    tx.rollback().await.unwrap();

    let row = |origin: &str, size: i64| sql::SignedRow {
        origin: origin.to_owned(),
        size,
        root: vec![8; 32],
        note: format!("{origin}\n{size}\n"),
        signed_at: 1_795_435_200_000,
    };
    let mut tx = store.keys().begin().await.unwrap();
    assert_eq!(sql::signed(&mut tx).await.unwrap(), None);
    for (origin, size, kept) in [("a", 3, 1), ("a", 3, 0), ("a", 2, 0), ("a", 5, 1), ("b", 9, 0)] {
        assert_eq!(sql::keep_signed(&mut tx, &row(origin, size)).await.unwrap(), kept, "{origin} {size}");
    }
    assert_eq!(sql::signed(&mut tx).await.unwrap(), Some(row("a", 5)));
    assert_eq!(sql::replace_signed(&mut tx, &row("b", 1)).await.unwrap(), 1);
    assert_eq!(sql::signed(&mut tx).await.unwrap(), Some(row("b", 1)));
    tx.rollback().await.unwrap();
}

/// Records from before there was a ledger.
pub async fn sequences_what_is_in_no_ledger(store: &Store, record: &evidence::EvidenceRow) {
    let mut tx = store.begin().await.unwrap();
    let before = sql::head(&mut tx).await.unwrap().size();
    assert_eq!(evidence::sql::sequence_older(&mut tx, 10).await.unwrap(), 0);
    let older = evidence::EvidenceRow { record_id: Uuid::from_u128(9_100_001), ..record.clone() };
    evidence::sql::insert(&mut tx, &[&older]).await.unwrap();
    let place = Place { file: "tests", line: 0 };
    let forget = "update evidence set leaf_index = null where record_id = $1";
    let rows = match tx.engine(place).unwrap() {
        Engine::Sqlite(engine) => {
            sqlx::query(forget).bind(older.record_id).execute(engine).await.unwrap().rows_affected()
        }
        Engine::Postgres(engine) => {
            sqlx::query(forget).bind(older.record_id).execute(engine).await.unwrap().rows_affected()
        }
    };
    assert_eq!(rows, 1);
    assert_eq!(evidence::sql::sequence_older(&mut tx, 10).await.unwrap(), 1);
    assert_eq!(sql::head(&mut tx).await.unwrap().size(), before + 2);
    tx.rollback().await.unwrap();
}

/// Two collectors on one store, and the main database goes back to before what the other one has signed.
pub async fn collectors_continue_what_any_of_them_signed(store: &Store) {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::new(KeyRing::open(&dir.path().join("keys"), &Random::system()).unwrap(), Random::system());
    let edge = sql::head(&mut store.read().await.unwrap()).await.unwrap();
    let origin = match sql::origins(&mut store.read().await.unwrap()).await.unwrap().pop() {
        Some(origin) => origin.origin,
        None => "forms.example/ledger".to_owned(),
    };
    let (size, root) = (i64::try_from(edge.size()).unwrap(), edge.root().to_vec());
    let row = sql::SignedRow { origin, size, root, note: "kept".to_owned(), signed_at: 0 };
    let mut tx = store.keys().begin().await.unwrap();
    sql::replace_signed(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    let open = async || Ledger::open(store, &vault, "https://forms.example", &Clock::system()).await.unwrap();
    let append = async |ledger: &Ledger, leaves: &[[u8; 32]]| {
        let mut tx = store.begin().await.unwrap();
        ledger.newest().await.unwrap();
        let appended = ledger::append(&mut tx, leaves).await.unwrap();
        ledger.continues(&mut tx, &appended).await.map(|()| (tx, appended))
    };
    let (one, other) = (open().await, open().await);
    for (ledger, leaf) in [(&one, 1), (&other, 2), (&one, 3), (&other, 4)] {
        let (tx, appended) = append(ledger, &[[leaf; 32]; 10]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ledger.sign(&appended.head()).await.unwrap().head, appended.head());
    }
    let signed = other.last_signed().head;
    assert_eq!(one.newest().await.unwrap().head, signed);
    // Signed, and gone again with the main database's last transaction.
    let (tx, fork) = append(&one, &[[5; 32]; 3]).await.unwrap();
    tx.rollback().await.unwrap();
    let mut tx = store.keys().begin().await.unwrap();
    assert_eq!(
        sql::move_signed(&mut tx, &row_of(&one, fork.head()), [Head { size: 0, root: [0; 32] }; 2]).await.unwrap(),
        0
    );
    assert_eq!(sql::move_signed(&mut tx, &row_of(&one, signed), [signed; 2]).await.unwrap(), 0, "only forward");
    assert_eq!(sql::move_signed(&mut tx, &row_of(&one, fork.head()), [signed; 2]).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let refused = append(&other, &[[6; 32]; 9]).await.err().unwrap();
    assert!(refused.to_string().contains("the main database has gone back"), "{refused}");
    let refused = one.sign(&signed).await.err().unwrap();
    assert!(refused.to_string().contains("the main database has gone back"), "{refused}");
    let mut tx = store.keys().begin().await.unwrap();
    sql::replace_signed(&mut tx, &row_of(&one, signed)).await.unwrap();
    tx.commit().await.unwrap();
}

fn row_of(ledger: &Ledger, head: Head) -> sql::SignedRow {
    let size = i64::try_from(head.size).unwrap();
    sql::SignedRow {
        origin: ledger.origin().to_owned(),
        size,
        root: head.root.to_vec(),
        note: "kept".to_owned(),
        signed_at: 0,
    }
}
