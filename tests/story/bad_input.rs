//! Whatever arrives gets its problem, none gets a 5xx, and nothing is half-written.

use serde_json::{Value, json};

use crate::{
    house::{CONTACT, EVENT, House, SHOP},
    visitor::Visitor,
};

fn attendee(house: &House) -> Visitor {
    Visitor::arrives(house, EVENT)
        .types("name", "Ann Canary")
        .types("email", "ann.canary@example.org")
        .types("day", "2027-05-15")
        .types("session", "afternoon")
        .types("guests", "2")
}

type Change = Box<dyn FnOnce(&mut Value)>;

/// The fields and rules that a refusal names.
fn broken(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors.iter().map(|error| (text(&error["field"]), text(&error["rule"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(field, rule)| ((*field).to_owned(), (*rule).to_owned())).collect()
}

#[test]
fn garbage_under_a_good_signature_is_malformed() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let deep = format!("{}{}", "{\"values\":".repeat(5000), "}".repeat(5000));
    let brackets = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let twice = String::from_utf8(unticked_shared::canonical::to_vec(&visitor.body).unwrap()).unwrap();
    let twice = twice.replacen('{', "{\"page\":\"x\",", 1);
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"\x00\x01\x02".to_vec(),
        b"{\"ticket\":\"\xff\"}".to_vec(),
        deep.into_bytes(),
        brackets.into_bytes(),
        b"{\"build\":1e400}".to_vec(),
        twice.into_bytes(),
    ];
    for body in bodies {
        visitor.sends_bytes(&house, &body).expect_problem(400, "malformed");
    }
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn wrong_types_and_unknown_members_are_malformed() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let changes: Vec<Change> = vec![
        Box::new(|body| body["values"] = json!([])),
        Box::new(|body| body["values"]["name"] = json!(7)),
        Box::new(|body| body["values"]["name"] = json!(null)),
        Box::new(|body| body["values"]["name"] = json!({"a": "b"})),
        Box::new(|body| body["values"]["name"] = json!([["a"]])),
        Box::new(|body| body["values"]["Not A Name"] = json!("x")),
        Box::new(|body| body["values"]["name"] = json!(9_007_199_254_740_991_i64)),
        Box::new(|body| body["choices"]["newsletter"] = json!(true)),
        Box::new(|body| body["choices"]["newsletter"] = json!("withdrawn")),
        Box::new(|body| body["choices"]["../x"] = json!("granted")),
        Box::new(|body| body["page"] = json!(["x"])),
        Box::new(|body| body["gpc"] = json!("yes")),
        Box::new(|body| body["more"] = json!(1)),
        Box::new(|body| body["__proto__"] = json!({})),
        Box::new(|body| drop(body.as_object_mut().unwrap().remove("choices"))),
        Box::new(|body| body["page"] = json!("x".repeat(5000))),
        Box::new(|body| body["page"] = json!("http://localhost:7411/a\u{0}b")),
        Box::new(|body| body["build"] = json!("<script>")),
    ];
    for change in changes {
        visitor.clone().with(change).sends(&house).expect_problem(400, "malformed");
    }
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn a_body_of_ten_megabytes_is_too_large_and_so_is_one_byte_too_many() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    visitor.sends_bytes(&house, &vec![b'{'; 10 * 1024 * 1024]).expect_problem(413, "too-large");
    visitor.sends_bytes(&house, &vec![b'{'; 65_537]).expect_problem(413, "too-large");
    visitor.sends_bytes(&house, &vec![b'{'; 65_536]).expect_problem(400, "malformed");
}

#[test]
fn fields_and_purposes_that_were_not_on_the_form_are_refused() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let problem = visitor.clone().types("salary", "1").sends(&house).expect_problem(422, "validation-failed").json();
    assert_eq!(broken(&problem), pairs(&[("salary", "not-shown")]));
    for purpose in ["nothing", "enquiry"] {
        let problem = visitor.clone().ticks(purpose).sends(&house).expect_problem(422, "validation-failed").json();
        assert_eq!(broken(&problem), pairs(&[(purpose, "option")]));
    }
    let silent = visitor.clone().with(|body| drop(body["choices"].as_object_mut().unwrap().remove("newsletter")));
    let problem = silent.sends(&house).expect_problem(422, "validation-failed").json();
    assert_eq!(broken(&problem), pairs(&[("newsletter", "option")]));
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn a_value_for_a_field_that_could_not_be_seen_is_refused_when_signed() {
    let house = House::open();
    // Lunch is for those who come in the morning.
    let visitor = attendee(&house).types("allergies", "nuts").with(|body| body["values"]["diet"] = json!(["allergy"]));
    let problem = visitor.sends(&house).expect_problem(422, "validation-failed").json();
    assert_eq!(broken(&problem), pairs(&[("diet", "not-shown"), ("allergies", "not-shown")]));
    attendee(&house).sends(&house).expect(200);
}

#[test]
fn each_rule_that_is_broken_is_named_in_the_forms_order_and_language() {
    let house = House::open();
    let wrong = Visitor::arrives(&house, EVENT)
        .types("email", "ann@")
        .types("voucher", "LIPA-20")
        .types("day", "2027-02-30")
        .types("session", "midnight")
        .types("guests", "1e2");
    let problem = wrong.sends(&house).expect_problem(422, "validation-failed").json();
    let expected = [
        ("name", "required"),
        ("email", "email"),
        ("voucher", "pattern"),
        ("day", "date"),
        ("session", "option"),
        ("guests", "number"),
    ];
    assert_eq!(broken(&problem), pairs(&expected));
    assert_eq!(problem["errors"][0]["message"], "Your name: please fill this in");
    let huge = attendee(&house).types("guests", "99999999999999999999999999").types("name", &"x".repeat(20_000));
    let problem = huge.sends(&house).expect_problem(422, "validation-failed").json();
    assert_eq!(broken(&problem), pairs(&[("name", "max-length"), ("guests", "number")]));
}

#[test]
fn a_refusal_repeats_nothing_that_was_sent() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house).types("email", "canary-in-the-mail@");
    let text = visitor.sends(&house).expect_problem(422, "validation-failed").text();
    assert!(!text.contains("canary") && !text.contains("Canary"), "{text}");
    let text = visitor.sends_bytes(&house, b"{\"canary\":1}").expect_problem(400, "malformed").text();
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn headers_that_are_missing_or_doubled_are_no_signature() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let body = unticked_shared::canonical::to_vec(&visitor.body).unwrap();
    house.post_json(&visitor.origin, "/v1/forms/contact/submissions", &body).expect_problem(401, "signature-invalid");
    let timestamp = (visitor.ticket.issued_at + 30).to_string();
    let signature = visitor.key().sign(&visitor.ticket.id, visitor.ticket.issued_at + 30, &body);
    let headers = [
        ("origin", visitor.origin.as_str()),
        ("unticked-id", visitor.ticket.id.as_str()),
        ("unticked-id", "another"),
        ("unticked-timestamp", timestamp.as_str()),
        ("unticked-signature", signature.as_str()),
    ];
    house.send("POST", "/v1/forms/contact/submissions", &headers, &body).expect_problem(401, "signature-invalid");
}

