//! Whatever fails in between, and whoever comes at the same time: it is done in the end, once.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use unticked_shared::evidence::Ground;
use uuid::Uuid;

use super::*;
use crate::{
    erasure::{journal::Journal, run},
    evidence,
    store::{CommitFate, DatabaseName, EngineKind, Place, StoreError, Watch},
    vault,
};

/// Fails a commit of one database, or a statement.
#[derive(Default)]
struct Saboteur {
    /// Of which database, after how many of its commits, and how.
    commit: Mutex<Option<(DatabaseName, usize, CommitFate)>>,
    /// Statements until one fails; 0: none does.
    statement: AtomicUsize,
}

impl Watch for Saboteur {
    fn statement(&self, _: EngineKind, _: DatabaseName, _: Place) -> Result<(), StoreError> {
        let left = self.statement.load(Ordering::SeqCst);
        if left > 0 && self.statement.fetch_sub(1, Ordering::SeqCst) == 1 {
            return Err(StoreError::Unavailable("sabotage".to_owned()));
        }
        Ok(())
    }

    fn commit(&self, _: EngineKind, name: DatabaseName) -> CommitFate {
        let mut plan = self.commit.lock().unwrap();
        match &mut *plan {
            Some((database, after, _)) if *database == name && *after > 0 => {
                *after -= 1;
                CommitFate::Happens
            }
            Some((database, _, fate)) if *database == name => {
                let fate = *fate;
                *plan = None;
                fate
            }
            _ => CommitFate::Happens,
        }
    }
}

async fn house() -> (House, Arc<Saboteur>, Found) {
    let saboteur = Arc::new(Saboteur::default());
    let watch: Arc<dyn Watch> = saboteur.clone();
    let house = House::watched(watch).await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let one = found(&house, &reference).await;
    (house, saboteur, one)
}

/// Asks, and answers whether it was wholly done.
async fn ask(house: &House, one: &Found) -> bool {
    let order = order(Ground::ConsentWithdrawn);
    let asked = forget(&tools(house), one, &order, house.hour.now(), Duration::ZERO).await;
    asked.is_ok_and(|report| report.unfinished.is_none())
}

async fn state(house: &House, submission: Uuid) -> Option<(i64, String)> {
    let mut connection = house.needs.store.read().await.unwrap();
    let row = crate::erasure::sql::find(&mut connection, submission).await.unwrap();
    row.map(|row| (row.step, row.state))
}

async fn she_is_forgotten_once(house: &House, one: &Found) {
    assert!(crate::retention::tests::fields(house).await.is_empty());
    let keys = vault::sql::find(&mut house.needs.store.keys().read().await.unwrap(), one.subject_id).await.unwrap();
    assert!(keys.is_none_or(|keys| keys.identity_key.is_none()));
    assert_eq!(state(house, one.submission_id).await, Some((1, "done".to_owned())));
    let mut connection = house.needs.store.read().await.unwrap();
    let records = evidence::sql::of_submission(&mut connection, one.submission_id).await.unwrap();
    assert_eq!(records.len(), 2, "it is recorded once");
    let journal = Journal::new(&tools(house).forgetting.journal, &house.needs.vault);
    assert_eq!(journal.read_all().unwrap().len(), 1);
    let signed = house.needs.ledger.last_signed();
    assert_eq!(signed.head.size, 2, "and what was recorded is signed");
}

#[tokio::test]
async fn it_may_fail_at_any_statement_and_whoever_starts_next_ends_it() {
    let mut failed = 0;
    let mut begun = 0;
    for statement in 1..70 {
        let (house, saboteur, one) = house().await;
        saboteur.statement.store(statement, Ordering::SeqCst);
        let whole = ask(&house, &one).await;
        saboteur.statement.store(0, Ordering::SeqCst);
        failed += usize::from(!whole);
        if !whole && state(&house, one.submission_id).await.is_some() {
            // What was begun a start ends, without anybody asking again.
            begun += 1;
            house.needs.ledger.catch_up().await.unwrap();
            run(&tools(&house), house.hour.now(), Duration::ZERO).await.unwrap();
        } else if !whole {
            assert!(ask(&house, &one).await, "statement {statement}");
        }
        she_is_forgotten_once(&house, &one).await;
        if whole {
            break;
        }
    }
    assert!(failed > 20 && begun > 2, "statements were made to fail: {failed}, after the commit: {begun}");
}

