//! The worker dies, the database fails, an answer comes too late.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::store::{CommitFate, DatabaseName, EngineKind};

/// Lets a worker come as far as having sent to `destination`.
async fn until_sent(worker: &mut Worker, house: &House, destination: &str, times: usize) {
    worker.turn().await.unwrap();
    while house.outside.got(destination).len() < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_worker_killed_between_sending_and_writing_down_sends_again_under_the_same_id() {
    let house = House::new().await;
    let event = house.send(&["crm"]).await.to_string();
    let mut first = house.worker();
    until_sent(&mut first, &house, "crm", 1).await;
    // As kill -9 does: nothing more is written.
    drop(first);

    let mut second = house.worker();
    work(&mut second).await;
    assert_eq!(house.outside.got("crm").len(), 1, "the lease of the dead still holds");
    house.hour.passes(super::super::worker::LEASE);
    work(&mut second).await;
    assert_eq!(house.outside.got("crm"), vec![event; 2]);
    assert_eq!(house.backlog().await, sql::Backlog::default());
}

#[tokio::test]
async fn a_worker_killed_before_it_could_send_loses_nothing() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Waits(Arc::new(Semaphore::new(0)), 200));
    house.send(&["crm"]).await;
    let mut first = house.worker();
    // Claimed and spawned, but on this runtime's one thread nothing has run yet.
    first.turn().await.unwrap();
    drop(first);
    house.outside.behaves("crm", Manner::Answers(200));
    house.hour.passes(super::super::worker::LEASE);
    work(&mut house.worker()).await;
    assert_eq!(house.outside.got("crm").len(), 1);
    assert_eq!(house.backlog().await.waiting, 0);
}

/// Fails the commits of the main database while it is told to.
#[derive(Default)]
struct Saboteur {
    fails: AtomicBool,
    unreported: AtomicBool,
}

impl Watch for Saboteur {
    fn commit(&self, _: EngineKind, name: DatabaseName) -> CommitFate {
        match name {
            DatabaseName::Main if self.fails.load(Ordering::SeqCst) => CommitFate::Fails,
            DatabaseName::Main if self.unreported.load(Ordering::SeqCst) => CommitFate::HappensUnreported,
            _ => CommitFate::Happens,
        }
    }
}

#[tokio::test]
async fn a_claim_that_was_not_committed_is_not_sent() {
    let saboteur = Arc::new(Saboteur::default());
    let house = House::watched(Some(Arc::clone(&saboteur) as Arc<dyn Watch>)).await;
    house.send(&["crm"]).await;
    let mut worker = house.worker();
    saboteur.fails.store(true, Ordering::SeqCst);
    worker.turn().await.unwrap_err();
    worker.finish().await;
    assert_eq!(house.outside.got("crm").len(), 0);
    saboteur.fails.store(false, Ordering::SeqCst);
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").len(), 1);
}

#[tokio::test]
async fn a_claim_whose_commit_nobody_heard_of_is_sent_when_its_lease_is_over() {
    let saboteur = Arc::new(Saboteur::default());
    let house = House::watched(Some(Arc::clone(&saboteur) as Arc<dyn Watch>)).await;
    house.send(&["crm"]).await;
    let mut worker = house.worker();
    saboteur.unreported.store(true, Ordering::SeqCst);
    worker.turn().await.unwrap_err();
    saboteur.unreported.store(false, Ordering::SeqCst);
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").len(), 0);
    house.hour.passes(super::super::worker::LEASE);
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").len(), 1);
}

#[tokio::test]
async fn what_was_delivered_while_the_database_was_away_is_written_down_and_not_sent_twice() {
    let saboteur = Arc::new(Saboteur::default());
    let house = House::watched(Some(Arc::clone(&saboteur) as Arc<dyn Watch>)).await;
    house.send(&["crm"]).await;
    let mut worker = house.worker();
    until_sent(&mut worker, &house, "crm", 1).await;
    worker.finish().await;
    for (fails, unreported) in [(true, false), (true, false), (false, true)] {
        saboteur.fails.store(fails, Ordering::SeqCst);
        saboteur.unreported.store(unreported, Ordering::SeqCst);
        worker.turn().await.unwrap_err();
        // Even when the lease ran out meanwhile: what has ended is settled before anything is claimed.
        house.hour.passes(super::super::worker::LEASE);
    }
    saboteur.unreported.store(false, Ordering::SeqCst);
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").len(), 1);
    assert_eq!(house.backlog().await.waiting, 0);
}

