//! An old main database beside today's keys, and files in which any bit at all was turned over.

use std::{collections::BTreeMap, path::Path};

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{
    Dice, Name, all_names, check,
    town::{Town, does, hand},
};
use crate::{
    config::{Database, DatabaseSettings},
    ledger,
    store::Store,
    verify::{Finding, Told, Tools, run},
};

/// What nothing vouches for: how far work has come, and what is only convenience. docs/verify.md lists it.
const UNVOUCHED: &[(&str, &[&str])] = &[
    ("submission", &["reference", "state", "body_digest", "due_at"]),
    ("subject_key", &["created_at"]),
    (
        "delivery",
        &[
            "delivery_id",
            "destination",
            "state",
            "attempt",
            "begun_at",
            "due_at",
            "lease",
            "status",
            "reason",
            "settled_at",
            "after_id",
        ],
    ),
    ("event", &["created_at"]),
    ("version", &["first_at", "withdrawn_at"]),
    ("ledger_origin", &["began_at", "reason"]),
    ("ledger_checkpoint", &["published_at"]),
    ("ledger_signed", &["signed_at"]),
    ("mail", &[]),
    ("mail_item", &[]),
    ("engagement_message", &[]),
    ("document_view", &[]),
    ("main_reached", &["noted_at", "behind_since"]),
    ("_sqlx_migrations", &[]),
];

fn settings(main: &Path, keys: &Path) -> DatabaseSettings {
    DatabaseSettings {
        main: Database::Sqlite { file: main.to_owned() },
        keys: Database::Sqlite { file: keys.to_owned() },
    }
}

async fn check_files(town: &Town, settings: &DatabaseSettings) -> Result<Vec<Finding>, String> {
    let store = Store::open(settings).await.map_err(|error| error.to_string())?;
    let tools = Tools { store: store.clone(), ..town.tools() };
    let mut findings = Vec::new();
    let outcome = run(&tools, &mut |told| {
        if let Told::Finding(finding) = told {
            findings.push(finding);
        }
    })
    .await;
    store.close().await;
    outcome.map(|_| findings).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_hundred_main_databases_that_went_back_are_each_named() {
    let mut town = Town::build(30).await;
    let mut main = town.connect("main").await;
    let copy = |n: usize| town.house.dir.path().join(format!("then-{n}.db"));
    let copies: Vec<_> = (0..100).map(copy).collect();
    for (n, copy) in copies.iter().enumerate() {
        does(&mut main, format!("vacuum into '{}'", copy.display())).await.unwrap();
        town.send(100 + n, 101 + n).await;
    }
    assert_eq!(check(&town).await.1, []);
    for (n, copy) in copies.iter().enumerate() {
        let old = settings(copy, &town.file("keys"));
        let findings = check_files(&town, &old).await.unwrap();
        assert!(all_names(&findings).contains(&Name::Signed), "{n}: {findings:?}");
        if n % 10 != 0 {
            continue;
        }
        // Somebody grows it again, beyond what was signed.
        let store = Store::open(&old).await.unwrap();
        let signed = town.house.needs.ledger.last_signed().head.size;
        let mut tx = store.begin().await.unwrap();
        let size = ledger::sql::head(&mut tx).await.unwrap().size();
        let grown: Vec<[u8; 32]> = (size..signed + 5).map(|n| [u8::try_from(n % 256).unwrap(); 32]).collect();
        ledger::append(&mut tx, &grown).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let findings = check_files(&town, &old).await.unwrap();
        assert!(all_names(&findings).contains(&Name::Signed), "{n}, grown again: {findings:?}");
    }
}

#[tokio::test]
async fn a_bit_anywhere_in_the_files_is_named_or_changes_nothing_that_is_vouched_for() {
    let mut dice = Dice::new("raw", 20_261_126);
    let town = Town::build(40).await;
    let folder = tempfile::tempdir().unwrap();
    let (main, keys) = (folder.path().join("main.db"), folder.path().join("keys.db"));
    let mut bytes = BTreeMap::new();
    for (name, copy) in [("main", &main), ("keys", &keys)] {
        let mut from = town.connect(name).await;
        does(&mut from, format!("vacuum into '{}'", copy.display())).await.unwrap();
        bytes.insert(name, std::fs::read(copy).unwrap());
    }
    let both = settings(&main, &keys);
    let restore = |name: &str, bytes: &[u8]| {
        let file = if name == "main" { &main } else { &keys };
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
        }
        std::fs::write(file, bytes).unwrap();
    };
    let sound = [dump(&main).await, dump(&keys).await];
    assert_eq!(check_files(&town, &both).await, Ok(Vec::new()));
    let (mut named, mut unread, mut harmless) = (0, 0, 0);
    for _ in 0..300 {
        let name = if dice.below(5) == 0 { "keys" } else { "main" };
        for (name, bytes) in &bytes {
            restore(name, bytes);
        }
        let mut altered = bytes[name].clone();
        let bit = dice.below(altered.len() * 8);
        altered[bit / 8] ^= 1 << (bit % 8);
        restore(name, &altered);
        match check_files(&town, &both).await {
            Err(_) => unread += 1,
            Ok(findings) if !findings.is_empty() => named += 1,
            Ok(_) => {
                harmless += 1;
                assert_eq!([dump(&main).await, dump(&keys).await], sound, "bit {bit} of {name}");
            }
        }
    }
    eprintln!("raw: {named} named, {unread} could not be read, {harmless} changed nothing that is vouched for");
    assert!(named > 50);
}

/// Every value that is vouched for, as text.
async fn dump(file: &Path) -> Vec<String> {
    let mut hand = hand(file).await;
    let tables: Vec<String> =
        names(&mut hand, "select name from sqlite_master where type = 'table' order by name").await;
    let mut all = Vec::new();
    for table in tables {
        let unvouched = UNVOUCHED.iter().find(|(name, _)| *name == table).map(|(_, columns)| *columns);
        if unvouched.is_some_and(<[_]>::is_empty) {
            continue;
        }
        let columns = names(&mut hand, &format!("select name from pragma_table_info('{table}')")).await;
        let columns: Vec<String> = columns
            .into_iter()
            .filter(|column| !unvouched.unwrap_or_default().contains(&column.as_str()))
            .map(|column| format!("quote({column})"))
            .collect();
        let mut rows = names(&mut hand, &format!("select {} from {table}", columns.join(" || ' ' || "))).await;
        rows.sort();
        all.push(format!("{table}: {}", rows.join("\n")));
    }
    all
}

async fn names(hand: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(hand).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}
