//! Whose a message is.

use super::*;

const SECRET: &str = "whsec_dW50aWNrZWQtZG9jdW1lbnRhdGlvbiEhdW50aWM=";
const OTHER: &str = "whsec_dGhlIG9sZCBvbmUsIGZvciBhcyBsb25nIGFzIGl0IHQ=";
const BODY: &[u8] = br#"{"destination":"crm","reference":"K7QD-93XF"}"#;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn keys(secrets: &[&str]) -> Vec<SigningKey> {
    secrets.iter().map(|secret| SigningKey::from_secret(secret).unwrap()).collect()
}

/// As any library of the specification signs it.
fn signature(secret: &str, id: &str, at: i64) -> String {
    standardwebhooks::Webhook::new(secret).unwrap().sign(id, at, BODY).unwrap()
}

fn check(id: &str, timestamp: &str, signature: &str, secrets: &[&str]) -> Result<Timestamp, Unsigned> {
    verify(&Signed { id, timestamp, signature }, BODY, &keys(secrets), now())
}

#[test]
fn what_any_standard_webhooks_library_signs_is_accepted_under_each_secret_that_holds() {
    let at = now().as_second();
    let signed = signature(SECRET, "msg_1", at);
    assert_eq!(check("msg_1", &at.to_string(), &signed, &[SECRET]), Ok(now()));
    assert_eq!(check("msg_1", &at.to_string(), &signed, &[OTHER, SECRET]), Ok(now()), "while one replaces the other");
    let both = format!("{} {signed}", signature(OTHER, "msg_1", at));
    assert_eq!(check("msg_1", &at.to_string(), &both, &[SECRET]), Ok(now()), "who signs with both is known by either");
    for (id, secrets) in [("msg_1", &[OTHER][..]), ("msg_1", &[]), ("msg_2", &[SECRET])] {
        assert_eq!(check(id, &at.to_string(), &signed, secrets), Err(Unsigned::Mismatch));
    }
    let altered = verify(
        &Signed { id: "msg_1", timestamp: &at.to_string(), signature: &signed },
        br#"{"destination":"crm","reference":"K7QD-93XG"}"#,
        &keys(&[SECRET]),
        now(),
    );
    assert_eq!(altered, Err(Unsigned::Mismatch));
}

#[test]
fn five_minutes_are_forgiven_and_no_more_in_either_direction() {
    for (seconds, expected) in [(0, true), (-300, true), (300, true), (-301, false), (301, false), (86_400, false)] {
        let at = now().as_second() + seconds;
        let outcome = check("msg_1", &at.to_string(), &signature(SECRET, "msg_1", at), &[SECRET]);
        assert_eq!(outcome.is_ok(), expected, "{seconds}");
        assert!(expected || outcome == Err(Unsigned::Stale));
    }
}

#[test]
fn headers_that_no_library_writes_are_refused() {
    let at = now().as_second();
    let signed = signature(SECRET, "msg_1", at);
    let long = "m".repeat(257);
    for (id, timestamp) in [
        ("", at.to_string()),
        (long.as_str(), at.to_string()),
        ("msg_1", String::new()),
        ("msg_1", format!("+{at}")),
        ("msg_1", format!(" {at}")),
        ("msg_1", format!("{at}.0")),
        ("msg_1", "9".repeat(30)),
        ("msg_1", "9".repeat(18)),
    ] {
        assert_eq!(check(id, &timestamp, &signed, &[SECRET]), Err(Unsigned::Headers), "{timestamp}");
    }
    for bad in ["", "v1,", "v1a,AAAA", "v1", signed.trim_start_matches("v1,")] {
        assert_eq!(check("msg_1", &at.to_string(), bad, &[SECRET]), Err(Unsigned::Mismatch), "{bad}");
    }
    assert_eq!(check("a.b", &at.to_string(), &signed, &[SECRET]), Err(Unsigned::Mismatch));
}
