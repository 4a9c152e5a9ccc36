use std::time::Duration;

use jiff::Timestamp;
use unticked_collector::{
    outbox::sql::{self, Backlog, NewDelivery, NewEvent},
    store::Store,
};
use unticked_shared::{event::EventKind, id::DestinationId};
use uuid::Uuid;

pub fn event(number: u128, held: bool, destinations: &[&str]) -> NewEvent {
    let delivery = |(at, name): (usize, &&str)| NewDelivery {
        id: Uuid::from_u128(number * 10 + at as u128),
        destination: DestinationId::parse(name).unwrap(),
        body: vec![8; 300],
        after: None,
    };
    NewEvent {
        id: Uuid::from_u128(number),
        submission: Uuid::from_u128(78),
        subject: Uuid::from_u128(77),
        kind: EventKind::LeadSubmitted,
        created_at: Timestamp::from_millisecond(i64::try_from(number).unwrap()).unwrap(),
        held,
        deliveries: destinations.iter().enumerate().map(delivery).collect(),
    }
}

pub async fn leases_settles_and_lists_deliveries(store: &Store) {
    let (now, until, lease) = (1_000, 61_000, Uuid::from_u128(55));
    let mut tx = store.begin().await.unwrap();
    let events = [event(1, false, &["crm", "mailer"]), event(2, false, &["crm"]), event(3, true, &["crm"])];
    sql::insert(&mut tx, &events).await.unwrap();
    assert_eq!(sql::next_destination(&mut tx, "").await.unwrap().as_deref(), Some("crm"));
    assert_eq!(sql::next_destination(&mut tx, "crm").await.unwrap().as_deref(), Some("mailer"));
    assert_eq!(sql::next_destination(&mut tx, "mailer").await.unwrap(), None);
    assert_eq!(sql::next_due(&mut tx, "crm").await.unwrap(), Some(1));
    assert_eq!(sql::backlog(&mut tx).await.unwrap(), Backlog { waiting: 3, held: 1, failed: 0 });

    let claimed = sql::claim(&mut tx, "crm", now, 10, lease, until).await.unwrap();
    let mut ids: Vec<_> = claimed.iter().map(|claimed| (claimed.delivery_id.as_u128(), claimed.attempt)).collect();
    ids.sort_unstable();
    assert_eq!(ids, [(10, 1), (20, 1)]);
    assert!(claimed.iter().all(|one| one.body == [8; 300] && one.subject_id == Uuid::from_u128(77)));
    assert!(sql::claim(&mut tx, "crm", now, 10, Uuid::from_u128(56), until).await.unwrap().is_empty());

    let [first, second] = [10, 20].map(Uuid::from_u128);
    assert_eq!(sql::delivered(&mut tx, first, 204, now).await.unwrap(), 1);
    assert_eq!(sql::again(&mut tx, second, Uuid::from_u128(56), now, "late").await.unwrap(), 0, "another's lease");
    assert_eq!(sql::again(&mut tx, second, lease, now, "503").await.unwrap(), 1);
    sql::claim(&mut tx, "crm", now, 10, lease, until).await.unwrap();
    assert_eq!(sql::failed(&mut tx, second, lease, "410", now).await.unwrap(), 1);
    let troubled = sql::list_troubled(&mut tx, 10).await.unwrap();
    assert_eq!((troubled.len(), troubled[0].state.as_str(), troubled[0].reason.as_str()), (1, "failed", "410"));
    assert_eq!(sql::backlog(&mut tx).await.unwrap(), Backlog { waiting: 1, held: 1, failed: 1 });
    assert_eq!(sql::send_again(&mut tx, second, now).await.unwrap(), 1);
    assert_eq!(sql::release(&mut tx, Uuid::from_u128(3), now).await.unwrap(), 1);
    assert_eq!(sql::backlog(&mut tx).await.unwrap(), Backlog { waiting: 3, held: 0, failed: 0 });
    tx.commit().await.unwrap();
}

