use jiff::Timestamp;
use unticked_collector::{
    outbox::sql::{self, Backlog, NewDelivery, NewEvent},
    store::Store,
};
use unticked_shared::{event::EventKind, id::DestinationId};
use uuid::Uuid;

fn event(number: u128, held: bool, destinations: &[&str]) -> NewEvent {
    let delivery = |(at, name): (usize, &&str)| NewDelivery {
        id: Uuid::from_u128(number * 10 + at as u128),
        destination: DestinationId::parse(name).unwrap(),
        body: vec![8; 300],
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
