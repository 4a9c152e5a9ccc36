//! What visitors send, and what becomes of it.

use std::thread;

use serde_json::json;

use crate::{
    house::{CONTACT, EVENT, House, OURS, STRANGER},
    visitor::Visitor,
};

#[test]
fn an_enquiry_with_every_box_empty_is_accepted_and_each_refusal_recorded() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let accepted = visitor.sends(&house).expect(200).json();
    assert_eq!(accepted["id"], visitor.ticket.id);
    assert_eq!(accepted["reference"].as_str().unwrap().len(), "K7QD-93XF".len());
    assert_eq!(accepted["received_at"], "2026-11-23T12:00:30Z");
    let decisions = accepted["decisions"].as_array().unwrap();
    let decided: Vec<(&str, &str)> =
        decisions.iter().map(|d| (d["purpose"].as_str().unwrap(), d["decision"].as_str().unwrap())).collect();
    assert_eq!(decided, [("newsletter", "refused"), ("phone-offers", "refused")]);
    let rows = house.rows();
    assert_eq!((rows.submissions, rows.subjects, rows.evidence, rows.deliveries), (1, 1, 1, 1));
}

#[test]
fn a_grant_that_needs_a_mail_waits_for_it() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house).ticks("newsletter");
    let accepted = visitor.sends(&house).expect(200).json();
    assert_eq!(accepted["decisions"][0]["decision"], "granted_unconfirmed");
    assert_eq!(accepted["decisions"][1]["decision"], "refused");
}

#[test]
fn a_replay_a_double_click_and_a_retry_make_one_lead() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let first = visitor.sends(&house).expect(200).json();
    assert_eq!(visitor.sends(&house).expect(200).json(), first);
    house.wait(60 * 60 * 24 * 40);
    assert_eq!(visitor.sends(&house).expect(200).json(), first, "whatever its age");
    assert_eq!(house.rows().submissions, 1);
}

#[test]
fn two_at_once_with_one_ticket_make_one_lead() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let answers: Vec<_> = thread::scope(|scope| {
        let posts: Vec<_> = (0..8).map(|_| scope.spawn(|| visitor.sends(&house).expect(200).json())).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let rows = house.rows();
    assert_eq!((rows.submissions, rows.subjects, rows.evidence, rows.deliveries), (1, 1, 1, 1));
}

#[test]
fn a_ticket_that_was_used_answers_another_body_with_a_refusal() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    visitor.sends(&house).expect(200);
    let other = visitor.clone().types("message", "And where is the other one?");
    other.sends(&house).expect_problem(409, "already-submitted");
    assert_eq!(house.rows().submissions, 1);
}

#[test]
fn only_acceptance_claims_a_ticket() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    visitor.clone().types("email", "nonsense").sends(&house).expect_problem(422, "validation-failed");
    visitor.sends(&house).expect(200);
}

#[test]
fn many_at_once_are_each_answered_with_their_own() {
    let house = House::open();
    let visitors: Vec<Visitor> = (0..24).map(|_| Visitor::with_an_enquiry(&house)).collect();
    thread::scope(|scope| {
        for visitor in &visitors {
            scope.spawn(|| assert_eq!(visitor.sends(&house).expect(200).json()["id"], visitor.ticket.id));
        }
    });
    let rows = house.rows();
    assert_eq!((rows.submissions, rows.subjects, rows.deliveries), (24, 24, 24));
}

#[test]
fn a_clock_wrong_by_a_day_changes_nothing() {
    // The widget reckons from the ticket's own time: whatever the visitor's clock says, only what elapsed counts.
    let house = House::open();
    for elapsed in [0, 30, 60 * 60 * 23] {
        let mut visitor = Visitor::with_an_enquiry(&house);
        visitor.elapsed = elapsed;
        visitor.sends(&house).expect(200);
    }
    for elapsed in [-86_400, 2 * 86_400] {
        let mut visitor = Visitor::with_an_enquiry(&house);
        visitor.elapsed = elapsed;
        visitor.sends(&house).expect_problem(401, "signature-invalid");
    }
}

#[test]
fn a_ticket_is_good_for_a_day_and_its_page_may_be_reread_meanwhile() {
    let house = House::open();
    let slow = Visitor::with_an_enquiry(&house);
    house.wait(60 * 60 * 24 - 60);
    slow.sends(&house).expect(200);
    let slower = Visitor::with_an_enquiry(&house);
    house.wait(60 * 60 * 24);
    slower.sends(&house).expect_problem(401, "ticket-expired");
    assert_eq!(house.rows().submissions, 1);
}

