//! What pages load of a banner.

use super::BANNER;
use crate::house::{House, OURS, SHOP, STRANGER};

#[test]
fn any_page_may_load_the_gate_with_the_owners_configuration_in_it() {
    let house = House::with_a_banner(&[]);
    let first = house.get("/gate.js", &[("origin", STRANGER), ("accept-encoding", "br")]).expect(200);
    assert_eq!(first.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(first.header("content-encoding"), Some("br"));
    assert_eq!(first.header("access-control-allow-origin"), Some("*"), "for integrity, which needs CORS");
    assert_eq!(first.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert!(!first.header("cache-control").unwrap().contains("immutable"));
    let tag = first.header("etag").unwrap().to_owned();
    house.get("/gate.js", &[("accept-encoding", "br"), ("if-none-match", &tag)]).expect(304);

    let text = house.get("/gate.js", &[]).expect(200).text();
    let version = house.placement(BANNER, "en").version;
    assert!(text.contains(&format!("{{\"h\":\"{OURS}\",\"d\":")), "{text}");
    assert_eq!(house.placement(BANNER, "bg").version, version, "one gate serves every language");

    house.rewrite("banner.toml", "May we?", "Is this all right?");
    house.reload().unwrap();
    assert_ne!(house.placement(BANNER, "en").version, version);
    house.get("/gate.js", &[("accept-encoding", "br"), ("if-none-match", &tag)]).expect(304);
    house.rewrite("purposes/ads.toml", "that fit what I looked at here", "that fit what I bought here");
    house.reload().unwrap();
    house.get("/gate.js", &[("accept-encoding", "br"), ("if-none-match", &tag)]).expect(200);
    assert_ne!(house.get("/gate.js", &[]).expect(200).text(), text, "what was agreed to is asked for again");
}

#[test]
fn what_the_gate_brings_is_there_for_any_page_and_for_a_gate_of_before() {
    let house = House::with_a_banner(&[]);
    let script = house.get("/consent.js", &[("origin", STRANGER)]).expect(200);
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(script.header("access-control-allow-origin"), Some("*"));
    assert_eq!(script.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert!(!script.header("cache-control").unwrap().contains("immutable"), "it changes under its name");
}

#[test]
fn without_a_banner_there_is_no_gate_and_a_page_is_told_so() {
    let house = House::with_a_banner(&[]);
    std::fs::remove_file(house.definitions().join("banner.toml")).unwrap();
    house.reload().unwrap();
    let answer = house.get("/gate.js", &[("origin", SHOP)]).expect_problem(404, "not-found");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("banner.toml"));
    house.get("/v1/forms/banner/placement", &[("origin", SHOP)]).expect_problem(404, "not-found");
}

#[test]
fn a_banner_has_a_stylesheet_of_its_own_and_no_page_of_its_own() {
    let house = House::with_a_banner(&[]);
    let (banner, form) = (house.placement(BANNER, "en"), house.placement("contact", "en"));
    assert_ne!(banner.stylesheet, form.stylesheet);
    let stylesheet = house.get(&banner.stylesheet, &[("origin", STRANGER)]).expect(200);
    assert_eq!(stylesheet.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert!(stylesheet.text().contains("unticked-banner"));
    assert!(banner.html.contains("unticked-banner") && banner.content.banner.is_some());

    let page = house.get("/f/banner", &[]).expect(404);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    house.post_form(SHOP, BANNER, &[("choice.ads", "granted")]).expect_problem(404, "not-found");
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn the_collector_says_that_it_abides_by_global_privacy_control() {
    let house = House::open();
    let answer = house.get("/.well-known/gpc.json", &[("origin", STRANGER)]).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["gpc"], true);
    let day = answer.json()["lastUpdate"].as_str().unwrap().to_owned();
    assert!(format!("{day}T00:00:00Z").parse::<jiff::Timestamp>().is_ok(), "{day}");
}
