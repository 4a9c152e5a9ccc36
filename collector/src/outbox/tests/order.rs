//! What follows a lead stays behind it.

use super::*;

/// Keeps a lead to `crm` and, behind it, what tells of its withdrawal; answers both events.
async fn lead_and_withdrawal(house: &House) -> (NewEvent, NewEvent) {
    let lead = house.keep(&["crm"], false).await;
    let now = house.hour.now();
    let withdrawal = NewEvent {
        id: house.random.uuid(now),
        kind: EventKind::ConsentWithdrawn,
        deliveries: vec![NewDelivery {
            id: house.random.uuid(now),
            after: Some(lead.deliveries[0].id),
            ..lead.deliveries[0].clone()
        }],
        ..lead.clone()
    };
    let mut tx = house.store.begin().await.unwrap();
    sql::insert(&mut tx, std::slice::from_ref(&withdrawal)).await.unwrap();
    tx.commit().await.unwrap();
    (lead, withdrawal)
}

#[tokio::test]
async fn a_withdrawal_waits_until_the_lead_is_there() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Flaps(Arc::new(Mutex::new(vec![503, 200]))));
    let (lead, withdrawal) = lead_and_withdrawal(&house).await;
    let mut worker = house.worker();
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm"), [lead.id.to_string()], "it failed, and nothing overtakes it");
    assert_eq!(house.backlog().await.waiting, 2);
    house.hour.passes(Duration::from_secs(7));
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm"), [lead.id, lead.id, withdrawal.id].map(|id| id.to_string()));
    assert_eq!(house.backlog().await, sql::Backlog::default());
}

#[tokio::test]
async fn a_withdrawal_goes_although_the_lead_was_given_up() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Flaps(Arc::new(Mutex::new(vec![410, 200]))));
    let (lead, withdrawal) = lead_and_withdrawal(&house).await;
    work(&mut house.worker()).await;
    assert_eq!(house.outside.got("crm"), [lead.id, withdrawal.id].map(|id| id.to_string()), "it may have arrived");
}

#[tokio::test]
async fn what_rests_on_nothing_is_not_sent_and_no_failure_and_lets_its_follower_go() {
    let house = House::new().await;
    let (lead, withdrawal) = lead_and_withdrawal(&house).await;
    house.glass.groundless.lock().unwrap().push(lead.id);
    work(&mut house.worker()).await;
    assert_eq!(house.outside.got("crm"), [withdrawal.id.to_string()]);
    assert_eq!((house.troubled().await, house.backlog().await), (vec![], sql::Backlog::default()));
    let rows: Vec<(String, Option<Vec<u8>>, Option<String>)> = crate::store::fetch_all!(
        &mut house.store.read().await.unwrap(),
        (String, Option<Vec<u8>>, Option<String>),
        "select state, body, reason from delivery where state <> 'delivered'"
    )
    .await
    .unwrap();
    let [(state, body, reason)] = &rows[..] else { panic!("one was withheld: {rows:?}") };
    assert_eq!((state.as_str(), body), ("withheld", &None));
    assert!(reason.as_deref().unwrap().contains("taken back"));
}

#[tokio::test]
async fn a_worker_killed_after_the_lead_was_sent_still_sends_the_withdrawal_after_it() {
    let house = House::new().await;
    let (lead, withdrawal) = lead_and_withdrawal(&house).await;
    let mut first = house.worker();
    first.turn().await.unwrap();
    while house.outside.got("crm").is_empty() {
        tokio::task::yield_now().await;
    }
    drop(first);
    house.hour.passes(super::super::worker::LEASE);
    work(&mut house.worker()).await;
    assert_eq!(house.outside.got("crm"), [lead.id, lead.id, withdrawal.id].map(|id| id.to_string()));
}

#[tokio::test]
async fn that_an_attempt_was_begun_is_remembered_however_often_it_begins_anew() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Answers(410));
    let lead = house.keep(&["crm", "mailer"], true).await;
    let look = async || {
        let mut tx = house.store.begin().await.unwrap();
        let mut seen = sql::lead_deliveries(&mut tx, lead.submission).await.unwrap();
        seen.sort_by(|one, other| one.destination.cmp(&other.destination));
        seen.into_iter().map(|one| (one.destination, one.state, one.begun)).collect::<Vec<_>>()
    };
    let row = |to: &str, state: &str, begun| (to.to_owned(), state.to_owned(), begun);
    assert_eq!(look().await, [row("crm", "held", false), row("mailer", "held", false)]);
    let now = house.hour.now().as_millisecond();
    let mut tx = house.store.begin().await.unwrap();
    sql::release(&mut tx, lead.id, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(look().await, [row("crm", "waiting", false), row("mailer", "waiting", false)]);
    work(&mut house.worker()).await;
    assert_eq!(look().await, [row("crm", "failed", true), row("mailer", "delivered", true)]);
    let mut tx = house.store.begin().await.unwrap();
    sql::send_again(&mut tx, house.troubled().await[0].delivery_id, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(look().await[0], row("crm", "waiting", true));
}
