//! The sample shop and the example pages, on an origin of their own.

use std::path::Path;

use anyhow::{Context, Result};

use super::ground::Ground;
use crate::{
    house,
    serve::{self, Answer, Request, Server},
};

/// Stands in the pages for the collector's origin.
const COLLECTOR: &str = "{{collector}}";
/// Stands in the pages for the origin of what they would load from others.
const ELSEWHERE: &str = "{{elsewhere}}";

/// Serves the shop at `/` and the examples under `/examples/`.
pub fn serve(ground: &Ground) -> Result<Server> {
    let collector = ground.collector_origin();
    let elsewhere = format!("http://{}", ground.elsewhere);
    let examples = house::root().join("examples");
    let port = ground.shop.port();
    serve::serve(port, move |request| answer(&examples, &collector, &elsewhere, request))
        .with_context(|| format!("cannot serve the shop on port {port}"))
}

fn answer(examples: &Path, collector: &str, elsewhere: &str, request: &Request) -> Answer {
    let module = request.path().starts_with("/npm/");
    let folder = if module || request.path().starts_with("/examples/") {
        // `/npm/index.js` is what a page imports; `/examples/spa/` is the folder `examples/spa`; of `examples` itself only
        // pages are shown.
        examples.parent().unwrap_or(examples).to_path_buf()
    } else {
        examples.join("shop/site")
    };
    let example = request.path().strip_prefix("/examples/").unwrap_or_default();
    if !matches!(example.split('/').next(), Some("" | "plain-html" | "csp-strict" | "spa" | "adopt" | "gate")) {
        return Answer::not_found();
    }
    let answer = fill(serve::from_folder(&folder, request), collector, elsewhere);
    if example.starts_with("csp-strict/") {
        return answer.with("content-security-policy", &strict_policy(collector));
    }
    answer
}

/// Puts the origins into pages and scripts.
fn fill(answer: Answer, collector: &str, elsewhere: &str) -> Answer {
    match answer {
        Answer::Full { status, headers, body } => {
            let body = match String::from_utf8(body) {
                Ok(text) => text.replace(COLLECTOR, collector).replace(ELSEWHERE, elsewhere).into_bytes(),
                Err(binary) => binary.into_bytes(),
            };
            Answer::Full { status, headers, body }
        }
        other => other,
    }
}

/// The whole policy that an owner needs, as the README gives it.
pub fn strict_policy(collector: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' {collector} 'wasm-unsafe-eval'; connect-src {collector}; \
         style-src 'self'; img-src 'self'; form-action {collector}; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types unticked"
    )
}
