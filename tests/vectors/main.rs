//! The signature vectors, read by the project's own code and by the published crate.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use unticked_shared::signature::SigningKey;

#[derive(Deserialize)]
struct Vectors {
    events: Vec<EventVector>,
    submissions: Vec<SubmissionVector>,
}

#[derive(Deserialize)]
struct EventVector {
    secret: String,
    #[serde(flatten)]
    signed: Signed,
}

#[derive(Deserialize)]
struct SubmissionVector {
    ticket_key: String,
    submission_key: String,
    #[serde(flatten)]
    signed: Signed,
}

#[derive(Deserialize)]
struct Signed {
    id: String,
    timestamp: i64,
    body: String,
    signature: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("signatures.json")).expect("the vectors can be read")
}

fn check(key: &SigningKey, referee: &standardwebhooks::Webhook, signed: &Signed) {
    let Signed { id, timestamp, body, signature } = signed;
    assert_eq!(key.sign(id, *timestamp, body.as_bytes()), *signature, "{id}");
    assert_eq!(referee.sign(id, *timestamp, body.as_bytes()).expect("the referee signs"), *signature, "{id}");
    assert_eq!(key.verify(id, *timestamp, body.as_bytes(), signature), Ok(()), "{id}");
    assert!(key.verify(id, *timestamp + 1, body.as_bytes(), signature).is_err(), "{id}");
}

#[test]
fn event_signatures_are_those_of_the_vectors_and_of_the_published_crate() {
    let events = vectors().events;
    assert_eq!(events.len(), 4);
    for EventVector { secret, signed } in &events {
        check(&SigningKey::from_secret(secret).unwrap(), &standardwebhooks::Webhook::new(secret).unwrap(), signed);
    }
}

#[test]
fn submission_keys_and_signatures_are_those_of_the_vectors() {
    let submissions = vectors().submissions;
    assert_eq!(submissions.len(), 3);
    for SubmissionVector { ticket_key, submission_key, signed } in &submissions {
        let key = SigningKey::from_base64(ticket_key).unwrap().for_submission(&signed.id);
        assert_eq!(key.to_base64(), *submission_key, "{}", signed.id);
        let referee = standardwebhooks::Webhook::from_bytes(STANDARD.decode(submission_key).unwrap()).unwrap();
        check(&key, &referee, signed);
    }
}
