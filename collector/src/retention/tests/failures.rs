//! Whatever fails in between, the promise is kept in the end, once.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use super::*;
use crate::{
    ledger::sql,
    retention::sql::NEVER,
    store::{CommitFate, DatabaseName, EngineKind, Place, StoreError, Watch, execute},
};

const FATES: [CommitFate; 2] = [CommitFate::Fails, CommitFate::HappensUnreported];

/// Fails a commit of one database, or a statement.
#[derive(Default)]
struct Saboteur {
    /// Commits of that database that pass before.
    pass: AtomicUsize,
    commit: Mutex<Option<(DatabaseName, CommitFate)>>,
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
        match *plan {
            Some((database, fate)) if database == name => {
                if self.pass.load(Ordering::SeqCst) > 0 {
                    self.pass.fetch_sub(1, Ordering::SeqCst);
                    return CommitFate::Happens;
                }
                *plan = None;
                fate
            }
            _ => CommitFate::Happens,
        }
    }
}

async fn years_later() -> (House, Arc<Saboteur>) {
    let saboteur = Arc::new(Saboteur::default());
    let watch: Arc<dyn Watch> = saboteur.clone();
    let house = House::watched(watch).await;
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    house.hour.pass(3 * YEAR);
    (house, saboteur)
}

async fn nothing_is_left(house: &House) {
    assert!(fields(house).await.is_empty());
    assert!(!identity_is_there(house).await);
    assert_eq!(kept(house).await.due_at, Some(NEVER));
    assert_eq!(kept(house).await.contact_index, None);
    assert_eq!(records(house).await.len(), 2, "it is recorded once");
}

#[tokio::test]
async fn a_death_between_the_commit_and_the_key_is_made_good_by_the_next_run() {
    // The key store hears of the ledger's head first, and then of the key that goes.
    for (before, fate) in [0, 1].into_iter().flat_map(|before| FATES.map(|fate| (before, fate))) {
        let (house, saboteur) = years_later().await;
        saboteur.pass.store(before, Ordering::SeqCst);
        *saboteur.commit.lock().unwrap() = Some((DatabaseName::Keys, fate));
        run(&tools(&house), house.hour.now()).await.unwrap_err();
        assert!(fields(&house).await.is_empty(), "the values went");
        assert_eq!(identity_is_there(&house).await, before == 0 || fate == CommitFate::Fails);
        assert_ne!(kept(&house).await.due_at, Some(NEVER), "it stays due");
        // Set back by an hour meanwhile: it waits until then.
        house.hour.pass(-3600);
        enforce(&house).await;
        house.hour.pass(3600);
        enforce(&house).await;
        nothing_is_left(&house).await;
    }
}

#[tokio::test]
async fn a_commit_that_fails_leaves_everything_and_one_that_is_not_reported_is_not_repeated() {
    for fate in FATES {
        let (house, saboteur) = years_later().await;
        *saboteur.commit.lock().unwrap() = Some((DatabaseName::Main, fate));
        run(&tools(&house), house.hour.now()).await.unwrap_err();
        assert_eq!(fields(&house).await.is_empty(), fate == CommitFate::HappensUnreported);
        assert!(identity_is_there(&house).await, "a key goes only after what it opens");
        enforce(&house).await;
        nothing_is_left(&house).await;
    }
}

#[tokio::test]
async fn it_may_fail_at_any_statement_and_is_whole_at_the_next_run() {
    let mut failed = 0;
    for statement in 1..60 {
        let (house, saboteur) = years_later().await;
        saboteur.statement.store(statement, Ordering::SeqCst);
        failed += usize::from(run(&tools(&house), house.hour.now()).await.is_err());
        saboteur.statement.store(0, Ordering::SeqCst);
        enforce(&house).await;
        nothing_is_left(&house).await;
    }
    assert!(failed > 15, "statements were made to fail: {failed}");
}

#[tokio::test]
async fn one_that_cannot_be_read_holds_up_no_other_and_stays_due() {
    let (house, _) = years_later().await;
    let mut tx = house.needs.store.begin().await.unwrap();
    execute!(&mut tx, "update submission set version = 'lost', reference = 'LOST-LOST', due_at = 1").await.unwrap();
    tx.commit().await.unwrap();
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    house.hour.pass(3 * YEAR);
    let done = run(&tools(&house), house.hour.now()).await.unwrap();
    assert_eq!(done, Done { ended: 2, destroyed: 4, forgotten: 1, failed: 1 });
    assert_eq!(fields(&house).await.len(), 4, "of the one that cannot be read");
    let overdue = crate::retention::due::overdue(&house.needs.store, house.hour.now()).await.unwrap();
    assert_eq!(overdue.submissions, 1, "whoever looks after the collector is told");
}

#[tokio::test]
async fn two_at_once_do_it_once() {
    let house = House::new().await;
    for _ in 0..40 {
        house.submissions.submit(ann(&house).signed()).await.unwrap();
    }
    house.hour.pass(3 * YEAR);
    let (one, other) = (tools(&house), tools(&house));
    let now = house.hour.now();
    let (first, second) = tokio::join!(run(&one, now), run(&other, now));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.ended + second.ended, first.destroyed + second.destroyed), (80, 160));
    assert_eq!((first.forgotten + second.forgotten, first.failed + second.failed), (40, 0));
    assert_eq!(house.count("evidence").await, 80);
}

#[tokio::test]
async fn on_a_main_database_that_went_back_under_a_running_collector_nothing_is_ended() {
    let (house, _) = years_later().await;
    // More was signed than there is now, by whichever collector.
    let mut tx = house.needs.store.keys().begin().await.unwrap();
    let row = sql::signed(&mut tx).await.unwrap().unwrap();
    sql::replace_signed(&mut tx, &sql::SignedRow { size: row.size + 5, ..row }).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(run(&tools(&house), house.hour.now()).await.unwrap().failed, 1);
    assert!(!fields(&house).await.is_empty() && identity_is_there(&house).await);
    assert_eq!(records(&house).await.len(), 1, "no leaf went in that would fork the ledger");
}
