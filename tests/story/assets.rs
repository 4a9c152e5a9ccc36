//! What pages load from us.

use crate::house::{House, STRANGER};

#[test]
fn any_page_may_load_the_loader_and_asks_again_with_its_tag() {
    let house = House::open();
    let first = house.get("/unticked.js", &[("origin", STRANGER), ("accept-encoding", "gzip, br")]).expect(200);
    assert_eq!(first.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(first.header("access-control-allow-origin"), Some("*"));
    assert_eq!(first.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(first.header("x-content-type-options"), Some("nosniff"));
    assert!(!first.header("cache-control").unwrap().contains("immutable"));
    let tag = first.header("etag").unwrap().to_owned();
    house.get("/unticked.js", &[("accept-encoding", "gzip, br"), ("if-none-match", &tag)]).expect(304);
}

#[test]
fn the_stylesheet_is_named_by_its_content_and_kept_for_good() {
    let house = House::open();
    let path = house.placement("contact", "en").stylesheet;
    let answer = house.get(&path, &[("origin", STRANGER)]).expect(200);
    assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
}

#[test]
fn names_that_are_none_of_ours_are_not_found() {
    let house = House::open();
    for name in ["unticked-0000000000000000.css", "..%2f..%2fCargo.toml", "BUILD", ""] {
        house.get(&format!("/assets/{name}"), &[]).expect_problem(404, "not-found");
    }
    house.get("/assets/%ff", &[]).expect_problem(400, "malformed");
}

#[test]
fn what_adopts_forms_is_named_by_the_loader_and_by_an_older_loader_found_all_the_same() {
    let house = House::open();
    let loader = house.get("/unticked.js", &[]).expect(200).text();
    let path = loader.split('"').find(|text| text.starts_with("/assets/adopt-")).expect("the loader names it");
    let named = house.get(path, &[("origin", STRANGER)]).expect(200);
    assert_eq!(named.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(named.header("access-control-allow-origin"), Some("*"), "a module is fetched with CORS");
    assert_eq!(named.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let plain = house.get("/assets/adopt.js?1", &[("origin", STRANGER)]).expect(200);
    assert_eq!(plain.text(), named.text());
    assert!(!plain.header("cache-control").unwrap().contains("immutable"), "it changes under its name");
    house.get("/assets/adopt-0000000000000000.js", &[]).expect_problem(404, "not-found");
}
