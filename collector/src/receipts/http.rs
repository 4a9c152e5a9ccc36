//! `/receipt`: a page that checks a file in the browser. GET and HEAD show it; nothing is ever sent here.

use axum::{
    Router,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, Response, header},
    routing::get,
};
use unticked_shared::texts::receipt::Says;
use unticked_widget::{ReceiptPage, render_receipt};

use crate::{
    placements::{
        http::{Parameters, accept_language, parameter},
        language,
    },
    wiring::App,
};

/// What this page needs: its script and Wasm from here, and nothing that would carry a file away. `connect-src` lets the
/// Wasm come; no form posts anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; \
                      img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/receipt", get(show))
}

async fn show(State(app): State<App>, Query(parameters): Parameters, request: HeaderMap) -> Response<Body> {
    let language = language::of_product(parameter(&parameters, "lang"), accept_language(&request));
    let words: Vec<&str> = Says::ALL.iter().map(|word| word.text(&language)).collect();
    let (files, personal) = (app.assets.receipt(), app.assets.personal());
    let page = ReceiptPage {
        key: &app.ledger.verifier().to_string(),
        words: serde_json::to_string(&words).unwrap_or_default(),
        stylesheets: vec![app.assets.stylesheet_path(), &personal.stylesheet, &files.stylesheet],
        script: &files.script,
        glue: &files.glue,
        wasm: &files.wasm,
    };
    let mut response = Response::new(Body::from(render_receipt(&language, &page)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    response
}