#[tokio::test]
async fn an_answer_that_outlives_its_lease_still_counts_as_delivered() {
    let house = House::new().await;
    let gate = Arc::new(Semaphore::new(0));
    house.outside.behaves("crm", Manner::Waits(Arc::clone(&gate), 200));
    house.send(&["crm"]).await;
    let (mut slow, mut quick) = (house.worker(), house.worker());
    until_sent(&mut slow, &house, "crm", 1).await;
    house.hour.passes(super::super::worker::LEASE);
    house.outside.behaves("crm", Manner::Answers(500));
    work(&mut quick).await;
    assert_eq!(house.troubled().await[0].reason, "answered 500");

    gate.add_permits(1);
    slow.finish().await;
    work(&mut slow).await;
    assert_eq!((house.troubled().await.len(), house.backlog().await.waiting), (0, 0));
    house.hour.passes(Duration::from_hours(100));
    work(&mut quick).await;
    assert_eq!(house.outside.got("crm").len(), 2, "and is not sent once more");
}

#[tokio::test]
async fn a_failure_that_outlives_its_lease_decides_nothing() {
    let house = House::new().await;
    let gate = Arc::new(Semaphore::new(0));
    house.outside.behaves("crm", Manner::Waits(Arc::clone(&gate), 410));
    house.send(&["crm"]).await;
    let (mut slow, mut quick) = (house.worker(), house.worker());
    until_sent(&mut slow, &house, "crm", 1).await;
    house.hour.passes(super::super::worker::LEASE);
    house.outside.behaves("crm", Manner::Answers(200));
    work(&mut quick).await;
    gate.add_permits(1);
    slow.finish().await;
    work(&mut slow).await;
    assert_eq!((house.troubled().await.len(), house.backlog().await), (0, sql::Backlog::default()));
}

#[tokio::test]
async fn a_failure_that_outlives_its_lease_does_not_end_the_attempt_that_followed() {
    let house = House::new().await;
    let (first, second) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    house.outside.behaves("crm", Manner::Waits(Arc::clone(&first), 410));
    house.send(&["crm"]).await;
    let (mut slow, mut quick) = (house.worker(), house.worker());
    until_sent(&mut slow, &house, "crm", 1).await;
    house.hour.passes(super::super::worker::LEASE);
    house.outside.behaves("crm", Manner::Waits(Arc::clone(&second), 200));
    until_sent(&mut quick, &house, "crm", 2).await;
    first.add_permits(1);
    slow.finish().await;
    work(&mut slow).await;
    assert_eq!((house.backlog().await.failed, house.troubled().await.len()), (0, 0), "the second attempt decides");
    second.add_permits(1);
    quick.finish().await;
    work(&mut quick).await;
    assert_eq!(house.backlog().await, sql::Backlog::default());
}

#[tokio::test]
async fn a_clock_that_is_put_forward_during_an_attempt_does_not_double_it() {
    for (status, waiting) in [(204, 0), (500, 1)] {
        let house = House::new().await;
        let gate = Arc::new(Semaphore::new(0));
        house.outside.behaves("crm", Manner::Waits(Arc::clone(&gate), status));
        house.send(&["crm"]).await;
        let mut worker = house.worker();
        until_sent(&mut worker, &house, "crm", 1).await;
        house.hour.passes(Duration::from_hours(1));
        worker.turn().await.unwrap();
        gate.add_permits(2);
        worker.finish().await;
        work(&mut worker).await;
        assert_eq!(house.outside.got("crm").len(), 1, "{status}: its own attempt was still under way");
        assert_eq!(house.backlog().await.waiting, waiting);
        assert_eq!(house.troubled().await.len(), usize::try_from(waiting).unwrap(), "{status}: and it decides");
    }
}
