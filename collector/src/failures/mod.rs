//! Each write of whatever appends to the ledger fails once, at every statement and at every commit of both databases:
//! lost, or done and reported lost. Afterwards evidence and ledger agree, no head was signed that is not durable, a start
//! accepts what is there, and whoever tries again is answered once.

mod deeds;
mod saboteur;

use std::sync::Arc;

use unticked_shared::{
    evidence,
    merkle::{Frontier, Hash, leaf_hash},
};

use self::{
    deeds::{Deed, Prepared},
    saboteur::{Plan, Saboteur},
};
use crate::{
    config::DatabaseSettings,
    ledger::{self, Ledger},
    store::{CommitFate, Store, Watch, fetch_all},
    submissions::tests::House,
};

const FATES: [CommitFate; 2] = [CommitFate::Fails, CommitFate::HappensUnreported];

async fn house() -> (House, Arc<Saboteur>) {
    let saboteur = Arc::new(Saboteur::default());
    let watch: Arc<dyn Watch> = saboteur.clone();
    (House::watched(watch).await, saboteur)
}

/// The root of the tree at each size, from the leaves that are kept.
fn roots(leaves: &[Hash]) -> Vec<Hash> {
    let mut edge = Frontier::default();
    let mut roots = vec![edge.root()];
    for commitment in leaves {
        edge.append(leaf_hash(&evidence::leaf(commitment)), |_, _, _| {});
        roots.push(edge.root());
    }
    roots
}

/// Evidence and ledger agree, and what was signed is durable; answers how many records there are, and how many are signed.
async fn sound(house: &House, at: &str) -> (usize, usize) {
    let store = &house.needs.store;
    let mut connection = store.read().await.unwrap();
    let leaves = ledger::sql::leaves(&mut connection, 0, 1_000_000).await.unwrap();
    let head = ledger::sql::head(&mut connection).await.unwrap();
    let roots = roots(&leaves);
    assert_eq!((head.size(), head.root()), (leaves.len() as u64, roots[leaves.len()]), "{at}: the head and the leaves");
    let rows = fetch_all!(
        &mut connection,
        (Option<i64>, Vec<u8>),
        "select leaf_index, commitment from evidence order by leaf_index"
    );
    let rows = rows.await.unwrap();
    assert_eq!(rows.len(), leaves.len(), "{at}: a leaf for each record");
    for (number, (index, commitment)) in rows.iter().enumerate() {
        assert_eq!(*index, Some(i64::try_from(number).unwrap()), "{at}");
        assert_eq!(*commitment, leaves[number], "{at}: record {number}");
    }
    drop(connection);
    let signed = ledger::sql::signed(&mut store.keys().read().await.unwrap()).await.unwrap().unwrap();
    let size = usize::try_from(signed.size).unwrap();
    assert!(size <= leaves.len(), "{at}: {size} were signed, and {} are durable", leaves.len());
    assert_eq!(signed.root, roots[size], "{at}: what was signed");
    (leaves.len(), size)
}

/// Another process opens the same files.
async fn start_accepts(house: &House, at: &str) {
    let settings = DatabaseSettings::sqlite(house.dir.path().join("main.db"));
    let store = Store::open_current(&settings).await.unwrap();
    let clock = house.hour.clock();
    let opened = Ledger::open(&store, &house.needs.vault, "https://forms.example", &clock).await;
    opened.unwrap_or_else(|error| panic!("{at}: {error}"));
    store.close().await;
}

/// Fails one thing while the deed is done, looks, and does it again.
async fn survives(house: &House, saboteur: &Saboteur, deed: Deed, plan: Plan, restarts: bool, each: usize) {
    let at = format!("{deed:?}, {plan:?}");
    let prepared = deeds::prepare(house, deed).await;
    let (before, _) = sound(house, &at).await;
    saboteur.plan(plan);
    let first = prepared.carry_out(house).await;
    saboteur.plan(Plan::Nothing);
    let (between, signed) = sound(house, &at).await;
    assert!(between == before || between == before + each, "{at}: {} records more", between - before);
    if first.is_ok() {
        assert_eq!((between, signed), (before + each, before + each), "{at}: it was acknowledged");
    }
    if restarts {
        start_accepts(house, &at).await;
        let (records, signed) = sound(house, &at).await;
        assert_eq!((records, signed), (between, between), "{at}: a start signs what was committed");
    }
    prepared.carry_out(house).await.unwrap_or_else(|error| panic!("{at}: once more: {error}"));
    assert_eq!(sound(house, &at).await, (before + each, before + each), "{at}: acknowledged once");
    prepared.is_done(house, &at).await;
}

/// Every step of one deed.
async fn at_every_step(deed: Deed) {
    let (house, saboteur) = house().await;
    // The first one prepares statements and notes; the second is like all others.
    for _ in 0..2 {
        deeds::prepare(&house, deed).await.carry_out(&house).await.unwrap();
    }
    let prepared: Prepared = deeds::prepare(&house, deed).await;
    let (before, _) = sound(&house, "at first").await;
    saboteur.plan(Plan::Nothing);
    prepared.carry_out(&house).await.unwrap();
    let (statements, commits) = saboteur.seen();
    let each = sound(&house, "at first").await.0 - before;
    assert!(statements >= 6 && commits >= 2 && each >= 1, "{deed:?}: {statements} statements, {commits} commits");
    for left in 0..statements {
        for for_good in [false, true] {
            let plan = Plan::Statement { left, for_good };
            survives(&house, &saboteur, deed, plan, left % 2 == 0, each).await;
        }
    }
    for left in 0..commits {
        for fate in FATES {
            for restarts in [false, true] {
                survives(&house, &saboteur, deed, Plan::Commit { left, fate }, restarts, each).await;
            }
        }
    }
    println!("{deed:?}: {statements} statements, {commits} commits, {each} records");
}

#[tokio::test]
async fn a_submission_survives_the_failure_of_any_of_its_writes() {
    at_every_step(Deed::Submission).await;
}

#[tokio::test]
async fn a_withdrawal_survives_the_failure_of_any_of_its_writes() {
    at_every_step(Deed::Withdrawal).await;
}

#[tokio::test]
async fn the_end_of_a_period_survives_the_failure_of_any_of_its_writes() {
    at_every_step(Deed::RetentionEnd).await;
}

#[tokio::test]
async fn an_engagement_survives_the_failure_of_any_of_its_writes() {
    at_every_step(Deed::Engagement).await;
}

#[tokio::test]
async fn forgetting_somebody_survives_the_failure_of_any_of_its_writes() {
    at_every_step(Deed::Erasure).await;
}

#[tokio::test]
async fn the_end_of_a_forgotten_persons_evidence_survives_the_failure_of_any_of_its_writes() {
    at_every_step(Deed::EvidenceEnd).await;
}
