//! Keys are changed under everybody's hands, and nothing that was readable is lost on the way.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use uuid::Uuid;

use super::{
    Kept, RotationError, Step, Tools,
    list::{list, sealed_under},
    rotate::{retire, rotate},
    sql,
    users::{AtWork, knows},
};
use crate::{
    retention::tests::ann,
    store::{CommitFate, DatabaseName, EngineKind, Place, StoreError, Watch, fetch_all},
    submissions::{record::value_cell, tests::House},
    vault::{self, KeyId, KeyRing, Kind, Ring, Role, Vault, VaultError},
    world::Random,
};

fn tools(house: &House) -> Tools {
    let ring = Ring::open_existing(&house.dir.path().join("keys.toml")).unwrap();
    let vault = Vault::with(ring, Random::system());
    let tools = Tools::new(house.needs.store.clone(), vault, house.hour.clock());
    Tools { patience: Duration::from_millis(300), under_way: Duration::ZERO, ..tools }
}

/// The ring as its file says, which changes no more.
fn ring(house: &House) -> KeyRing {
    KeyRing::open_existing(&house.dir.path().join("keys.toml")).unwrap()
}

/// Opens everything that lies under a ring; answers how many values and keys that were.
async fn opens_all(house: &House, ring: &KeyRing) -> Result<usize, VaultError> {
    let vault = Vault::new(ring.clone(), Random::system());
    let mut opened = 0;
    let mut keys = house.needs.store.keys().read().await?;
    for row in sql::wrapped_otherwise(&mut keys, &[0; 4], Uuid::nil(), 1000).await? {
        vault.wrap_anew(&row)?;
        opened += usize::from(row.identity_key.is_some()) + usize::from(row.evidence_key.is_some());
    }
    let mut main = house.needs.store.read().await?;
    for value in sql::values_otherwise(&mut main, &[0; 4], Uuid::nil(), "", 1000).await? {
        value_cell(value.submission_id, &value.field, |cell| ring.open_value(cell, &value.content).map(drop))?;
        opened += 1;
    }
    Ok(opened)
}

async fn with_leads(house: &House, count: usize) {
    for _ in 0..count {
        house.submissions.submit(ann(house).signed()).await.unwrap();
    }
}

async fn all_of_it(tools: &Tools) -> Result<Vec<Step>, RotationError> {
    let mut steps = Vec::new();
    rotate(tools, &Kind::ALL, &mut |step| steps.push(step)).await?;
    retire(tools, &Kind::ALL, &mut |step| steps.push(step)).await?;
    Ok(steps)
}

async fn under(house: &House, kind: Kind) -> Vec<KeyId> {
    sealed_under(&house.needs.store, kind).await.unwrap().into_iter().map(|one| one.id).collect()
}

#[tokio::test]
async fn everything_is_sealed_anew_and_the_old_keys_leave_when_nothing_lies_under_them() {
    let house = House::new().await;
    with_leads(&house, 5).await;
    let (before, tools) = (ring(&house), tools(&house));
    let ticket = house.ticket();
    let copied = {
        let mut keys = house.needs.store.keys().read().await.unwrap();
        sql::wrapped_otherwise(&mut keys, &[0; 4], Uuid::nil(), 100).await.unwrap()
    };
    let all = opens_all(&house, &before).await.unwrap();
    assert_eq!(all, 5 * 2 + 5);
    let steps = all_of_it(&tools).await.unwrap();
    let after = ring(&house);
    assert_eq!(opens_all(&house, &after).await.unwrap(), all);
    for kind in [Kind::Wrap, Kind::Value] {
        assert_eq!(under(&house, kind).await, [after.first(kind)], "{kind}");
        assert_eq!(after.keys(kind).len(), 1, "{kind}");
        assert_ne!(after.first(kind), before.first(kind));
        let id = before.first(kind);
        assert!(steps.contains(&Step::Retired { kind, id }), "{steps:?}");
    }
    // What lay in an old copy of the key store does not open any more, and the old ring opens nothing new.
    let new = Vault::new(after.clone(), Random::system());
    assert!(copied.iter().all(|row| !new.opens(row)));
    assert!(opens_all(&house, &before).await.is_err());
    assert_eq!(after.fingerprint(), before.fingerprint(), "links, addresses and logs go on");
    // A ticket of before is good for its day, and no longer.
    let kept = steps.iter().find(|step| matches!(step, Step::Kept { kind: Kind::Ticket, .. })).unwrap();
    assert!(matches!(kept, Step::Kept { why: Kept::Tickets(_), .. }));
    assert!(house.needs.tickets.open(&ticket.text).is_ok());
    house.hour.pass(25 * 3600 - 60);
    retire(&tools, &[Kind::Ticket], &mut drop).await.unwrap();
    assert_eq!(ring(&house).keys(Kind::Ticket).len(), 2);
    house.hour.pass(60);
    retire(&tools, &[Kind::Ticket], &mut drop).await.unwrap();
    assert_eq!(ring(&house).keys(Kind::Ticket).len(), 1);
    house.needs.vault.ring_at_work().learn().unwrap();
    assert!(house.needs.tickets.open(&ticket.text).is_err());
    // And life goes on.
    with_leads(&house, 1).await;
    assert_eq!(opens_all(&house, &ring(&house)).await.unwrap(), all + 3);
}

