//! A stand-in CRM, to read and to copy from.
//!
//! It does what every receiver should: verifies the signature over the exact bytes before it looks at
//! them (with the published `standardwebhooks` crate, not with our code), refuses what is forged or
//! older than five minutes, and keeps an event once, however often it is delivered. It trusts nothing
//! else of ours: events are read as plain JSON.

mod inbox;
mod page;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use standardwebhooks::Webhook;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use inbox::{Contents, Entry, Inbox, Refused};

/// Bytes of an event; ours are a few thousand.
const BODY_LIMIT: usize = 256 * 1024;

/// What a receiver needs to know.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The secret shared with the collector, `whsec_…`; two, separated by white space, while it is rotated.
    pub secret: String,
}

struct Desk {
    webhooks: Vec<Webhook>,
    inbox: Inbox,
}

/// A receiver at work.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    desk: Arc<Desk>,
    stop: oneshot::Sender<()>,
    life: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// The address for `destinations.toml`.
    pub fn hook(&self) -> String {
        format!("http://{}/webhook", self.address)
    }

    /// What it got and what it refused.
    pub fn inbox(&self) -> &Inbox {
        &self.desk.inbox
    }

    /// Lets what is under way end.
    pub async fn stop(self) -> anyhow::Result<()> {
        let _ = self.stop.send(());
        Ok(self.life.await??)
    }
}

/// Starts a receiver.
pub async fn start(settings: &Settings) -> anyhow::Result<Running> {
    let webhooks: Vec<Webhook> =
        settings.secret.split_whitespace().map(Webhook::new).collect::<Result<_, _>>().map_err(|error| {
            anyhow::anyhow!("the secret cannot be read ({error}); it is `whsec_` and base64 of 24 to 64 bytes")
        })?;
    anyhow::ensure!(!webhooks.is_empty(), "a secret is needed: without one, anybody could send events");
    let desk = Arc::new(Desk { webhooks, inbox: Inbox::default() });
    let listener = TcpListener::bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let app = router(Arc::clone(&desk));
    let life = tokio::spawn(async move {
        axum::serve(listener, app)
            .with_graceful_shutdown(async {
                let _ = stopped.await;
            })
            .await
    });
    Ok(Running { address, desk, stop, life })
}

fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/webhook", post(receive).layer(DefaultBodyLimit::max(BODY_LIMIT)))
        .route("/", get(async |State(desk): State<Arc<Desk>>| guarded(Html(page::whole(&desk.inbox.look())))))
        .route("/part", get(async |State(desk): State<Arc<Desk>>| guarded(Html(page::part(&desk.inbox.look())))))
        .route("/events.json", get(async |State(desk): State<Arc<Desk>>| guarded(Json(desk.inbox.to_json()))))
        .route("/page.css", get(async || file("text/css; charset=utf-8", include_str!("page.css"))))
        .route("/page.js", get(async || file("text/javascript; charset=utf-8", include_str!("page.js"))))
        .with_state(desk)
}

/// 200 when the event is kept, or was before: the sender may forget it. 401 when it is not genuine. 400 when it is, and
/// no event.
async fn receive(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut why = String::new();
    let genuine = desk.webhooks.iter().any(|webhook| match webhook.verify(&body, &headers) {
        Ok(()) => true,
        Err(error) => {
            why = error.to_string();
            false
        }
    });
    if !genuine {
        desk.inbox.refuse(why.clone());
        return (StatusCode::UNAUTHORIZED, why).into_response();
    }
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let Ok(event) = serde_json::from_slice::<serde_json::Value>(&body) else {
        desk.inbox.refuse("signed, but no JSON".to_owned());
        return (StatusCode::BAD_REQUEST, "no JSON").into_response();
    };
    desk.inbox.keep(id, event);
    StatusCode::OK.into_response()
}

/// Personal data: not for caches, and not for scripts or frames of others.
fn guarded(answer: impl IntoResponse) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, answer).into_response()
}

fn file(media_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

#[cfg(test)]
mod tests;