#[tokio::test]
async fn each_commit_may_be_lost_or_happen_unheard() {
    for database in [DatabaseName::Main, DatabaseName::Keys] {
        for after in 0..3 {
            for fate in [CommitFate::Fails, CommitFate::HappensUnreported] {
                let (house, saboteur, one) = house().await;
                *saboteur.commit.lock().unwrap() = Some((database, after, fate));
                ask(&house, &one).await;
                *saboteur.commit.lock().unwrap() = None;
                // A start does both.
                house.needs.ledger.catch_up().await.unwrap();
                run(&tools(&house), house.hour.now(), Duration::ZERO).await.unwrap();
                assert!(ask(&house, &one).await, "{database:?} {after} {fate:?}");
                she_is_forgotten_once(&house, &one).await;
            }
        }
    }
}

#[tokio::test]
async fn the_second_step_may_fail_at_any_statement_too() {
    let mut failed = 0;
    for statement in 1..70 {
        let (house, saboteur, one) = house().await;
        assert!(ask(&house, &one).await);
        house.hour.pass(1096 * DAY);
        let tools = tools(&house);
        saboteur.statement.store(statement, Ordering::SeqCst);
        let done = run(&tools, house.hour.now(), Duration::ZERO).await;
        saboteur.statement.store(0, Ordering::SeqCst);
        let whole = done.as_ref().is_ok_and(|done| done.finished == 1);
        failed += usize::from(!whole);
        house.needs.ledger.catch_up().await.unwrap();
        run(&tools, house.hour.now(), Duration::ZERO).await.unwrap();
        assert_eq!(state(&house, one.submission_id).await, Some((2, "done".to_owned())), "statement {statement}");
        let keys = house.needs.vault.keys_of(&house.needs.store, one.subject_id).await.unwrap();
        assert!(keys.is_none());
        let mut connection = house.needs.store.read().await.unwrap();
        let rows = evidence::sql::rows_of_submission(&mut connection, one.submission_id).await.unwrap();
        let opened = rows.iter().filter(|row| row.part_b.len() > 32).count();
        assert_eq!((rows.len(), opened), (3, 1), "statement {statement}: the closing record alone opens, and is one");
        if whole {
            break;
        }
    }
    assert!(failed > 15, "statements were made to fail: {failed}");
}

#[tokio::test]
async fn two_who_ask_at_once_do_it_once() {
    for _ in 0..5 {
        let (house, _, one) = house().await;
        let (first, second) = tokio::join!(ask(&house, &one), ask(&house, &one));
        assert!(first && second);
        she_is_forgotten_once(&house, &one).await;
    }
}

#[tokio::test]
async fn a_reader_of_the_old_state_holds_up_the_end_and_nothing_else() {
    let (house, _, one) = house().await;
    let before = {
        let mut connection = house.needs.store.read().await.unwrap();
        crate::erasure::sql::values(&mut connection, one.submission_id).await.unwrap()
    };
    // A reader in the middle of a list.
    let mut reader = house.needs.store.read().await.unwrap();
    let place = Place { file: "tests", line: 0 };
    let crate::store::Engine::Sqlite(engine) = reader.engine(place).unwrap() else { panic!() };
    sqlx::query("begin").execute(&mut *engine).await.unwrap();
    sqlx::query("select count(*) from value").execute(&mut *engine).await.unwrap();
    assert!(!ask(&house, &one).await, "it says that it is not wholly done");
    assert_eq!(state(&house, one.submission_id).await, Some((1, "pending".to_owned())));
    let keys = vault::sql::find(&mut house.needs.store.keys().read().await.unwrap(), one.subject_id).await.unwrap();
    assert!(keys.unwrap().identity_key.is_none(), "her key has gone");
    let crate::store::Engine::Sqlite(engine) = reader.engine(place).unwrap() else { panic!() };
    sqlx::query("commit").execute(&mut *engine).await.unwrap();
    run(&tools(&house), house.hour.now(), Duration::from_secs(5)).await.unwrap();
    she_is_forgotten_once(&house, &one).await;
    for value in before {
        assert_eq!(files_with(&house, &value.content), 0, "{}", value.field);
    }
}
