//! CORS by the form's own sites: a page elsewhere can neither read a placement nor send anything.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header, request::Parts};
use tower_http::cors::{AllowOrigin, CorsLayer};
use unticked_shared::signature::SUBMISSION_HEADERS;

use crate::{forms::Version, wiring::App};

/// Whether `origin` (as a browser writes it) may carry the form: one of its sites, or the collector's own pages.
pub(crate) fn allowed_origin(app: &App, version: &Version, origin: &str) -> bool {
    origin == app.settings.server.public_url || version.definition.sites.iter().any(|site| site == origin)
}

/// The layer for `/v1/forms/{form}/…`; it answers preflights, too.
pub(super) fn layer(app: App) -> CorsLayer {
    let allowed = move |origin: &HeaderValue, request: &Parts| {
        let form = request.uri.path().strip_prefix("/v1/forms/").and_then(|rest| rest.split('/').next());
        let version = form.and_then(|form| app.forms.current(form));
        match (version, origin.to_str()) {
            (Some(version), Ok(origin)) => allowed_origin(&app, &version, origin),
            _ => false,
        }
    };
    let mut headers = vec![header::CONTENT_TYPE];
    headers.extend(SUBMISSION_HEADERS.map(HeaderName::from_static));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(headers)
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_hours(24))
}
