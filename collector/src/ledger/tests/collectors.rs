//! Several collectors on one store: each has a [`Ledger`] of its own, and they make one tree.

use unticked_shared::merkle::Frontier;

use super::*;
use crate::ledger::mend;

impl House {
    /// The main database is put back to so many leaves, under collectors that run on.
    async fn goes_back_to(&self, size: u64) {
        let mut tx = self.store.begin().await.unwrap();
        let mut edge = Frontier::default();
        for commitment in sql::leaves(&mut tx, 0, size).await.unwrap() {
            edge.append(leaf_hash(&evidence::leaf(&commitment)), |_, _, _| {});
        }
        assert_eq!(edge.size(), size);
        mend::sql::remove_leaves(&mut tx, sql::count(size).unwrap()).await.unwrap();
        mend::sql::set_head(&mut tx, &edge).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn kept(&self) -> Head {
        sql::signed(&mut self.store.keys().read().await.unwrap()).await.unwrap().unwrap().head().unwrap()
    }
}

/// One signed 100 leaves, the other 110, and the main database is back at 105.
async fn forked() -> (House, Ledger, Ledger, Head) {
    let house = house().await;
    let (one, other) = (house.open().await.unwrap(), house.open().await.unwrap());
    for (ledger, from, count) in [(&one, 0, 100), (&other, 100, 10)] {
        let head = house.keep(ledger, &commitments(from, count)).await.unwrap().head();
        ledger.sign(&head).await.unwrap();
    }
    assert_eq!(one.last_signed().head.size, 100, "it has not looked since");
    let signed = house.kept().await;
    house.goes_back_to(105).await;
    (house, one, other, signed)
}

#[tokio::test]
async fn nothing_is_committed_on_a_main_database_that_went_back_behind_what_another_collector_signed() {
    for leaves in [1, 5, 20] {
        let (house, one, other, signed) = forked().await;
        for ledger in [&one, &other] {
            let refused = house.keep(ledger, &commitments(900, leaves)).await.err().unwrap();
            assert!(refused.to_string().contains("105 entries where 110 were signed"), "{leaves}: {refused}");
            assert!(ledger.catch_up().await.is_err(), "{leaves}: what is there is signed by nobody");
        }
        assert_eq!(house.kept().await, signed);
        assert_eq!(sql::head(&mut house.store.read().await.unwrap()).await.unwrap().size(), 105);
    }
}

#[tokio::test]
async fn nobody_signs_a_fork_that_was_committed_before_the_other_collectors_head_was_known() {
    // Fewer than the other one signed, as many, and more: in one batch, which jumps past it.
    for leaves in [1, 5, 20] {
        let (house, one, _, signed) = forked().await;
        let mut tx = house.store.begin().await.unwrap();
        let appended = append(&mut tx, &commitments(900, leaves)).await.unwrap();
        one.continues(&mut tx, &appended).await.unwrap();
        tx.commit().await.unwrap();
        let refused = one.sign(&appended.head()).await.err().unwrap();
        assert!(matches!(refused, StoreError::Defect(_)), "{leaves}: {refused}");
        let mut tx = house.store.keys().begin().await.unwrap();
        assert_eq!(one.sign_in(&mut tx, &appended.head()).await.unwrap(), None, "{leaves}: with the keys of others");
        tx.commit().await.unwrap();
        assert_eq!(house.kept().await, signed, "{leaves}");
        let refused = house.open().await.err().unwrap();
        let noticed = matches!(refused, LedgerError::Behind { .. } | LedgerError::Inconsistent { .. });
        assert!(noticed, "{leaves}: the next start notices, too: {refused}");
        assert!(house.keep(&one, &commitments(950, 1)).await.is_err(), "{leaves}: and from now on it knows");
    }
}

#[tokio::test]
async fn collectors_in_turn_sign_over_each_other_without_another_look() {
    let house = house().await;
    let all = [house.open().await.unwrap(), house.open().await.unwrap(), house.open().await.unwrap()];
    for round in 0..12 {
        let ledger = &all[round % 3];
        let head = house.keep(ledger, &commitments(round as u64 * 50, 50)).await.unwrap().head();
        let mut tx = house.store.keys().begin().await.unwrap();
        let signed = ledger.sign_in(&mut tx, &head).await.unwrap().expect("its append has found what was signed");
        tx.commit().await.unwrap();
        ledger.kept(signed);
        assert_eq!(house.kept().await, head);
    }
    // Committed by one, signed by another one first.
    let first = house.keep(&all[0], &commitments(800, 3)).await.unwrap().head();
    let second = house.keep(&all[1], &commitments(803, 3)).await.unwrap().head();
    all[1].sign(&second).await.unwrap();
    let signed = all[0].sign(&first).await.unwrap();
    assert_eq!((signed.head, house.kept().await), (first, second));
    checked(&signed.note, &all[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collectors_at_once_make_one_tree_and_everybody_is_answered() {
    let house = std::sync::Arc::new(house().await);
    let tasks: Vec<_> = (0..3_u64)
        .map(|who| {
            let house = house.clone();
            tokio::spawn(async move {
                let ledger = house.open().await.unwrap();
                for round in 0..20 {
                    let head = house.keep(&ledger, &commitments(who * 1000 + round * 7, 7)).await.unwrap().head();
                    let signed = ledger.sign(&head).await.unwrap();
                    assert_eq!(checked(&signed.note, &ledger).size, head.size);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let ledger = house.open().await.unwrap();
    assert_eq!((ledger.last_signed().head.size, house.kept().await.size), (420, 420));
}
