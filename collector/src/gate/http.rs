//! `GET /gate.js`, `GET /consent.js`, `GET /.well-known/gpc.json`.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Response, header},
    response::IntoResponse,
    routing::get,
};
use unticked_shared::{definition::banner, submission::ProblemType};

use crate::{assets::LOADER_CACHE, problem::Refusal, router::open_to_all, wiring::App};

/// What this collector says of Global Privacy Control (the specification's section 4): it abides by the signal. The day is the
/// one on which that was last changed.
const GPC: &str = "{\"gpc\":true,\"lastUpdate\":\"2026-11-24\"}\n";

/// The routes of this room.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/gate.js", get(gate))
        .route("/consent.js", get(consent))
        .route("/.well-known/gpc.json", get(global_privacy_control))
}

async fn gate(State(app): State<App>, request: HeaderMap) -> Response<Body> {
    let version = app.forms.current(banner::ID);
    let script = version.and_then(|version| app.gates.of(&app.settings.server.public_url, &version));
    let mut response = match script {
        Some(script) => script.respond(&request, LOADER_CACHE),
        None => Refusal::new(ProblemType::NotFound)
            .detail("there is no banner.toml in the definitions, so that there is nothing to hold back for")
            .into_response(),
    };
    open_to_all(response.headers_mut());
    response
}

async fn consent(State(app): State<App>, request: HeaderMap) -> Response<Body> {
    let mut response = app.assets.consent().respond(&request, LOADER_CACHE);
    open_to_all(response.headers_mut());
    response
}

async fn global_privacy_control() -> Response<Body> {
    let mut response = Response::new(Body::from(GPC));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    open_to_all(headers);
    response
}
