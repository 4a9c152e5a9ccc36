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
