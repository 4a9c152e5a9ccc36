use std::collections::BTreeSet;

use unticked_collector::{
    accesses::{Accesses, Opened, Reader, chain::Finding, sql},
    execute,
    store::{Store, StoreError, Transaction},
    vault::{KeyRing, Vault},
    world::{Clock, Random},
};
use uuid::Uuid;

fn log(store: &Store, folder: &tempfile::TempDir) -> Accesses {
    let random = Random::system();
    let ring = KeyRing::open(&folder.path().join("ring"), &random).unwrap();
    let clock = Clock::custom(|| "2026-11-23T12:00:00Z".parse().unwrap());
    Accesses::new(store.clone(), &Vault::new(ring, random), clock)
}

fn ann() -> Reader {
    Reader::new("Ann Ivanova", "answering the enquiry").unwrap()
}

fn lead(number: u128) -> Opened {
    Opened { reference: format!("R-{number}"), subject: Uuid::from_u128(number) }
}

pub async fn keeps_what_was_opened_and_by_whom(store: &Store) {
    let folder = tempfile::tempdir().unwrap();
    let log = log(store, &folder);
    log.open(&ann(), "leads show", &[lead(1)], &["email".to_owned()]).await.unwrap();
    log.open(&ann(), "leads export", &[lead(2), lead(3)], &[]).await.unwrap();
    let page = Accesses::page(store, 0).await.unwrap();
    let seen: Vec<_> = page.iter().map(|entry| (entry.number, entry.who.as_str(), entry.command.as_str())).collect();
    assert_eq!(seen, [(1, "Ann Ivanova", "leads show"), (2, "Ann Ivanova", "leads export")]);
    assert_eq!((page[0].reason.as_str(), &page[0].revealed[..]), ("answering the enquiry", &["email".to_owned()][..]));
    assert_eq!(page[1].submissions, [lead(2), lead(3)]);
    assert!(Accesses::page(store, 2).await.unwrap().is_empty());
    assert_eq!(log.check().await.unwrap().findings, []);

    many_at_once_do_not_fork_the_chain(store, &log).await;
    nobody_changes_or_removes_an_entry(store).await;
    whoever_goes_round_the_triggers_is_named(store, &log).await;
}

async fn many_at_once_do_not_fork_the_chain(store: &Store, log: &Accesses) {
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let log = log.clone();
            tokio::spawn(async move {
                for number in 0..5 {
                    log.open(&ann(), "leads show", &[lead(task * 10 + number)], &[]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let checked = log.check().await.unwrap();
    assert_eq!((checked.entries, checked.findings), (42, vec![]));
    let head = sql::head(&mut store.keys().read().await.unwrap()).await.unwrap().unwrap();
    assert_eq!(head.number, 42);
}

async fn nobody_changes_or_removes_an_entry(store: &Store) {
    for attempt in 0..2 {
        let mut tx = store.begin().await.unwrap();
        let done = match attempt {
            0 => execute!(&mut tx, "update access set who = 'nobody' where number = 1").await,
            _ => execute!(&mut tx, "delete from access where number = 1").await,
        };
        let error = done.unwrap_err().to_string();
        assert!(error.contains("the access log"), "{error}");
        tx.rollback().await.unwrap();
    }
}

/// What somebody can do who owns the database.
async fn unguarded(tx: &mut Transaction) -> Result<u64, StoreError> {
    execute!(
        tx,
        { sqlite: "drop trigger access_is_not_removed", postgres: "alter table access disable trigger all" },
    )
    .await?;
    execute!(tx, { sqlite: "drop trigger access_is_not_changed", postgres: "select 1" }).await
}

async fn whoever_goes_round_the_triggers_is_named(store: &Store, log: &Accesses) {
    let mut tx = store.begin().await.unwrap();
    unguarded(&mut tx).await.unwrap();
    execute!(&mut tx, "update access set reason = 'nothing to see here' where number = 5").await.unwrap();
    execute!(&mut tx, "delete from access where number in (9, 10)").await.unwrap();
    // 20 and 21 change places.
    execute!(&mut tx, "update access set number = 1000 where number = 20").await.unwrap();
    execute!(&mut tx, "update access set number = 20 where number = 21").await.unwrap();
    execute!(&mut tx, "update access set number = 21 where number = 1000").await.unwrap();
    // The MAC of 30 is overwritten.
    execute!(&mut tx, "update access set mac = previous where number = 30").await.unwrap();
    // The end is cut off.
    execute!(&mut tx, "delete from access where number > 40").await.unwrap();
    tx.commit().await.unwrap();
    let found: BTreeSet<String> = log.check().await.unwrap().findings.iter().map(ToString::to_string).collect();
    let named = [
        Finding::Changed(5),
        Finding::Removed(9, 10),
        Finding::Changed(20),
        Finding::Changed(21),
        Finding::Changed(30),
        Finding::CutOff(41, 42),
    ];
    assert_eq!(found, named.iter().map(ToString::to_string).collect());

    // What comes after does not cover the gap.
    log.open(&ann(), "leads show", &[lead(1)], &[]).await.unwrap();
    let findings = log.check().await.unwrap().findings;
    assert!(findings.contains(&Finding::Removed(41, 42)), "{findings:?}");
    assert!(!findings.iter().any(|finding| matches!(finding, Finding::CutOff(..))), "{findings:?}");
}