pub async fn what_follows_a_lead_waits_for_it(store: &Store) {
    let (now, lease) = (1_000, Uuid::from_u128(57));
    let mut tx = store.begin().await.unwrap();
    let lead = NewEvent { submission: Uuid::from_u128(79), ..event(4, false, &["files", "paper"]) };
    let [first, second] = [&lead.deliveries[0], &lead.deliveries[1]].map(|delivery| delivery.id);
    let after =
        |number, before| NewDelivery { id: Uuid::from_u128(number), after: Some(before), ..lead.deliveries[0].clone() };
    let withdrawal = NewEvent {
        id: Uuid::from_u128(5),
        kind: EventKind::ConsentWithdrawn,
        deliveries: vec![after(51, first), after(52, second)],
        ..lead.clone()
    };
    sql::insert(&mut tx, &[lead, withdrawal]).await.unwrap();
    let seen = sql::lead_deliveries(&mut tx, Uuid::from_u128(79)).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|one| (one.delivery_id, one.state.as_str(), one.begun)).collect();
    assert_eq!(seen, [(first, "waiting", false), (second, "waiting", false)], "the lead's alone");

    let claimed = sql::claim(&mut tx, "files", now, 10, lease, 61_000).await.unwrap();
    let [one] = &claimed[..] else { panic!("what is behind is not claimed: {}", claimed.len()) };
    assert_eq!((one.delivery_id, one.kind.as_str()), (first, "lead.submitted"));
    assert_eq!((one.submission_id, one.subject_id), (Some(Uuid::from_u128(79)), Uuid::from_u128(77)));
    assert!(sql::lead_deliveries(&mut tx, Uuid::from_u128(79)).await.unwrap()[0].begun);
    assert_eq!(sql::withheld(&mut tx, first, Uuid::from_u128(58), "withdrawn", now).await.unwrap(), 0);
    assert_eq!(sql::withheld(&mut tx, first, lease, "withdrawn", now).await.unwrap(), 1);
    assert_eq!(sql::let_follow(&mut tx, first, now).await.unwrap(), 1);
    assert_eq!(sql::let_follow(&mut tx, first, now).await.unwrap(), 0);
    let next = sql::claim(&mut tx, "files", now, 10, lease, 61_000).await.unwrap();
    assert_eq!(
        next.iter().map(|one| (one.delivery_id.as_u128(), one.kind.as_str())).collect::<Vec<_>>(),
        [(51, "consent.withdrawn")]
    );

    sql::claim(&mut tx, "paper", now, 10, lease, 61_000).await.unwrap();
    assert_eq!(sql::hurry(&mut tx, second, now).await.unwrap(), 0, "an attempt is under way");
    assert_eq!(sql::again(&mut tx, second, lease, 90_000, "503").await.unwrap(), 1);
    assert_eq!(sql::hurry(&mut tx, second, now).await.unwrap(), 1);
    assert_eq!(sql::next_due(&mut tx, "paper").await.unwrap(), Some(now));
    tx.commit().await.unwrap();
}

/// A claim and a withdrawal at once: either the withdrawal sees that an attempt has begun, or the attempt comes after it.
pub async fn nothing_begins_while_a_withdrawal_looks(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let lead = NewEvent { submission: Uuid::from_u128(8_080), ..event(6, false, &["slow"]) };
    sql::insert(&mut tx, &[lead]).await.unwrap();
    tx.commit().await.unwrap();
    let claim = |store: Store| async move {
        let mut tx = store.begin().await.unwrap();
        let claimed = sql::claim(&mut tx, "slow", 1_000, 10, Uuid::from_u128(59), 61_000).await.unwrap();
        tx.commit().await.unwrap();
        claimed.len()
    };
    let mut withdrawal = store.begin().await.unwrap();
    let seen = sql::lead_deliveries(&mut withdrawal, Uuid::from_u128(8_080)).await.unwrap();
    assert_eq!((seen.len(), seen[0].begun), (1, false));
    let mut early = tokio::spawn(claim(store.clone()));
    // One engine has it wait, the other has it pass over the row.
    let met = tokio::time::timeout(Duration::from_millis(200), &mut early).await;
    let waits = met.is_err();
    assert!(met.map_or(0, Result::unwrap) == 0, "it was claimed under our eyes");
    withdrawal.commit().await.unwrap();
    let late = if waits { early.await.unwrap() } else { 0 };
    assert_eq!(late + claim(store.clone()).await, 1);
    let mut tx = store.begin().await.unwrap();
    assert!(sql::lead_deliveries(&mut tx, Uuid::from_u128(8_080)).await.unwrap()[0].begun);
    tx.rollback().await.unwrap();
}

pub async fn what_a_wrong_clock_put_off_is_brought_forward(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    sql::insert(&mut tx, &[event(700, false, &["shelf"])]).await.unwrap();
    sql::claim(&mut tx, "shelf", 1_000, 8, Uuid::from_u128(8), 9_000_000_000_000).await.unwrap();
    assert_eq!(sql::bring_forward(&mut tx, 8_000_000_000_000, 5_000).await.unwrap(), 1);
    assert_eq!(sql::bring_forward(&mut tx, 8_000_000_000_000, 5_000).await.unwrap(), 0);
    assert_eq!(sql::claim(&mut tx, "shelf", 6_000, 8, Uuid::from_u128(9), 66_000).await.unwrap().len(), 1);
    tx.rollback().await.unwrap();
}
