use super::*;

#[tokio::test]
async fn an_event_reaches_each_destination_once_and_its_body_goes_from_the_database() {
    let house = House::new().await;
    let event = house.send(&["crm", "mailer"]).await;
    let mut worker = house.worker();
    work(&mut worker).await;
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm"), [event.to_string()]);
    assert_eq!(house.outside.got("mailer"), [event.to_string()]);
    let rows: Vec<(String, Option<Vec<u8>>, Option<i64>)> = crate::store::fetch_all!(
        &mut house.store.read().await.unwrap(),
        (String, Option<Vec<u8>>, Option<i64>),
        "select state, body, status from delivery"
    )
    .await
    .unwrap();
    assert_eq!(rows, vec![("delivered".to_owned(), None, Some(204)); 2]);
    assert_eq!(house.troubled().await, []);
}

#[tokio::test]
async fn what_failed_goes_again_under_the_same_id_and_says_meanwhile_why() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Flaps(Arc::new(Mutex::new(vec![503, 500, 200]))));
    let event = house.send(&["crm"]).await.to_string();
    let mut worker = house.worker();
    work(&mut worker).await;
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").len(), 1, "not before its time");
    let [trouble] = &house.troubled().await[..] else { panic!("one is in trouble") };
    assert_eq!((trouble.state.as_str(), trouble.reason.as_str(), trouble.attempt), ("waiting", "answered 503", 1));

    house.hour.passes(Duration::from_secs(7));
    work(&mut worker).await;
    house.hour.passes(Duration::from_mins(7));
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm"), vec![event; 3]);
    assert_eq!(house.troubled().await, []);
    assert_eq!(house.backlog().await, sql::Backlog::default());
}

#[tokio::test]
async fn a_destination_that_never_answers_well_is_given_up_after_days_and_stays_listed() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Answers(500));
    house.send(&["crm"]).await;
    let mut worker = house.worker();
    for _ in 0..20 {
        work(&mut worker).await;
        house.hour.passes(Duration::from_hours(30));
    }
    assert_eq!(house.outside.got("crm").len(), 10);
    let [trouble] = &house.troubled().await[..] else { panic!("it is listed") };
    assert_eq!(
        (trouble.state.as_str(), trouble.reason.as_str()),
        ("failed", "gave up after 10 attempts: answered 500")
    );

    // The owner repairs the receiver and sends it again.
    house.outside.behaves("crm", Manner::Answers(200));
    let mut tx = house.store.begin().await.unwrap();
    assert_eq!(sql::send_again(&mut tx, trouble.delivery_id, house.hour.now().as_millisecond()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").len(), 11);
    assert_eq!(house.troubled().await, []);
}

#[tokio::test]
async fn gone_is_given_up_at_once() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Answers(410));
    house.send(&["crm"]).await;
    work(&mut house.worker()).await;
    assert_eq!(house.backlog().await, sql::Backlog { waiting: 0, held: 0, failed: 1 });
    assert!(house.troubled().await[0].reason.contains("410"));
}

#[tokio::test]
async fn what_is_quarantined_stays_until_it_is_released() {
    let house = House::new().await;
    let event = house.keep(&["crm"], true).await.id;
    let mut worker = house.worker();
    work(&mut worker).await;
    house.hour.passes(Duration::from_hours(200));
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm"), Vec::<String>::new());
    assert_eq!(house.backlog().await.held, 1);

    let mut tx = house.store.begin().await.unwrap();
    let now = house.hour.now().as_millisecond();
    assert_eq!(sql::release(&mut tx, event, now).await.unwrap(), 1);
    assert_eq!(sql::release(&mut tx, event, now).await.unwrap(), 0);
    tx.commit().await.unwrap();
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm"), [event.to_string()]);
}

#[tokio::test]
async fn a_destination_that_hangs_keeps_its_own_places_and_nobody_elses() {
    let house = House::new().await;
    let gate = Arc::new(Semaphore::new(0));
    house.outside.behaves("hangs", Manner::Waits(Arc::clone(&gate), 200));
    for _ in 0..50 {
        house.send(&["hangs"]).await;
    }
    let last = house.send(&["well"]).await.to_string();
    let mut worker = house.worker();
    worker.turn().await.unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    worker.turn().await.unwrap();
    assert_eq!(house.outside.got("well"), [last], "the last in the queue, and not behind fifty that hang");
    assert_eq!(house.outside.got("hangs").len(), super::super::worker::PER_DESTINATION);

    gate.add_permits(50);
    work(&mut worker).await;
    let got = house.outside.got("hangs");
    assert_eq!((got.len(), house.backlog().await.waiting), (50, 0));
    assert!(house.outside.most_at_once.load(Ordering::SeqCst) <= 9);
    let mut ordered = got.clone();
    ordered.sort();
    ordered.dedup();
    assert_eq!(ordered.len(), 50, "each once");
}

#[tokio::test]
async fn new_events_go_before_those_that_failed_and_are_not_due() {
    let house = House::new().await;
    house.outside.behaves("crm", Manner::Answers(500));
    for _ in 0..30 {
        house.send(&["crm"]).await;
    }
    let mut worker = house.worker();
    work(&mut worker).await;
    house.outside.behaves("crm", Manner::Answers(200));
    let fresh = house.send(&["crm"]).await.to_string();
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").last(), Some(&fresh));
    assert_eq!(house.backlog().await.waiting, 30);
}

#[tokio::test]
async fn a_destination_that_is_not_defined_is_tried_again_and_listed() {
    let house = House::new().await;
    house.send(&["undefined"]).await;
    work(&mut house.worker()).await;
    let trouble = house.troubled().await.remove(0);
    assert_eq!(
        (trouble.state.as_str(), trouble.reason.as_str()),
        ("waiting", "no destination of this name is defined")
    );
}

#[tokio::test]
async fn nothing_is_sent_of_a_person_who_was_forgotten() {
    let house = House::new().await;
    let event = house.keep(&["crm"], false).await;
    house.glass.forgotten.lock().unwrap().push(event.subject);
    work(&mut house.worker()).await;
    assert_eq!(house.outside.got("crm"), Vec::<String>::new());
    assert_eq!(house.troubled().await, [], "it is over, and nothing is left that anybody could do about it");
    work(&mut house.worker()).await;
    assert_eq!(house.outside.got("crm"), Vec::<String>::new());
}

#[tokio::test]
async fn a_defect_in_one_attempt_costs_neither_the_delivery_nor_the_worker() {
    let house = House::new().await;
    house.outside.behaves("broken", Manner::Panics);
    house.send(&["broken", "crm"]).await;
    let mut worker = house.worker();
    work(&mut worker).await;
    assert_eq!(house.outside.got("crm").len(), 1);
    let trouble = house.troubled().await.remove(0);
    assert_eq!((trouble.destination.as_str(), trouble.state.as_str()), ("broken", "waiting"));
}

#[tokio::test]
async fn a_running_worker_wakes_at_once_and_writes_down_what_it_began_before_it_ends() {
    let house = House::new().await;
    let outbox = super::super::Outbox::default();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let gate = Arc::new(Semaphore::new(0));
    house.outside.behaves("crm", Manner::Waits(Arc::clone(&gate), 200));
    let life = outbox.start(house.tools(), async move {
        let _ = stopped.await;
    });
    house.send(&["crm"]).await;
    outbox.wake();
    while house.outside.got("crm").is_empty() {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    tokio::task::yield_now().await;
    assert!(!life.is_finished(), "an attempt is under way");
    gate.add_permits(1);
    life.await.unwrap();
    assert_eq!(house.backlog().await, sql::Backlog::default());
}
