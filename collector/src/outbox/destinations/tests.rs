//! The webhook against receivers on real sockets.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
    routing::post,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use unticked_shared::{definition::destination::Unconfirmed, id::DestinationId};

use super::{
    guard::{Guard, Lookup},
    *,
};

const OLD: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const NEW: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

async fn receiver(app: Router) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

fn network(allowed: &[&str]) -> Network {
    let allowed: Vec<_> = allowed.iter().map(|&host| host.to_owned()).collect();
    Network::new(Guard::new(&allowed)).unwrap()
}

fn resolving(allowed: &[&str], addresses: &[&str], asked: &Arc<AtomicUsize>) -> Network {
    let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    let asked = Arc::clone(asked);
    let lookup: Lookup = Arc::new(move |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    });
    let allowed: Vec<_> = allowed.iter().map(|&host| host.to_owned()).collect();
    Network::new(Guard::with_lookup(&allowed, lookup)).unwrap()
}

fn target(url: &str, secret: &str) -> Target {
    let destination = Destination {
        id: DestinationId::parse("crm").unwrap(),
        kind: DestinationKind::Webhook,
        url: url.to_owned(),
        secret: "crm".to_owned(),
        purposes: Vec::new(),
        unconfirmed: Unconfirmed::Report,
    };
    Target::new(&destination, |_| Some(secret)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the referee compares with its own clock")]
fn parcel() -> Parcel {
    let sent_at = jiff::Timestamp::now().as_second();
    Parcel { event: "019a0000-0000-7000-8000-000000000002".to_owned(), sent_at, body: br#"{"a":"\u00e9"}"#.to_vec() }
}

async fn post_to(network: &Network, url: &str) -> Outcome {
    network.deliver(&target(url, OLD), &parcel()).await
}

fn reason(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Unreachable(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_published_library_accepts_what_arrives_by_the_old_secret_and_by_the_new() {
    let got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
    let kept = Arc::clone(&got);
    let app = Router::new().route(
        "/hook",
        post(async move |headers: HeaderMap, body: Bytes| {
            kept.lock().unwrap().push((headers, body));
            StatusCode::NO_CONTENT
        }),
    );
    let url = format!("http://{}/hook", receiver(app).await);
    let target = target(&url, &format!("{NEW} {OLD}"));
    let parcel = parcel();
    let outcome = network(&["127.0.0.1"]).deliver(&target, &parcel).await;
    assert_eq!(outcome, Outcome::Answered { status: 204, retry_after: None });

    let (headers, body) = got.lock().unwrap().remove(0);
    assert_eq!(body, parcel.body);
    assert_eq!(headers["webhook-id"], parcel.event.as_str());
    assert_eq!(headers["content-type"], "application/json");
    for secret in [OLD, NEW] {
        let referee = standardwebhooks::Webhook::new(secret).unwrap();
        referee.verify(&body, &headers).unwrap();
        assert!(referee.verify(b"{}", &headers).is_err());
    }
}

#[tokio::test]
async fn retry_after_is_read_in_seconds_and_otherwise_left() {
    let answer = |value: &'static str| async move {
        let app = Router::new()
            .route("/", post(async move || (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", value)], "later")));
        post_to(&network(&["127.0.0.1"]), &format!("http://{}/", receiver(app).await)).await
    };
    assert_eq!(answer("120").await, Outcome::Answered { status: 503, retry_after: Some(120) });
    assert_eq!(answer("Wed, 21 Oct 2026 07:28:00 GMT").await, Outcome::Answered { status: 503, retry_after: None });
    assert_eq!(answer("-1").await, Outcome::Answered { status: 503, retry_after: None });
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inside = Arc::new(AtomicUsize::new(0));
    let hits = Arc::clone(&inside);
    let secret = receiver(Router::new().fallback(async move || {
        hits.fetch_add(1, Ordering::SeqCst);
    }))
    .await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("http://127.0.0.1:{}/admin", secret.port());
        let app = Router::new().route(
            "/",
            post(async move || (StatusCode::from_u16(status).unwrap(), [("location", to)]).into_response()),
        );
        let outcome = post_to(&network(&["127.0.0.1"]), &format!("http://{}/", receiver(app).await)).await;
        assert_eq!(outcome, Outcome::Answered { status, retry_after: None });
    }
    let app = Router::new().route("/", post(async || Redirect::permanent("/elsewhere")));
    post_to(&network(&["127.0.0.1"]), &format!("http://{}/", receiver(app).await)).await;
    assert_eq!(inside.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_receiver_that_hangs_is_left_after_the_timeout() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    // Connected by the kernel, never answered.
    let hasty = network(&["127.0.0.1"]).with_timeout(Duration::from_millis(200));
    let outcome = post_to(&hasty, &format!("http://{address}/hook?token=hunter2")).await;
    assert_eq!(reason(&outcome), "no answer within 0.2 s");
    drop(listener);
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_is_cut_off_and_one_without_end_too() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = peer.read(&mut request).await.unwrap();
        peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n").await.unwrap();
        while peer.write_all(&[b'x'; 8192]).await.is_ok() {
            counter.fetch_add(8192, Ordering::SeqCst);
        }
    });
    let outcome = post_to(&network(&["127.0.0.1"]), &format!("http://{address}/")).await;
    assert_eq!(outcome, Outcome::Answered { status: 200, retry_after: None });

    let app = Router::new().route("/", post(async || Body::from(vec![b'x'; 10 << 20])));
    let outcome = post_to(&network(&["127.0.0.1"]), &format!("http://{}/", receiver(app).await)).await;
    assert_eq!(outcome, Outcome::Answered { status: 200, retry_after: None });
    // What the kernel's buffers take, and no more.
    assert!(sent.load(Ordering::SeqCst) < 64 << 20, "{}", sent.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_body_that_drips_does_not_hold_the_place() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = peer.read(&mut request).await.unwrap();
        peer.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\nx").await.unwrap();
        std::future::pending::<()>().await;
    });
    let began = std::time::Instant::now();
    let outcome = post_to(&network(&["127.0.0.1"]), &format!("http://{address}/")).await;
    assert_eq!(outcome, Outcome::Answered { status: 202, retry_after: None });
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn nobody_listening_is_said_without_the_address() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let outcome = post_to(&network(&["127.0.0.1"]), &format!("http://{closed}/hook?token=hunter2")).await;
    assert!(reason(&outcome).starts_with("no connection: "), "{outcome:?}");
    assert!(!format!("{outcome:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_broken_answer_is_said_without_the_address() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = peer.read(&mut request).await.unwrap();
        peer.write_all(b"HTTP/1.1 banana\r\n\r\n").await.unwrap();
    });
    let outcome = post_to(&network(&["127.0.0.1"]), &format!("http://{address}/hook?token=hunter2")).await;
    assert!(!reason(&outcome).contains("hunter2"), "{outcome:?}");
}

#[tokio::test]
async fn a_name_with_a_private_address_is_refused_before_anything_is_sent() {
    let hits = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hits);
    let address = receiver(Router::new().fallback(async move || {
        count.fetch_add(1, Ordering::SeqCst);
    }))
    .await;
    let asked = Arc::new(AtomicUsize::new(0));
    for addresses in [&["127.0.0.1"][..], &["93.184.216.34", "127.0.0.1"], &["::ffff:127.0.0.1"], &["fd00::1"]] {
        let network = resolving(&[], addresses, &asked);
        let outcome = post_to(&network, &format!("https://crm.example:{}/", address.port())).await;
        assert!(reason(&outcome).contains("no address on the public internet"), "{outcome:?}");
        assert!(reason(&outcome).contains("outbox.allow_hosts"), "{outcome:?}");
    }
    assert_eq!((asked.load(Ordering::SeqCst), hits.load(Ordering::SeqCst)), (4, 0));
    assert_eq!(
        reason(&post_to(&resolving(&[], &[], &asked), "https://crm.example/").await),
        "crm.example has no address"
    );
    assert!(reason(&post_to(&network(&[]), &format!("http://{address}/")).await).contains("use https"));
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_judged_and_the_name_is_asked_once() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&seen);
    let app = Router::new().fallback(async move |headers: HeaderMap| {
        kept.lock().unwrap().push(headers["host"].to_str().unwrap().to_owned());
    });
    let port = receiver(app).await.port();
    let asked = Arc::new(AtomicUsize::new(0));
    let network = resolving(&["crm.internal"], &["127.0.0.1"], &asked);
    let outcome = post_to(&network, &format!("http://crm.internal:{port}/")).await;
    assert_eq!(outcome, Outcome::Answered { status: 200, retry_after: None });
    assert_eq!(*seen.lock().unwrap(), [format!("crm.internal:{port}")]);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_target_needs_a_secret_that_can_be_read() {
    let destination = |secret: &str| {
        let destination = Destination {
            id: DestinationId::parse("crm").unwrap(),
            kind: DestinationKind::Webhook,
            url: "https://crm.example".to_owned(),
            secret: "crm".to_owned(),
            purposes: Vec::new(),
            unconfirmed: Unconfirmed::Report,
        };
        Target::new(&destination, |_| Some(secret))
    };
    let keys = |secret: &str| match destination(secret).unwrap().speech {
        Speech::Webhook(keys) => keys.len(),
        Speech::Vtiger(_) => panic!("it is a webhook"),
    };
    assert_eq!(keys(&format!("{OLD}\n")), 1);
    assert_eq!(keys(&format!("{NEW} {OLD}")), 2);
    for bad in ["", "  ", "hunter2", "whsec_", &format!("{OLD} hunter2")] {
        assert!(destination(bad).is_err(), "{bad}");
    }
    let shown = format!("{:?}", destination(OLD).unwrap());
    assert!(!shown.contains("AQEB") && !shown.contains("crm.example"), "{shown}");
}

#[tokio::test]
async fn a_webhook_that_is_tried_out_gets_a_signed_event_that_is_no_lead() {
    let got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
    let kept = Arc::clone(&got);
    let app = Router::new().route(
        "/hook",
        post(async move |headers: HeaderMap, body: Bytes| {
            kept.lock().unwrap().push((headers, body));
            StatusCode::NO_CONTENT
        }),
    );
    let url = format!("http://{}/hook", receiver(app).await);
    let now = crate::world::Clock::system().now();
    let random = crate::world::Random::system();
    let steps = trial::try_out(&network(&["127.0.0.1"]), &target(&url, OLD), false, now, &random).await;
    assert_eq!(steps.iter().map(|step| step.came.clone()).collect::<Vec<_>>(), [Ok(())]);
    let (headers, body) = got.lock().unwrap().remove(0);
    standardwebhooks::Webhook::new(OLD).unwrap().verify(&body, &headers).unwrap();
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (event["type"].as_str(), &event["id"]),
        (Some("unticked.test"), &headers["webhook-id"].to_str().unwrap().into())
    );
    let closed = trial::try_out(&network(&[]), &target(&url, OLD), false, now, &random).await;
    assert!(closed[0].came.as_ref().unwrap_err().contains("use https"), "{closed:?}");
}
