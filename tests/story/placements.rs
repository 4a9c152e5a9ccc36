//! What a page is given to show.

use crate::house::{CONTACT, House, OURS, SHOP, STRANGER};

#[test]
fn a_placement_is_the_same_for_everyone_and_is_not_sent_twice() {
    let house = House::open();
    let path = "/v1/forms/contact/placement?lang=en";
    let first = house.get(path, &[("origin", SHOP), ("accept-encoding", "br")]).expect(200);
    assert_eq!(first.header("content-encoding"), Some("br"));
    assert_eq!(first.header("content-type"), Some("application/json"));
    let tag = first.header("etag").unwrap().to_owned();
    let again = house.get(path, &[("origin", SHOP), ("accept-encoding", "br"), ("if-none-match", &tag)]).expect(304);
    assert!(again.0.body.is_empty());
    assert_eq!(again.header("access-control-allow-origin"), Some(SHOP), "a 304 is read by the page, too");
    let plain = house.get(path, &[("origin", "http://127.0.0.1:7411")]).expect(200);
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.0.body, house.get(path, &[]).expect(200).0.body);
}

#[test]
fn only_the_forms_own_sites_and_our_own_pages_may_read_it() {
    let house = House::open();
    let path = "/v1/forms/contact/placement?lang=en";
    for origin in [SHOP, OURS] {
        let answer = house.get(path, &[("origin", origin)]).expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert!(answer.list("vary").contains(&"origin".to_owned()));
    }
    for origin in [STRANGER, "null", "http://localhost:7411.stranger.example", "HTTP://LOCALHOST:7411"] {
        let answer = house.get(path, &[("origin", origin)]).expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        assert!(answer.list("vary").contains(&"origin".to_owned()), "caches must keep the two apart");
    }
}

#[test]
fn a_preflight_is_answered_for_the_sites_alone() {
    let house = House::open();
    let ask = |origin: &str, form: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,unticked-id,unticked-signature,unticked-timestamp"),
        ];
        house.send("OPTIONS", &format!("/v1/forms/{form}/submissions"), &headers, b"")
    };
    let answer = ask(SHOP, CONTACT).expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
    for header in ["content-type", "unticked-id", "unticked-timestamp", "unticked-signature"] {
        assert!(answer.list("access-control-allow-headers").contains(&header.to_owned()), "{header}");
    }
    assert!(answer.list("access-control-allow-methods").contains(&"post".to_owned()));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(ask(STRANGER, CONTACT).header("access-control-allow-origin"), None);
    assert_eq!(ask(SHOP, "nothing").header("access-control-allow-origin"), None);
}

#[test]
fn the_language_is_the_one_asked_for_else_the_browsers_else_the_forms() {
    let house = House::open();
    let language = |query: &str, browser: &str| {
        let path = format!("/v1/forms/contact/placement{query}");
        let answer = house.get(&path, &[("origin", SHOP), ("accept-language", browser)]).expect(200);
        assert!(answer.list("vary").contains(&"accept-language".to_owned()));
        answer.json()["content"]["language"].as_str().unwrap().to_owned()
    };
    assert_eq!(language("?lang=bg", "ar"), "bg");
    assert_eq!(language("?lang=ar-EG", ""), "ar");
    assert_eq!(language("?lang=AR", ""), "ar");
    assert_eq!(language("?lang=xx", "fr, bg;q=0.5, en;q=0.4"), "bg");
    assert_eq!(language("", "fr"), "en");
    assert_eq!(language("?lang=%FF&lang=bg&x=%", ""), "en");
}

#[test]
fn a_form_that_does_not_exist_is_not_found() {
    let house = House::open();
    for form in ["nothing", "CONTACT", "..", "%00", "a%2Fb", &"x".repeat(5000)] {
        house.get(&format!("/v1/forms/{form}/placement"), &[("origin", SHOP)]).expect_problem(404, "not-found");
    }
}

#[test]
fn nothing_in_a_placement_is_ticked() {
    let house = House::open();
    for form in ["contact", "event"] {
        for language in ["en", "bg", "ar"] {
            let placement = house.placement(form, language);
            assert!(placement.html.contains("type=\"checkbox\""));
            assert!(!placement.html.contains(" checked") && !placement.html.contains(" selected"), "{form} {language}");
        }
    }
}