#[tokio::test]
async fn one_kind_is_changed_and_the_others_stay() {
    let house = House::new().await;
    with_leads(&house, 2).await;
    let before = ring(&house);
    let tools = tools(&house);
    rotate(&tools, &[Kind::Value], &mut drop).await.unwrap();
    let after = ring(&house);
    assert_eq!(after.keys(Kind::Value).iter().map(|key| key.role).collect::<Vec<_>>(), [Role::First, Role::Older]);
    for kind in [Kind::Wrap, Kind::Ticket] {
        assert_eq!(after.keys(kind), before.keys(kind));
    }
    // Once more is a second rotation: the first one was finished.
    rotate(&tools, &[Kind::Value], &mut drop).await.unwrap();
    assert_eq!(ring(&house).keys(Kind::Value).len(), 3);
    let listing = list(&tools.store, &ring(&house), house.hour.now()).await.unwrap();
    let counts: Vec<_> = listing.keys.iter().filter(|one| one.kind == Kind::Value).map(|one| one.sealed).collect();
    assert_eq!((counts, listing.missing), (vec![Some(2), Some(0), Some(0)], vec![]));
    retire(&tools, &[Kind::Value], &mut drop).await.unwrap();
    assert_eq!(ring(&house).keys(Kind::Value).len(), 1);
}

#[tokio::test]
async fn nothing_is_sealed_under_a_key_that_a_collector_does_not_know() {
    let house = House::new().await;
    with_leads(&house, 2).await;
    let (before, tools) = (ring(&house), tools(&house));
    // A collector on another machine, with a copy of the file.
    let copy = house.dir.path().join("copy.toml");
    fs::copy(house.dir.path().join("keys.toml"), &copy).unwrap();
    let far = Ring::open_existing(&copy).unwrap();
    let far_away = AtWork::new(house.needs.store.clone(), far.clone(), house.hour.clock(), Uuid::from_u128(7));
    far_away.note().await.unwrap();
    let refused = rotate(&tools, &Kind::ALL, &mut drop).await.unwrap_err();
    assert!(
        matches!(refused, RotationError::NotLearnt { .. }) && refused.to_string().contains("keys.toml"),
        "{refused}"
    );
    for kind in Kind::ALL {
        assert_eq!(ring(&house).first(kind), before.first(kind), "it still seals with what everybody knows");
        assert_eq!(ring(&house).keys(kind)[1].role, Role::Prepared);
    }
    // The file is brought there, and the same command goes on with the same keys.
    fs::copy(house.dir.path().join("keys.toml"), &copy).unwrap();
    let prepared = ring(&house);
    assert!(far.learn().unwrap());
    far_away.note().await.unwrap();
    let mut steps = Vec::new();
    rotate(&tools, &Kind::ALL, &mut |step| steps.push(step)).await.unwrap();
    let after = ring(&house);
    for kind in Kind::ALL {
        assert_eq!(after.first(kind), prepared.keys(kind)[1].id);
    }
    assert!(steps.iter().any(|step| matches!(step, Step::Behind { .. })), "its copy is one step behind: {steps:?}");
    assert_eq!(opens_all(&house, &far.current()).await.unwrap(), 6, "and it reads everything");
    // No key leaves while it seals with the old ones.
    let mut steps = Vec::new();
    retire(&tools, &[Kind::Wrap, Kind::Value], &mut |step| steps.push(step)).await.unwrap();
    assert!(
        matches!(&steps[..], [Step::Kept { why: Kept::Used(_), .. }, Step::Kept { why: Kept::Used(_), .. }]),
        "{steps:?}"
    );
    // It died without a word; after a while nobody waits for it.
    house.hour.pass(76);
    retire(&tools, &[Kind::Wrap, Kind::Value], &mut drop).await.unwrap();
    assert_eq!(ring(&house).keys(Kind::Wrap).len(), 1);
}

