//! The route table, and what every request passes through on its way to a room.
//!
//! From the outside in: an id and a line in the log, security headers, a panic caught, plain refusals made problems,
//! compression, the body read within its limit and time, the client's address, a time limit for the rest. CORS and rate
//! limits belong to the forms' routes alone.

pub mod arrival;
mod body;
mod client;
mod cors;
mod headers;
mod limits;
mod listener;
mod observe;
mod probe;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    middleware::{from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer};
use unticked_shared::submission::ProblemType;

pub(crate) use self::{body::TooLarge, cors::allowed_origin, headers::open_to_all, listener::impatient};
pub use self::{
    client::{Chain, Client},
    limits::RateLimits,
};
use crate::{
    assets, documents, engagements, gate, ledger, metrics, placements, preferences, problem, problem::Refusal,
    receipts, submissions, tracking, wiring::App,
};

/// Everything the collector answers.
pub fn router(app: App) -> Router {
    let forms = placements::http::routes()
        .merge(submissions::http::routes())
        .route_layer(from_fn_with_state(app.clone(), limits::enforce))
        // Here already: set later it would stand outside the layer that answers preflights.
        .method_not_allowed_fallback(wrong_method)
        .layer(cors::layer(app.clone()));
    Router::new()
        .merge(forms)
        .merge(assets::routes())
        .merge(documents::http::routes())
        .merge(engagements::http::routes())
        .merge(gate::http::routes())
        .merge(ledger::publish::http::routes())
        .merge(placements::http::archive_routes())
        .merge(placements::pages::routes())
        .merge(preferences::http::routes())
        .merge(receipts::http::routes())
        .merge(tracking::http::routes())
        .route("/healthz", get(probe::healthy))
        .route("/readyz", get(ready))
        .route("/metrics", get(measured))
        .fallback(async || Refusal::new(ProblemType::NotFound))
        .method_not_allowed_fallback(wrong_method)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, app.settings.server.timeout))
        .layer(from_fn_with_state(app.clone(), client::identify))
        .layer(from_fn_with_state(app.clone(), body::bounded))
        .layer(CompressionLayer::new())
        .layer(map_response(async |response: Response| problem::translate(response)))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn_with_state(app.clone(), observe::record))
        .with_state(app)
}

async fn wrong_method() -> Refusal {
    Refusal::new(ProblemType::MethodNotAllowed)
}

/// The process can do its work: definitions are loaded, the database answers, the writer is there.
async fn ready(State(app): State<App>) -> Response {
    let missing = app.not_ready().await;
    if missing.is_empty() {
        "ready\n".into_response()
    } else {
        Refusal::new(ProblemType::Unavailable).detail(&missing.join(", ")).into_response()
    }
}

async fn measured(State(app): State<App>) -> Response {
    app.count_deliveries().await;
    app.count_ledger();
    ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], app.metrics.text()).into_response()
}
