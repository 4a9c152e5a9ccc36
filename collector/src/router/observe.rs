//! What a request leaves in the log and the metrics: route, status, time. No address, no query, no body.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;
use unticked_shared::signature::hex;

use crate::wiring::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id (a visitor's own is not taken: it would be their text in our log), measures and logs it.
pub(super) async fn record(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = hex(&app.random.bytes::<8>());
    let value = HeaderValue::from_str(&id).expect("hexadecimal fits into a header");
    request.headers_mut().insert(REQUEST_ID, value.clone());
    // The pattern, not the path: a path can hold anything.
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let span = tracing::info_span!("request", id, method, route);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    app.metrics.request(&route, method, status, took);
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        if response.status().is_server_error() {
            tracing::warn!(status, milliseconds, "answered with an error");
        } else {
            tracing::debug!(status, milliseconds, "answered");
        }
    });
    response.headers_mut().insert(REQUEST_ID, value);
    response
}

/// The method as a label; a made-up one counts as `other`.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
