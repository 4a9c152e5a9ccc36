//! What holds for every answer, and what monitors ask.

use crate::house::{House, SHOP};

#[test]
fn every_answer_forbids_what_no_page_of_ours_needs() {
    let house = House::open();
    for path in ["/f/contact", "/healthz", "/nothing", "/v1/forms/contact/placement", "/unticked.js"] {
        let answer = house.get(path, &[]);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
        assert_eq!(answer.header("server"), None, "{path}");
    }
    let open = House::open_with(&["server.public_url=http://forms.example"]);
    assert_eq!(open.get("/healthz", &[]).header("strict-transport-security"), None, "only where https is spoken");
}

#[test]
fn every_answer_has_an_id_of_ours_and_never_the_visitors() {
    let house = House::open();
    let id = |answer: crate::house::Answer| answer.header("x-request-id").unwrap().to_owned();
    let one = id(house.get("/healthz", &[("x-request-id", "ann@example.org")]));
    let two = id(house.get("/healthz", &[]));
    assert_ne!(one, two);
    assert!(one.len() == 16 && one.bytes().all(|b| b.is_ascii_hexdigit()), "{one}");
}

#[test]
fn an_address_or_method_that_we_do_not_have_is_a_problem_like_any_other() {
    let house = House::open();
    for path in ["/", "/v1", "/f", "/f/", "/admin", "/%ff", "/v1/forms/contact/submissions/extra"] {
        house.get(path, &[]).expect_problem(404, "not-found");
    }
    for (method, path) in [("DELETE", "/f/contact"), ("POST", "/healthz"), ("PUT", "/v1/forms/contact/submissions")] {
        house.send(method, path, &[("origin", SHOP)], b"").expect_problem(405, "method-not-allowed");
    }
}

#[test]
fn monitors_learn_whether_it_lives_and_can_work_and_how_much() {
    let house = House::open();
    house.get("/healthz", &[]).expect(200);
    house.get("/readyz", &[]).expect(200);
    house.placement("contact", "en");
    house.get("/nothing/ann@example.org?mail=ann@example.org", &[]);
    let metrics = house.get("/metrics", &[]).expect(200);
    let text = metrics.text();
    let line = r#"unticked_http_requests_total{route="/v1/forms/{form}/placement",method="GET",status="200"} 1"#;
    assert!(text.contains(line), "{text}");
    assert!(text.contains(r#"route="unmatched",method="GET",status="404""#), "{text}");
    assert!(!text.contains("ann@example.org") && !text.contains("127.0.0.1"));
}

#[test]
fn head_answers_like_get_without_the_body() {
    let house = House::open();
    for path in ["/f/contact", "/v1/forms/contact/placement?lang=en", "/unticked.js", "/healthz"] {
        let (get, head) = (house.get(path, &[]), house.send("HEAD", path, &[], b""));
        assert_eq!(head.0.status, 200, "{path}");
        assert!(head.0.body.is_empty());
        assert_eq!(get.header("content-type"), head.header("content-type"), "{path}");
        assert_eq!(get.header("etag"), head.header("etag"), "{path}");
    }
}