#[test]
fn a_form_that_changed_takes_what_was_shown_before_until_the_owner_withdraws_it() {
    let house = House::open();
    let (one, two) = (Visitor::with_an_enquiry(&house), Visitor::with_an_enquiry(&house));
    house.rewrite("purposes/newsletter.toml", "at most twice a month", "at most once a day");
    house.reload().unwrap();
    let first = one.sends(&house).expect(200).json();
    house.withdraw(&one.version);
    two.sends(&house).expect_problem(409, "definition-changed");
    assert_eq!(one.sends(&house).expect(200).json(), first, "what was accepted stays accepted");
}

#[test]
fn tickets_hold_after_a_restart() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let house = house.restart();
    house.wait(30);
    visitor.sends(&house).expect(200);
}

#[test]
fn a_ticket_of_another_form_of_another_collector_or_altered_is_refused() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let mut wrong_form = visitor.clone();
    wrong_form.form = EVENT.to_owned();
    wrong_form.sends(&house).expect_problem(401, "ticket-invalid");
    let elsewhere = House::open();
    visitor.sends(&elsewhere).expect_problem(401, "ticket-invalid");
    let (claims, tag) = visitor.ticket.ticket.split_once('.').unwrap();
    for ticket in ["", ".", "a.b", claims, &format!("{claims}.{}", tag.to_uppercase()), &format!("{claims}A.{tag}")] {
        let altered = visitor.clone().with(|body| body["ticket"] = json!(ticket));
        altered.sends(&house).expect_problem(401, "ticket-invalid");
    }
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn a_submission_from_another_origin_than_its_ticket_is_refused() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    for origin in [STRANGER, OURS, "null", "http://127.0.0.1:7411"] {
        let mut moved = visitor.clone();
        moved.origin = origin.to_owned();
        moved.sends(&house).expect_problem(403, "origin-not-allowed");
    }
    visitor.sends(&house).expect(200);
}

#[test]
fn a_signature_answers_one_ticket_one_time_and_one_body() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let other = Visitor::with_an_enquiry(&house);
    let body = unticked_shared::canonical::to_vec(&visitor.body).unwrap();
    let at = visitor.ticket.issued_at + 30;
    let id = visitor.ticket.id.as_str();
    let good = visitor.key().sign(id, at, &body);
    let of_another = other.key().sign(id, at, &body);
    let earlier = (at - 1).to_string();
    let at = at.to_string();
    let mut changed = body.clone();
    changed.insert(body.len() - 1, b' ');
    let attempts: [(&str, &str, &str, &[u8]); 9] = [
        (id, &at, "", &body),
        (id, &at, "v1,", &body),
        (id, &at, "v1,AAAA", &body),
        (id, &at, &of_another, &body),
        (&other.ticket.id, &at, &good, &body),
        ("a.b", &at, &good, &body),
        (id, &earlier, &good, &body),
        (id, "soon", &good, &body),
        (id, &at, &good, &changed),
    ];
    for (id, timestamp, signature, body) in attempts {
        visitor.posts(&house, id, timestamp, signature, body).expect_problem(401, "signature-invalid");
    }
    assert_eq!(house.rows().submissions, 0);
    visitor.posts(&house, id, &at, &format!("v2,x {of_another} {good}"), &body).expect(200);
}

#[test]
fn what_a_robot_does_is_kept_for_the_owner_and_the_person_is_told_nothing_false() {
    let house = House::open();
    let mut hurried = Visitor::with_an_enquiry(&house);
    let trapped = hurried.clone().with(|body| body["trap"] = json!("http://spam.example"));
    trapped.sends(&house).expect(200);
    hurried = Visitor::with_an_enquiry(&house);
    house.wait(-30);
    hurried.sends(&house).expect(200);
    let rows = house.rows();
    assert_eq!((rows.submissions, rows.deliveries, rows.held), (2, 2, 2));
}

#[test]
fn reading_changes_nothing() {
    let house = House::open();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    let before = house.rows();
    let version = house.placement(CONTACT, "en").version;
    let paths = [
        "/f/contact".to_owned(),
        "/v1/forms/contact/placement".to_owned(),
        "/v1/forms/contact/tickets".to_owned(),
        "/v1/forms/contact/submissions".to_owned(),
        format!("/v1/versions/{version}"),
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/metrics".to_owned(),
    ];
    for path in &paths {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(house.send(method, path, &[], b"").0.status < 500, "{method} {path}");
        }
    }
    assert_eq!(house.rows(), before);
}
