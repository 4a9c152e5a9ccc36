//! `GET placement`, `POST tickets`, and the archived versions.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, Response, header},
    response::IntoResponse,
    routing::{get, post},
};
use unticked_shared::{
    id::Language,
    placement::Placement,
    submission::{ProblemType, TicketAnswer, TicketRequest},
};

use super::{language, tickets::Shown};
use crate::{
    assets::Assets,
    forms::Version,
    gate,
    precompressed::{Effort, Precompressed},
    problem::Refusal,
    router::{allowed_origin, open_to_all},
    wiring::App,
};

/// A changed form reaches every page within a minute; until then no visitor waits for an answer.
const PLACEMENT_CACHE: &str = "public, max-age=60, must-revalidate";
/// A version never changes.
const ARCHIVE_CACHE: &str = "public, max-age=31536000, immutable";

/// Query parameters, whatever they are: a page's address may carry anything.
pub(crate) type Parameters = Query<Vec<(String, String)>>;

/// The routes under `/v1/forms`; CORS and rate limits are the router's.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/forms/{form}/placement", get(placement)).route("/v1/forms/{form}/tickets", post(ticket))
}

/// The archive's route; anyone may read what was shown to anyone.
pub(crate) fn archive_routes() -> Router<App> {
    Router::new().route("/v1/versions/{digest}", get(version))
}

/// Placements by version and language, made when first asked for. They differ between neither visitors nor sites.
#[derive(Default)]
pub struct Rendered(Mutex<BTreeMap<(String, Language), Arc<Precompressed>>>);

/// Current versions and those just replaced; beyond that the memory starts anew.
const MOST_RENDERED: usize = 256;

impl Rendered {
    fn placement(&self, version: &Version, language: &Language, stylesheet: &str) -> Arc<Precompressed> {
        let key = (version.digest.clone(), language.clone());
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        // Not under the lock: compressing takes milliseconds. Two who come at once do the same work twice, at worst.
        let (_, face) = version.face(Some(language));
        let placement = Placement {
            version: version.digest.clone(),
            build: Assets::build().to_owned(),
            stylesheet: stylesheet.to_owned(),
            html: face.html.clone(),
            content: face.content.clone(),
            agreed: gate::all_agreed(version),
        };
        let body = serde_json::to_vec(&placement).expect("a placement is plain text");
        let body = Arc::new(Precompressed::new(body, "application/json", Effort::Quick));
        let mut rendered = lock();
        if rendered.len() >= MOST_RENDERED {
            rendered.clear();
        }
        rendered.insert(key, body.clone());
        body
    }
}

async fn placement(
    State(app): State<App>,
    Path(form): Path<String>,
    Query(parameters): Parameters,
    request: HeaderMap,
) -> Result<Response<Body>, Refusal> {
    let version = app.forms.current(&form).ok_or(ProblemType::NotFound)?;
    let language = language::choose(&version, parameter(&parameters, "lang"), accept_language(&request));
    let body = app.rendered.placement(&version, language, app.assets.stylesheet_of(&version));
    let mut response = body.respond(&request, PLACEMENT_CACHE);
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

async fn ticket(
    State(app): State<App>,
    Path(form): Path<String>,
    request: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let current = app.forms.current(&form).ok_or(ProblemType::NotFound)?;
    let origin = origin(&request).filter(|origin| allowed_origin(&app, &current, origin));
    let origin = origin.ok_or(ProblemType::OriginNotAllowed)?.to_owned();
    let asked: TicketRequest = serde_json::from_slice(&body).map_err(|_| {
        Refusal::new(ProblemType::Malformed)
            .detail("the body must be {\"version\": …, \"language\": …} and nothing else")
    })?;
    // An unknown version is one that this collector never showed; like a withdrawn one, it must be fetched again.
    let version = app
        .forms
        .version(&asked.version)
        .await?
        .filter(|version| version.form == current.form && !version.withdrawn)
        .ok_or(ProblemType::DefinitionChanged)?;
    if !version.faces.contains_key(&asked.language) {
        return Err(Refusal::new(ProblemType::Malformed).detail("the version was never shown in that language"));
    }
    let shown = Shown { form: version.form.clone(), version: asked.version, language: asked.language, origin };
    let ticket = app.tickets.mint(shown, app.clock.now(), &app.random);
    app.metrics.ticket();
    Ok(([(header::CACHE_CONTROL, "no-store")], Json::<TicketAnswer>(ticket.answer())))
}

async fn version(State(app): State<App>, Path(digest): Path<String>) -> Result<Response<Body>, Refusal> {
    let bundle = app.forms.bundle(&digest).await?.ok_or(ProblemType::NotFound)?;
    let mut response = Response::new(Body::from(Bytes::from_owner(bundle)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(ARCHIVE_CACHE));
    let tag = HeaderValue::from_str(&format!("W/\"{digest}\"")).expect("a digest is hexadecimal");
    headers.insert(header::ETAG, tag);
    open_to_all(headers);
    Ok(response)
}

/// The value of a query parameter; the first where it stands twice.
pub(crate) fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

pub(crate) fn accept_language(request: &HeaderMap) -> Option<&str> {
    request.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

/// The page's origin, as the browser says it; a script cannot forge it.
pub(super) fn origin(request: &HeaderMap) -> Option<&str> {
    request.get(header::ORIGIN).and_then(|value| value.to_str().ok())
}
