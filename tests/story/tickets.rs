//! The collector's statement to one visitor.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::house::{CONTACT, House, OURS, SHOP, STRANGER};

#[test]
fn a_ticket_says_what_was_shown_where_and_until_when() {
    let house = House::open();
    let version = house.placement(CONTACT, "bg").version;
    let answer = house.ask_for_ticket(SHOP, CONTACT, &version, "bg").expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
    let ticket = answer.json();
    let (claims, _) = ticket["ticket"].as_str().unwrap().split_once('.').unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["origin"], SHOP);
    assert_eq!(claims["form"], CONTACT);
    assert_eq!(claims["version"], version);
    assert_eq!(claims["language"], "bg");
    assert_eq!(claims["id"], ticket["id"]);
    let life = ticket["expires_at"].as_i64().unwrap() - ticket["issued_at"].as_i64().unwrap();
    assert_eq!(life, 24 * 60 * 60);
    assert_eq!(
        house.ask_for_ticket(OURS, CONTACT, &version, "en").expect(200).json()["issued_at"],
        claims["issued_at"]
    );
}

#[test]
fn no_ticket_for_a_page_elsewhere_nor_for_nobodys() {
    let house = House::open();
    let version = house.placement(CONTACT, "en").version;
    for origin in [STRANGER, "null", "http://localhost:7411/", ""] {
        house.ask_for_ticket(origin, CONTACT, &version, "en").expect_problem(403, "origin-not-allowed");
    }
    let body = format!("{{\"language\":\"en\",\"version\":\"{version}\"}}");
    house.send("POST", "/v1/forms/contact/tickets", &[], body.as_bytes()).expect_problem(403, "origin-not-allowed");
}

#[test]
fn a_version_that_was_withdrawn_or_never_shown_must_be_fetched_again() {
    let house = House::open();
    let old = house.placement(CONTACT, "en").version;
    house.rewrite("forms/contact.toml", "Write to us", "Send us a line");
    house.reload().unwrap();
    house.ask_for_ticket(SHOP, CONTACT, &old, "en").expect(200);
    house.withdraw(&old);
    house.ask_for_ticket(SHOP, CONTACT, &old, "en").expect_problem(409, "definition-changed");
    house.ask_for_ticket(SHOP, CONTACT, &"0".repeat(64), "en").expect_problem(409, "definition-changed");
    house.ask_for_ticket(SHOP, CONTACT, "", "en").expect_problem(409, "definition-changed");
    let others = house.placement("event", "en").version;
    house.ask_for_ticket(SHOP, CONTACT, &others, "en").expect_problem(409, "definition-changed");
}

#[test]
fn what_is_no_request_for_a_ticket_is_malformed() {
    let house = House::open();
    let version = house.placement(CONTACT, "en").version;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"null".to_vec(),
        b"{".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"version\":1,\"language\":\"en\"}".to_vec(),
        format!("{{\"version\":\"{version}\",\"language\":\"EN\"}}").into_bytes(),
        format!("{{\"version\":\"{version}\",\"language\":\"de\"}}").into_bytes(),
        format!("{{\"version\":\"{version}\",\"language\":\"en\",\"more\":1}}").into_bytes(),
        format!("{{\"version\":\"{version}\",\"version\":\"{version}\",\"language\":\"en\"}}").into_bytes(),
        deep.into_bytes(),
        b"{\"version\":1e999999,\"language\":\"en\"}".to_vec(),
    ];
    for body in bodies {
        house.post_json(SHOP, "/v1/forms/contact/tickets", &body).expect_problem(400, "malformed");
    }
    let huge = vec![b' '; 10 * 1024 * 1024];
    house.post_json(SHOP, "/v1/forms/contact/tickets", &huge).expect_problem(413, "too-large");
}

#[test]
fn tickets_are_asked_for_with_post_alone() {
    let house = House::open();
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "NONSENSE"] {
        let answer = house.send(method, "/v1/forms/contact/tickets", &[("origin", SHOP)], b"").expect(405);
        assert!(answer.list("allow").contains(&"post".to_owned()), "{method}");
    }
}
