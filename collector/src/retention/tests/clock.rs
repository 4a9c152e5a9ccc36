//! A clock that cannot be right destroys nothing, and one that is right is not asked for ever.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::retention::{
    clock::{self, Mark, PROOF, look},
    run::run_as_trusted,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// Looks once an hour, for so many hours; answers what is known then.
fn hourly(mut mark: Mark, from: Timestamp, times: i64) -> (Mark, Timestamp) {
    let mut now = from;
    for _ in 0..times {
        mark = look(Some(&mark), now).unwrap();
        now += hours(1);
    }
    (mark, now - hours(1))
}

#[test]
fn a_clock_that_goes_on_is_trusted_and_one_that_jumps_by_weeks_is_not() {
    let first = look(None, at("2026-11-23T12:00:00Z")).unwrap();
    let later = at("2026-12-20T12:00:00Z");
    assert_eq!(look(Some(&first), later).unwrap(), Mark::trusting(later), "shut for 27 days");
    let jumped = at("2026-12-22T12:00:00Z");
    let doubted = look(Some(&first), jumped).unwrap();
    assert_eq!(doubted.trusted_at, first.trusted_at);
    assert_eq!(doubted.present(jumped).until, first.trusted_at);
    assert!(doubted.present(jumped).is_doubted());
}

#[test]
fn a_clock_that_is_set_right_is_trusted_at_once() {
    let first = Mark::trusting(at("2026-11-23T12:00:00Z"));
    let (doubted, _) = hourly(first, at("2034-01-01T00:00:00Z"), 500);
    let right = at("2026-12-14T09:00:00Z");
    assert_eq!(look(Some(&doubted), right).unwrap(), Mark::trusting(right));
}

#[test]
fn one_that_was_set_back_ends_nothing_too_early_and_moves_the_mark_only_when_it_stays() {
    let first = Mark::trusting(at("2026-11-23T12:00:00Z"));
    let flat = at("1970-01-01T00:00:05Z");
    let known = look(Some(&first), flat).unwrap();
    assert_eq!((known.trusted_at, known.present(flat).until), (first.trusted_at, flat));
    // The network tells the time half a minute later: no jump.
    let right = at("2026-11-24T08:00:00Z");
    assert_eq!(look(Some(&known), right).unwrap(), Mark::trusting(right));
    assert_eq!(look(None, flat), None, "a first start with a flat battery is no mark to go by");
}

#[test]
fn weeks_of_even_running_prove_a_clock_and_weeks_of_being_off_do_not() {
    let first = Mark::trusting(at("2026-11-23T12:00:00Z"));
    let jumped = at("2027-02-01T00:00:00Z");
    let needed = PROOF.as_hours();
    let (almost, now) = hourly(first, jumped, needed);
    assert!(almost.present(now).is_doubted());
    let (proven, now) = hourly(first, jumped, needed + 1);
    assert_eq!(proven, Mark::trusting(now));
    // Started once a day for a minute: a day counts as an hour.
    let mut mark = first;
    for day in 0..27 {
        mark = look(Some(&mark), jumped + hours(24 * day)).unwrap();
    }
    assert_eq!(mark.steady, hours(26));
    // Elsewhere again: it begins anew.
    let mark = look(Some(&almost), at("2031-01-01T00:00:00Z")).unwrap();
    assert_eq!(mark.steady, SignedDuration::ZERO);
    // Backwards it proves nothing, either.
    let mark = look(Some(&almost), now - hours(9)).unwrap();
    assert_eq!(mark.steady, almost.steady);
}

#[tokio::test]
async fn in_doubt_nothing_is_destroyed_and_after_the_owners_word_all_of_it_is() {
    let house = House::new().await;
    let tools = tools(&house);
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    assert_eq!(run_as_trusted(&tools, house.hour.now()).await.unwrap(), Done::default());
    house.hour.pass(3 * YEAR);
    let now = house.hour.now();
    assert_eq!(run_as_trusted(&tools, now).await.unwrap(), Done::default());
    assert_eq!((fields(&house).await.len(), records(&house).await.len()), (4, 1));
    assert!(identity_is_there(&house).await);
    let doubt = clock::doubt(&tools.store, now).await.unwrap().unwrap();
    assert_eq!(doubt.proven_at, now + PROOF);
    clock::confirm(&tools.store, now).await.unwrap();
    assert_eq!(clock::doubt(&tools.store, now).await.unwrap(), None);
    assert_eq!(run_as_trusted(&tools, now).await.unwrap(), Done { ended: 2, destroyed: 4, forgotten: 1, failed: 0 });
}

#[tokio::test]
async fn in_doubt_what_was_due_before_is_still_carried_out() {
    let house = House::new().await;
    let tools = tools(&house);
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    // The collector notes the hour every hour; it dies before the run that it was noted for.
    house.hour.pass(YEAR + DAY);
    clock::confirm(&tools.store, house.hour.now()).await.unwrap();
    house.hour.pass(2 * YEAR);
    let done = run_as_trusted(&tools, house.hour.now()).await.unwrap();
    assert_eq!(done.ended, 1, "the enquiry's year was over by then, the calls' two were not");
    assert!(identity_is_there(&house).await);
    // What comes next is counted from there, whatever the clock says now.
    house.hour.pass(-2 * YEAR);
    assert_eq!(run_as_trusted(&tools, house.hour.now()).await.unwrap(), Done::default());
    house.hour.pass(20 * DAY);
    assert_eq!(run_as_trusted(&tools, house.hour.now()).await.unwrap().failed, 0);
}
