use std::net::Ipv4Addr;

use serde_json::json;

use super::*;

const SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OTHER: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

async fn receiver() -> Running {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    start(&Settings { listen, secret: SECRET.to_owned() }).await.unwrap()
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

#[expect(clippy::disallowed_methods, reason = "the library under test reads the clock itself")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

async fn post_event(running: &Running, secret: &str, id: &str, timestamp: i64, body: &str) -> u16 {
    let signature = Webhook::new(secret).unwrap().sign(id, timestamp, body.as_bytes()).unwrap();
    let request = client()
        .post(running.hook())
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
        .body(body.to_owned());
    request.send().await.unwrap().status().as_u16()
}

async fn page(running: &Running, path: &str) -> String {
    client().get(format!("http://{}{path}", running.address)).send().await.unwrap().text().await.unwrap()
}

fn event() -> String {
    json!({
        "id": "e1", "type": "lead.submitted", "timestamp": "2026-11-23T15:00:00Z",
        "data": {
            "reference": "K7QD-93XF", "form": "contact", "language": "ar", "page": "https://shop.example/",
            "values": [{"field": "name", "label": "Name", "value": "<script>alert(1)</script>", "purposes": ["answer"]}],
            "decisions": [
                {"purpose": "answer", "name": "Answering", "statement": "We answer.", "legal_basis": "contract", "decided_at": "x", "retention": "P1Y"},
                {"purpose": "news", "name": "News", "statement": "We write monthly.", "legal_basis": "consent", "decision": "refused", "decided_at": "x", "retention": "P2Y"}
            ],
            "evidence": {"record": "r1", "commitment": "c0ffee"}
        }
    })
    .to_string()
}

#[tokio::test]
async fn a_genuine_event_is_kept_once_however_often_it_comes() {
    let running = receiver().await;
    for _ in 0..3 {
        assert_eq!(post_event(&running, SECRET, "e1", now(), &event()).await, 200);
    }
    let seen: serde_json::Value = serde_json::from_str(&page(&running, "/events.json").await).unwrap();
    assert_eq!(seen["events"].as_array().unwrap().len(), 1);
    assert_eq!(seen["events"][0]["deliveries"], 3);
    assert_eq!(seen["events"][0]["event"]["data"]["reference"], "K7QD-93XF");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn forged_old_and_unsigned_events_are_refused_and_not_kept() {
    let running = receiver().await;
    assert_eq!(post_event(&running, OTHER, "e1", now(), &event()).await, 401);
    assert_eq!(post_event(&running, SECRET, "e1", now() - 3600, &event()).await, 401);
    assert_eq!(post_event(&running, SECRET, "e1", now() + 3600, &event()).await, 401);
    let bare = client().post(running.hook()).body(event()).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    assert_eq!(post_event(&running, SECRET, "e1", now(), "no json").await, 400);
    let contents = running.inbox().look();
    assert_eq!(contents.entries, []);
    assert_eq!(contents.refused.iter().map(|r| r.times).sum::<u32>(), 5);
}

#[tokio::test]
async fn the_page_shows_each_decision_and_escapes_what_a_visitor_typed() {
    let running = receiver().await;
    post_event(&running, SECRET, "e1", now(), &event()).await;
    let html = page(&running, "/").await;
    for words in ["K7QD-93XF", "We write monthly.", "refused", "no consent needed", "c0ffee", "signature verified"] {
        assert!(html.contains(words), "{words}");
    }
    assert!(html.contains("&lt;script&gt;alert(1)") && !html.contains("<script>alert"));
    assert!(html.contains(&page(&running, "/part").await));
}

#[tokio::test]
async fn a_withdrawal_is_shown_beside_its_lead_and_ends_the_use_of_its_values() {
    let running = receiver().await;
    let mut lead: serde_json::Value = serde_json::from_str(&event()).unwrap();
    lead["data"]["decisions"][1]["decision"] = json!("granted");
    lead["data"]["values"] = json!([
        {"field": "email", "label": "Mail", "value": "both@example.org", "purposes": ["answer", "news"]},
        {"field": "birthday", "label": "Birthday", "value": "1990-01-01", "purposes": ["news"]}
    ]);
    let withdrawal = |reference: &str| {
        json!({"id": "w", "type": "consent.withdrawn", "timestamp": "2026-11-24T08:00:00Z", "data": {
            "reference": reference, "subject": "s",
            "decisions": [{"purpose": "news", "decision": "withdrawn", "decided_at": "2026-11-24T08:00:00Z"}]}})
        .to_string()
    };
    assert_eq!(post_event(&running, SECRET, "e1", now(), &lead.to_string()).await, 200);
    assert_eq!(post_event(&running, SECRET, "w1", now(), &withdrawal("K7QD-93XF")).await, 200);
    assert_eq!(post_event(&running, SECRET, "w2", now(), &withdrawal("M3XP-77TA")).await, 200);
    let html = page(&running, "/").await;
    assert!(html.contains("<h1>1 lead</h1>") && html.contains("taken back 2026-11-24T08:00:00Z"), "{html}");
    let seen = html.split("<details").next().unwrap();
    assert!(
        seen.contains("both@example.org") && seen.contains("for answer<") && !seen.contains("1990-01-01"),
        "{html}"
    );
    assert!(html.contains("M3XP-77TA") && html.contains("its lead is not here any more"));
}

#[tokio::test]
async fn a_person_who_is_forgotten_goes_with_everything_that_was_told_of_them() {
    let running = receiver().await;
    let erased = json!({"id": "p", "type": "person.erased", "timestamp": "2026-11-24T08:00:00Z",
                        "data": {"reference": "K7QD-93XF", "subject": "s", "form": "contact"}});
    assert_eq!(post_event(&running, SECRET, "e1", now(), &event()).await, 200);
    assert_eq!(post_event(&running, SECRET, "p1", now(), &erased.to_string()).await, 200);
    let html = page(&running, "/").await;
    assert!(html.contains("<h1>0 leads</h1>") && html.contains("the person was forgotten"), "{html}");
    assert!(!page(&running, "/events.json").await.contains("alert(1)"), "nothing that was entered is kept");
}

#[tokio::test]
async fn without_a_secret_it_does_not_start() {
    for secret in ["", " ", "hunter2!"] {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        assert!(start(&Settings { listen, secret: secret.to_owned() }).await.is_err(), "{secret:?}");
    }
}
