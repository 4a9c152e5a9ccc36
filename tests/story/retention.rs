//! Time passes, and what was promised ends by itself.

use crate::{crm::Crm, house::House, visitor::Visitor};

const DAY: i64 = 24 * 3600;

fn ann(house: &House) -> Visitor {
    Visitor::with_an_enquiry(house).types("phone", "+359 2 777 8899").ticks("phone-offers")
}

#[test]
fn two_years_pass_and_the_crm_is_told_nothing_more() {
    let crm = Crm::open();
    let house = crm.house();
    ann(&house).sends(&house).expect(200);
    house.until("the lead is delivered", |_| crm.events().len() == 1);
    // This one does not come through before its time is over.
    crm.says(503);
    house.wait(DAY);
    ann(&house).sends(&house).expect(200);
    house.until("it was tried", |_| crm.events().len() == 2);
    assert_eq!(house.rows().values, 10);
    house.wait(364 * DAY);
    house.until("the first one's values are gone", |house| house.rows().values == 5);
    house.wait(2 * DAY);
    house.until("nothing is kept", |house| house.rows().values == 0);
    crm.says(204);
    let rows = house.rows();
    // Each one's own record, and one for each time at which something of it ended: together for the first, since nobody
    // looked in between; the count of campaigns after ninety days for the second, and all the rest.
    assert_eq!((rows.evidence, rows.submissions), (5, 2), "who decided what is still known, and what was destroyed");
    house.wait(DAY);
    house.until("the outbox has looked", |house| house.metric("unticked_outbox_deliveries{state=\"waiting\"}") == 0);
    assert_eq!(crm.taken(), 1, "what had ended was not sent when the CRM came back");
    // An attempt that was under way kept one key for some minutes more.
    house.wait(DAY);
    house.until("both are forgotten", |house| {
        house.metric("unticked_retention_total{result=\"persons_forgotten\"}") == 2
    });
    assert_eq!(house.metric("unticked_retention_due"), 0);
}

#[test]
fn what_fell_due_while_nobody_was_there_ends_before_anything_is_sent() {
    let crm = Crm::open();
    crm.says(503);
    let house = crm.house();
    ann(&house).sends(&house).expect(200);
    house.until("it was tried", |_| crm.events().len() == 1);
    crm.says(204);
    let settings = crm.settings();
    let house = house.sleep_through(400 * DAY, &settings.each_ref().map(String::as_str));
    assert_eq!(house.rows().values, 0, "once it answers, it is done");
    house.until("the outbox has looked", |house| house.metric("unticked_outbox_deliveries{state=\"waiting\"}") == 0);
    assert_eq!(crm.events().len(), 1);
}

#[test]
fn a_promise_that_is_shortened_later_holds_for_those_who_come_later() {
    let house = House::open();
    ann(&house).sends(&house).expect(200);
    house.rewrite("purposes/enquiry.toml", "P1Y", "P1M");
    house.rewrite("purposes/phone-offers.toml", "P1Y", "P1M");
    house.reload().unwrap();
    ann(&house).sends(&house).expect(200);
    house.wait(32 * DAY);
    house.until("the second is over", |house| house.rows().values == 5);
    house.wait(300 * DAY);
    assert_eq!(house.rows().values, 5, "the first was promised a year");
}

#[test]
fn a_suspect_that_nobody_lets_go_leaves_the_list_with_its_values() {
    let house = House::open_with(&["retention.suspects_days=7"]);
    ann(&house).with(|body| body["trap"] = serde_json::json!("x")).sends(&house).expect(200);
    assert_eq!((house.quarantined().len(), house.rows().held), (1, 1));
    house.wait(7 * DAY);
    house.until("it is destroyed", |house| house.rows().values == 0);
    house.until("it is listed no more", |house| house.quarantined().is_empty());
    assert_eq!(house.rows().held, 0);
}

#[test]
fn a_machine_that_believes_it_is_years_later_sends_nothing_that_is_over_and_destroys_nothing() {
    let crm = Crm::open();
    crm.says(503);
    let house = crm.house();
    ann(&house).sends(&house).expect(200);
    house.until("it was tried", |_| crm.events().len() == 1);
    crm.says(204);
    // It was off, and starts with a flat battery.
    let settings = crm.settings();
    let house = house.sleep_until_a_wrong_hour(8 * 365 * DAY, &settings.each_ref().map(String::as_str));
    assert!(house.doubts_the_clock());
    house.until("metrics tell", |house| house.metric("unticked_retention_clock_doubted") == 1);
    for _ in 0..5 {
        house.jumps(3600);
        house.wakes_everybody();
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    assert_eq!(house.rows().values, 5, "nothing is destroyed");
    assert_eq!(house.rows().evidence, 1, "nothing is written down as ended");
    assert_eq!(crm.taken(), 0, "what is over by that clock is not sent");
    // Somebody sets it right.
    house.jumps(-8 * 365 * DAY);
    house.until("metrics tell", |house| house.metric("unticked_retention_clock_doubted") == 0);
    // What was put off by the wrong hour is brought forward, when the collector starts and every hour.
    let house = house.sleep_through(60, &settings.each_ref().map(String::as_str));
    house.until("the lead is delivered", |house| {
        house.jumps(60);
        crm.taken() == 1
    });
    assert_eq!(house.rows().values, 5);
}

#[test]
fn a_shop_that_was_shut_for_two_months_is_asked_for_the_date_and_goes_on() {
    let house = House::open();
    ann(&house).sends(&house).expect(200);
    house.wait(364 * DAY);
    let house = house.sleep_until_a_wrong_hour(60 * DAY, &[]);
    assert_eq!(house.rows().values, 5);
    // Who comes meanwhile is served, and may take back what they gave.
    ann(&house).sends(&house).expect(200);
    assert_eq!(house.rows().values, 10);
    house.confirms_the_clock();
    house.until("the first one's year is over", |house| house.rows().values < 10);
}