#[tokio::test]
async fn what_a_latecomer_seals_under_a_retired_key_is_refused_and_not_lost() {
    let house = House::new().await;
    with_leads(&house, 1).await;
    let stale = house.needs.vault.ring_at_work().current();
    let path = house.dir.path().join("keys.toml");
    let text = fs::read_to_string(&path).unwrap();
    all_of_it(&tools(&house)).await.unwrap();
    let rotated = fs::read_to_string(&path).unwrap();
    // Somebody's machine brings the old file back: the collector there goes on with it.
    fs::write(&path, &text).unwrap();
    house.needs.vault.ring_at_work().learn().unwrap();
    assert_eq!(house.needs.vault.ring().knows(), stale.knows());
    let late = ann(&house);
    let refused = house.submissions.submit(late.signed()).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(house.count("submission").await, 1);
    assert_eq!(house.count("subject_key").await, 1);
    // With the right file the same attempt is taken.
    fs::write(&path, &rotated).unwrap();
    house.needs.vault.ring_at_work().learn().unwrap();
    let late = ann(&house);
    house.submissions.submit(late.signed()).await.unwrap();
    assert_eq!(opens_all(&house, &ring(&house)).await.unwrap(), 6);
}

#[tokio::test]
async fn a_ring_that_lacks_a_key_in_use_is_not_changed_and_is_refused_at_start() {
    let house = House::new().await;
    with_leads(&house, 1).await;
    let path = house.dir.path().join("keys.toml");
    let old = fs::read_to_string(&path).unwrap();
    let tools = tools(&house);
    rotate(&tools, &Kind::ALL, &mut drop).await.unwrap();
    house.needs.vault.ring_at_work().learn().unwrap();
    house.hour.pass(60);
    with_leads(&house, 1).await;
    // A copy from before the rotation: it opens nothing that is there.
    fs::write(&path, &old).unwrap();
    let refused = rotate(&tools, &[Kind::Wrap], &mut drop).await.unwrap_err();
    assert!(matches!(refused, RotationError::Missing { .. }), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
    let started = Vault::new(ring(&house), Random::system()).check(&house.needs.store).await;
    let said = started.unwrap_err().to_string();
    assert!(said.contains("keys.toml") && said.contains("lacks the key"), "{said}");
}

/// Fails a statement or a commit.
#[derive(Default)]
struct Saboteur {
    /// Statements until one fails; 0: none does.
    statement: AtomicUsize,
    /// Commits until one has this fate.
    commit: Mutex<Option<(usize, CommitFate)>>,
}

impl Watch for Saboteur {
    fn statement(&self, _: EngineKind, _: DatabaseName, _: Place) -> Result<(), StoreError> {
        let left = self.statement.load(Ordering::SeqCst);
        if left > 0 && self.statement.fetch_sub(1, Ordering::SeqCst) == 1 {
            return Err(StoreError::Unavailable("sabotage".to_owned()));
        }
        Ok(())
    }

    fn commit(&self, _: EngineKind, _: DatabaseName) -> CommitFate {
        let mut plan = self.commit.lock().unwrap();
        match *plan {
            Some((1, fate)) => {
                *plan = None;
                fate
            }
            Some((left, fate)) => {
                *plan = Some((left - 1, fate));
                CommitFate::Happens
            }
            None => CommitFate::Happens,
        }
    }
}

/// Whatever has failed: everything opens with the file as it lies there, and the next run ends the work.
async fn ends_well(house: &House) {
    assert_eq!(opens_all(house, &ring(house)).await.unwrap(), 9, "in between");
    let tools = tools(house);
    all_of_it(&tools).await.unwrap();
    let after = ring(house);
    assert_eq!(opens_all(house, &after).await.unwrap(), 9, "afterwards");
    for kind in [Kind::Wrap, Kind::Value] {
        assert_eq!(after.keys(kind).len(), 1, "{kind}");
        assert_eq!(under(house, kind).await, [after.first(kind)], "{kind}");
    }
}

#[tokio::test]
async fn it_may_die_at_any_statement_or_commit_and_running_it_again_goes_on() {
    let mut failed = 0;
    for at in 1..40 {
        for commits in [None, Some(CommitFate::Fails), Some(CommitFate::HappensUnreported)] {
            if commits.is_some() && at > 8 {
                continue;
            }
            let saboteur = Arc::new(Saboteur::default());
            let watch: Arc<dyn Watch> = saboteur.clone();
            let house = House::watched(watch).await;
            with_leads(&house, 3).await;
            match commits {
                None => saboteur.statement.store(at, Ordering::SeqCst),
                Some(fate) => *saboteur.commit.lock().unwrap() = Some((at, fate)),
            }
            failed += usize::from(all_of_it(&tools(&house)).await.is_err());
            saboteur.statement.store(0, Ordering::SeqCst);
            *saboteur.commit.lock().unwrap() = None;
            ends_well(&house).await;
        }
    }
    assert!(failed > 25, "it was made to fail: {failed}");
}

#[tokio::test]
async fn whoever_is_forgotten_while_it_runs_stays_forgotten() {
    let house = House::new().await;
    with_leads(&house, 2).await;
    let tools = tools(&house);
    // Between the look and the write of the first batch.
    let mut keys = house.needs.store.keys().read().await.unwrap();
    let rows = sql::wrapped_otherwise(&mut keys, &[0; 4], Uuid::nil(), 10).await.unwrap();
    drop(keys);
    let mut tx = house.needs.store.keys().begin().await.unwrap();
    vault::sql::destroy_identity(&mut tx, rows[0].subject_id).await.unwrap();
    let anew = tools.vault.wrap_anew(&rows[0]).unwrap();
    assert_eq!(sql::replace_wrapped(&mut tx, &rows[0], &anew).await.unwrap(), 0);
    tx.commit().await.unwrap();
    all_of_it(&tools).await.unwrap();
    let found = tools.vault.keys_of(&tools.store, rows[0].subject_id).await.unwrap().unwrap();
    assert!(found.identity.is_none() && found.evidence.is_some());
}

#[tokio::test]
async fn a_key_that_was_damaged_keeps_the_old_one_in_the_ring_and_holds_up_no_other() {
    let house = House::new().await;
    with_leads(&house, 3).await;
    let mut tx = house.needs.store.begin().await.unwrap();
    let value = sql::values_otherwise(&mut tx, &[0; 4], Uuid::nil(), "", 1).await.unwrap().remove(0);
    let mut damaged = value.content.clone();
    *damaged.last_mut().unwrap() ^= 1;
    sql::replace_value(&mut tx, &value, &damaged).await.unwrap();
    tx.commit().await.unwrap();
    let before = ring(&house);
    let steps = all_of_it(&tools(&house)).await.unwrap();
    assert!(steps.contains(&Step::Unreadable { kind: Kind::Value, count: 1 }), "{steps:?}");
    let kept = Step::Kept { kind: Kind::Value, id: before.first(Kind::Value), why: Kept::Sealed(1) };
    assert!(steps.contains(&kept), "{steps:?}");
    assert_eq!(ring(&house).keys(Kind::Value).len(), 2);
    assert_eq!(ring(&house).keys(Kind::Wrap).len(), 1);
}

#[tokio::test]
async fn nothing_of_the_old_wrapping_is_left_in_the_files() {
    let house = House::new().await;
    with_leads(&house, 20).await;
    let mut keys = house.needs.store.keys().read().await.unwrap();
    let rows = sql::wrapped_otherwise(&mut keys, &[0; 4], Uuid::nil(), 100).await.unwrap();
    drop(keys);
    let mut connection = house.needs.store.read().await.unwrap();
    let values: Vec<(Vec<u8>,)> =
        fetch_all!(&mut connection, (Vec<u8>,), "select content from value where identifies = 'no'").await.unwrap();
    drop(connection);
    all_of_it(&tools(&house)).await.unwrap();
    let old = rows.iter().flat_map(|row| [&row.identity_key, &row.evidence_key]).flatten();
    let old: Vec<&[u8]> = old.chain(values.iter().map(|(value,)| value)).map(|sealed| &sealed[8..40]).collect();
    for entry in fs::read_dir(house.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for one in &old {
            assert!(!bytes.windows(one.len()).any(|window| window == *one), "{}", path.display());
        }
    }
}

#[test]
fn what_a_collector_said_it_knows_is_read_back() {
    let text = "wrap 0000000a 0000000b value 0000000c ticket 0000000d";
    let ids = |kind| knows(text, kind).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(ids(Kind::Wrap), ["0000000a", "0000000b"]);
    assert_eq!(ids(Kind::Value), ["0000000c"]);
    assert_eq!(ids(Kind::Ticket), ["0000000d"]);
    assert!(knows("", Kind::Wrap).is_empty());
}
