//! What is pushed on, and what is not.

use super::*;
use PushResult::{Ended, PushedOn, Unchanged};

#[tokio::test]
async fn whoever_is_heard_of_again_is_kept_for_two_more_years_and_for_nothing_else() {
    let (house, reference) = told().await;
    house.hour.pass(YEAR - DAY);
    let (repeated, pushed) = say(&house, message("crm", "m1", vec![by_reference(&reference, house.hour.now())])).await;
    assert!(!repeated);
    assert_eq!(result(&pushed), [("calls", PushedOn)], "the enquiry counts from the submission");
    assert_eq!(pushed[0].until.as_deref(), Some("2029-11-22T00:00:00Z"));
    let records = records(&house).await;
    assert_eq!((records.len(), records[1].method, records[1].purposes.len()), (2, Method::Api, 0));
    let Some(Happened::Engagement(engagement)) = &records[1].happened else { panic!("an engagement") };
    assert_eq!((engagement.destination.as_str(), engagement.day.as_str()), ("crm", "2027-11-22"));
    assert_eq!(engagement.purposes, pushed.iter().map(|one| one.purpose.clone()).collect::<Vec<_>>());

    house.hour.pass(2 * DAY);
    assert_eq!(enforce(&house).await.ended, 1, "the enquiry is over all the same");
    house.hour.pass(YEAR);
    assert_eq!(enforce(&house).await.ended, 0);
    assert_eq!(fields(&house).await, ["phone"]);
    assert_eq!(kept(&house).await.due_at, Some(millis("2029-11-22T00:00:00Z".parse().unwrap())));
    house.hour.pass(YEAR + DAY);
    assert_eq!(enforce(&house).await.forgotten, 1);
}

#[tokio::test]
async fn nothing_is_moved_back_nor_beyond_today() {
    let (house, reference) = told().await;
    house.hour.pass(100 * DAY);
    let (_, pushed) = say(&house, message("crm", "m1", vec![by_reference(&reference, in_days(&house, 400))])).await;
    assert_eq!(pushed[0].until.as_deref(), Some("2029-03-03T00:00:00Z"), "today, and no later");
    let (_, back) = say(&house, message("crm", "m2", vec![by_reference(&reference, in_days(&house, -10))])).await;
    assert_eq!((result(&back), back[0].until.clone()), (vec![("calls", Unchanged)], pushed[0].until.clone()));
    let before_there_was_anything = in_days(&house, -1000);
    let (_, past) = say(&house, message("crm", "m3", vec![by_reference(&reference, before_there_was_anything)])).await;
    assert_eq!(result(&past), [("calls", Unchanged)]);
    assert_eq!(records(&house).await.len(), 2, "what changes nothing leaves no record");
}

#[tokio::test]
async fn what_has_ended_does_not_come_back() {
    let (house, reference) = told().await;
    house.hour.pass(2 * YEAR + DAY);
    // Whether or not anybody has carried it out yet: the promise is over.
    for _ in 0..2 {
        let engaged = by_reference(&reference, in_days(&house, -30));
        let (_, pushed) = say(&house, message("crm", "m1", vec![engaged])).await;
        assert_eq!((result(&pushed), pushed[0].until.as_deref()), (vec![("calls", Ended)], None));
        assert!(crate::engagements::decide::too_late(&pushed));
        enforce(&house).await;
    }
    assert_eq!(records(&house).await.len(), 2, "the submission and its end");
}

#[tokio::test]
async fn a_destination_speaks_only_of_whom_it_received_and_for_what_it_serves() {
    let (house, reference) = told().await;
    house.hour.pass(DAY);
    let now = house.hour.now();
    for (destination, person) in [
        ("mailer", Person::Reference(reference.clone())),
        ("crm", Person::Reference("XXXX-XXXX".to_owned())),
        ("crm", Person::Subject(Uuid::from_u128(1))),
    ] {
        let report = report(&tools(&house), &message(destination, "m", vec![Engaged { person, at: now }]), now).await;
        assert_eq!(report.unwrap(), Outcome::Taken { repeated: false, results: vec![None] }, "{destination}");
    }
    let subject = kept(&house).await.subject_id;
    let mut other = message("crm", "m", vec![Engaged { person: Person::Subject(subject), at: now }]);
    other.served = served("mailer");
    assert!(say(&house, other.clone()).await.1.is_empty(), "it serves the newsletter alone now");
    other.served = served("crm");
    assert_eq!(result(&say(&house, other).await.1), [("calls", PushedOn)]);
}

#[tokio::test]
async fn a_lead_that_was_never_sent_is_nobody_s_to_speak_of() {
    let house = House::new().await;
    let reference = house.submissions.submit(ann(&house).signed()).await.unwrap().accepted.reference;
    let now = house.hour.now();
    let said = message("crm", "m1", vec![by_reference(&reference, now)]);
    let outcome = report(&tools(&house), &said, now).await.unwrap();
    assert_eq!(outcome, Outcome::Taken { repeated: false, results: vec![None] });
}

#[tokio::test]
async fn the_same_message_pushes_once_however_often_it_comes() {
    let (house, reference) = told().await;
    house.hour.pass(10 * DAY);
    let first = message("crm", "m1", vec![by_reference(&reference, house.hour.now())]);
    let (_, pushed) = say(&house, first.clone()).await;
    house.hour.pass(5 * DAY);
    // Without a time of its own a message means the day on which it was signed; its repetition was signed later.
    let later = message("crm", "m1", vec![by_reference(&reference, house.hour.now())]);
    let (repeated, again) = say(&house, later).await;
    assert!(repeated);
    assert_eq!((result(&again), again[0].until.clone()), (vec![("calls", Unchanged)], pushed[0].until.clone()));
    let other = Report { digest: [2; 32], ..first };
    assert_eq!(report(&tools(&house), &other, house.hour.now()).await.unwrap(), Outcome::OtherBody);
    assert_eq!(records(&house).await.len(), 2);
    house.hour.pass(31 * DAY);
    assert_eq!(crate::engagements::forget_taken(&house.needs.store, house.hour.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn several_in_one_message_are_answered_each() {
    let (house, reference) = told().await;
    house.hour.pass(DAY);
    let now = house.hour.now();
    let stranger = Engaged { person: Person::Subject(Uuid::from_u128(9)), at: now };
    let all = message("crm", "m1", vec![stranger, by_reference(&reference, now), by_reference(&reference, now)]);
    let Outcome::Taken { results, .. } = report(&tools(&house), &all, now).await.unwrap() else { panic!("taken") };
    assert_eq!(results[0], None);
    assert_eq!(result(results[1].as_ref().unwrap()), [("calls", PushedOn)]);
    assert_eq!(result(results[2].as_ref().unwrap()), [("calls", Unchanged)], "the same day again");
    assert_eq!(records(&house).await.len(), 2);
}