#[test]
fn a_read_only_database_answers_unavailable_and_nothing_is_half_written() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let before = house.rows();
    house.make_read_only();
    let refused = visitor.sends(&house).expect_problem(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    let typed = [
        ("ticket", visitor.ticket.ticket.as_str()),
        ("value.name", "Ann"),
        ("value.email", "ann@example.org"),
        ("value.topic", "order"),
        ("value.message", "kept"),
        ("choice.newsletter", "granted"),
    ];
    let page = house.post_form(SHOP, CONTACT, &typed).expect(503);
    assert_eq!(page.control("value.name"), "Ann");
    assert_eq!(page.control("ticket"), visitor.ticket.ticket, "the same ticket, so that trying again makes one lead");
    assert!(page.is_ticked("choice.newsletter"));
    assert_eq!(house.rows(), before);
    let house = house.restart();
    house.wait(60);
    visitor.sends(&house).expect(200);
    assert_eq!(house.rows().submissions, 1);
}

#[test]
fn a_full_disk_answers_unavailable_and_what_was_acknowledged_stays() {
    let house = House::open();
    house.fill_the_disk();
    let mut acknowledged = 0;
    loop {
        let answer = Visitor::with_an_enquiry(&house).sends(&house);
        if answer.0.status != 200 {
            answer.expect_problem(503, "unavailable");
            break;
        }
        acknowledged += 1;
        assert!(acknowledged < 500, "the disk never fills");
    }
    let rows = house.rows();
    assert_eq!((rows.submissions, rows.evidence, rows.deliveries), (acknowledged, acknowledged, acknowledged));
}
