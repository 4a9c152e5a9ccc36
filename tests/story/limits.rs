//! Too much of one visitor, or of all.

use crate::house::{Answer, CONTACT, House, SHOP, encode};

fn ticket_from(house: &House, forwarded_for: &str) -> Answer {
    let version = house.placement(CONTACT, "en").version;
    let body = format!("{{\"version\":\"{version}\",\"language\":\"en\"}}");
    let headers = [("origin", SHOP), ("x-forwarded-for", forwarded_for)];
    house.send("POST", "/v1/forms/contact/tickets", &headers, body.as_bytes())
}

#[test]
fn one_client_too_many_waits_and_the_others_do_not() {
    let house = House::open_with(&["server.trusted_proxies=127.0.0.0/8", "limits.per_client_per_minute=2"]);
    for _ in 0..2 {
        ticket_from(&house, "192.0.2.1").expect(200);
    }
    let refused = ticket_from(&house, "192.0.2.1").expect_problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(refused.header("access-control-allow-origin"), Some(SHOP), "the page must be able to read why");
    ticket_from(&house, "203.0.113.9, 192.0.2.1").expect_problem(429, "rate-limited");
    ticket_from(&house, "192.0.2.2").expect(200);
    house.wait(30);
    ticket_from(&house, "192.0.2.1").expect(200);
}

#[test]
fn a_header_that_nobody_vouches_for_buys_nothing() {
    let house = House::open_with(&["limits.per_client_per_minute=2"]);
    ticket_from(&house, "192.0.2.1").expect(200);
    ticket_from(&house, "192.0.2.2").expect(200);
    ticket_from(&house, "192.0.2.3").expect_problem(429, "rate-limited");
}

#[test]
fn a_household_with_many_addresses_is_one_client() {
    let house = House::open_with(&["server.trusted_proxies=127.0.0.1", "limits.per_client_per_minute=1"]);
    ticket_from(&house, "2001:db8::1").expect(200);
    ticket_from(&house, "2001:db8::2").expect_problem(429, "rate-limited");
    ticket_from(&house, "2001:db8:0:1::1").expect(200);
}

#[test]
fn one_form_too_many_spares_the_other_form() {
    let house = House::open_with(&["limits.per_form_per_minute=1"]);
    house.ticket(CONTACT);
    ticket_from(&house, "").expect_problem(429, "rate-limited");
    house.ticket("event");
}

#[test]
fn a_native_post_too_many_gets_its_form_back_with_what_was_typed() {
    let house = House::open_with(&["limits.per_client_per_minute=1"]);
    let body = encode(&[("value.name", "Ann & <Bob>"), ("value.message", "line one\nline two")]);
    house.post_encoded(SHOP, CONTACT, body.as_bytes()).expect(422);
    let answer = house.post_encoded(SHOP, CONTACT, body.as_bytes()).expect(429);
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(answer.control("value.name"), "Ann & <Bob>");
    assert!(answer.text().contains("line one\nline two"));
}

#[test]
fn reading_is_not_limited() {
    let house = House::open_with(&["limits.per_client_per_minute=1", "limits.per_form_per_minute=1"]);
    for _ in 0..5 {
        house.placement(CONTACT, "en");
        house.get("/f/contact", &[]).expect(200);
    }
}
