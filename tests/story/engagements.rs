//! What a CRM says over HTTP about people whom it knows.

use serde_json::{Value, json};
use unticked_shared::signature::SigningKey;

use crate::{
    crm::{Crm, SECRET},
    house::{Answer, House},
    visitor::Visitor,
};

const DAY: i64 = 24 * 3600;
const PATH: &str = "/v1/engagements";

fn say_with(house: &House, secret: &str, id: &str, at: i64, body: &Value) -> Answer {
    let body = serde_json::to_vec(body).unwrap();
    let signature = SigningKey::from_secret(secret).unwrap().sign(id, at, &body);
    let at = at.to_string();
    let headers = [("webhook-id", id), ("webhook-timestamp", &at), ("webhook-signature", &signature)];
    house.send("POST", PATH, &headers, &body)
}

fn say(house: &House, id: &str, body: &Value) -> Answer {
    say_with(house, SECRET, id, house.now(), body)
}

/// A house whose CRM has Ann's lead; the lead.
fn told(crm: &Crm) -> (House, Value) {
    let house = crm.house();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    house.until("the lead is delivered", |house| {
        !crm.events().is_empty() && house.metric("unticked_outbox_deliveries{state=\"waiting\"}") == 0
    });
    let lead = crm.events()[0]["data"].clone();
    (house, lead)
}

#[test]
fn a_crm_pushes_on_what_counts_from_the_last_engagement() {
    let crm = Crm::open();
    let (house, lead) = told(&crm);
    house.wait(300 * DAY);
    let body = json!({"destination": "crm", "subject": lead["subject"]});
    let answer = say(&house, "msg_1", &body).expect(200).json();
    assert_eq!(answer["subject"], lead["subject"]);
    assert_eq!(answer["repeated"], false);
    let enquiry = json!({"purpose": "enquiry", "result": "pushed-on", "until": "2028-09-19T00:00:00Z"});
    assert_eq!(answer["purposes"], json!([enquiry]), "{answer}");
    house.wait(DAY);
    let again = say(&house, "msg_1", &body).expect(200).json();
    assert_eq!((&again["repeated"], &again["purposes"][0]["result"]), (&json!(true), &json!("unchanged")));
    let other = json!({"destination": "crm", "reference": lead["reference"]});
    say(&house, "msg_1", &other).expect_problem(409, "already-submitted");
    house.wait(360 * DAY);
    house.until("the rules were looked at", |house| house.metric("unticked_retention_due") == 0);
    assert!(house.rows().values > 0);
    assert_eq!(house.metric("unticked_engagements_total{result=\"pushed-on\"}"), 1);
    house.wait(10 * DAY);
    house.until("nothing is kept", |house| house.rows().values == 0);
    say(&house, "msg_2", &other).expect_problem(409, "too-late");
    assert_eq!(say(&house, "msg_1", &body).expect(200).json()["repeated"], true, "what was taken stays taken");
}

#[test]
fn nobody_learns_whom_we_know() {
    let crm = Crm::open();
    let (house, lead) = told(&crm);
    let known = json!({"destination": "crm", "reference": lead["reference"]});
    let unknown = json!({"destination": "crm", "reference": "XXXX-XXXX"});
    let stranger = "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vyc3RyYW5nZXI=";
    let texts = [&known, &unknown, &json!({"destination": "nobody", "reference": "XXXX-XXXX"})].map(|body| {
        say_with(&house, stranger, "msg_1", house.now(), body).expect_problem(401, "signature-invalid").text()
    });
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    say(&house, "msg_1", &unknown).expect_problem(404, "not-found");
    say(&house, "msg_2", &json!({"destination": "crm", "subject": "019abfd2-0000-7000-8000-000000000001"}))
        .expect_problem(404, "not-found");
    say_with(&house, SECRET, "msg_3", house.now() - 301, &known).expect_problem(401, "signature-invalid");
    house.send("POST", PATH, &[], b"{}").expect_problem(401, "signature-invalid");
    house.get(PATH, &[]).expect_problem(405, "method-not-allowed");
}

#[test]
fn what_cannot_be_read_is_refused_with_a_word_on_what_it_should_be() {
    let crm = Crm::open();
    let (house, lead) = told(&crm);
    let reference = &lead["reference"];
    let future = "2026-12-01T00:00:00Z";
    for body in [
        json!([]),
        json!({"destination": "crm"}),
        json!({"destination": "crm", "reference": reference, "subject": lead["subject"]}),
        json!({"destination": "crm", "reference": reference, "at": "yesterday"}),
        json!({"destination": "crm", "reference": reference, "at": future}),
        json!({"destination": "crm", "reference": reference, "when": future}),
        json!({"destination": "crm", "reference": "x".repeat(65)}),
        json!({"destination": "crm", "engagements": []}),
        json!({"destination": "crm", "reference": reference, "engagements": [{"reference": reference}]}),
        json!({"destination": "crm", "engagements": vec![json!({"reference": reference}); 101]}),
    ] {
        let problem = say(&house, "msg_1", &body).expect_problem(400, "malformed").json();
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.contains("yesterday")), "{problem}");
    }
    assert_eq!(house.rows().evidence, 1);
}

#[test]
fn many_are_told_in_one_message_and_answered_each() {
    let crm = Crm::open();
    let (house, lead) = told(&crm);
    house.wait(DAY);
    let lower = lead["reference"].as_str().unwrap().to_lowercase();
    let body = json!({"destination": "crm", "engagements": [
        {"reference": lower, "at": "2026-11-24T10:00:00+02:00"},
        {"reference": "XXXX-XXXX"},
    ]});
    let answer = say(&house, "msg_1", &body).expect(200).json();
    assert_eq!(answer["results"][0]["status"], "pushed-on", "{answer}");
    assert_eq!(answer["results"][0]["purposes"][0]["until"], "2027-11-24T00:00:00Z");
    assert_eq!((&answer["results"][1]["status"], &answer["results"][1]["purposes"]), (&json!("not-found"), &json!([])));
}
