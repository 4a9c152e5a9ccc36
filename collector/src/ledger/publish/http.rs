//! `/ledger/…`: the ledger for whoever wants to check it (C2SP tlog-tiles).
//!
//! Each name that the log has had has a place of its own, so that what is kept for ever under one address is never another
//! thing there. Whoever asks at the place of a name of before is sent on to the present one.

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, Response, StatusCode, header},
    middleware::map_response,
    routing::get,
};
use unticked_shared::{merkle::tile::Tile, submission::ProblemType};

use super::{
    bytes_of,
    page::{self, Named},
};
use crate::{
    ledger::{sql, verifier_of, witness},
    problem::Refusal,
    router::open_to_all,
    store::values::{rfc3339, time},
    wiring::App,
};

/// Tiles never change: a year, and never asked for again.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The specification asks for a few seconds at most.
const SECONDS: &str = "public, max-age=5";
const MINUTE: &str = "public, max-age=60";

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// The routes; anyone may read them, from any page.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/ledger", get(show))
        .route("/ledger/", get(show))
        .route("/ledger/{*path}", get(serve))
        // Refusals, too: a page elsewhere must be able to read that there is no such tile.
        .route_layer(map_response(async |mut response: Response<Body>| {
            open_to_all(response.headers_mut());
            response
        }))
}

/// What lies below the place of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The key that checks its heads.
    Key,
    /// The last published head.
    Checkpoint,
    /// A tile, or a bundle of entries.
    Tile(Tile),
    /// Every name that the log has had.
    Origins,
}

impl Asked {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "key" => Some(Self::Key),
            "checkpoint" => Some(Self::Checkpoint),
            "origins" => Some(Self::Origins),
            tile => Tile::parse(tile).map(Self::Tile),
        }
    }
}

/// What a path behind `/ledger/` asks for, and at which place.
fn parse(path: &str) -> Option<(&str, Asked)> {
    if let Some(asked) = Asked::parse(path) {
        return Some(("", asked));
    }
    let (place, rest) = path.split_once('/').filter(|(place, _)| !place.is_empty())?;
    Some((place, Asked::parse(rest)?))
}

/// Where a log of this name is served: `/ledger`, or `/ledger/20261123T150405Z`.
pub(super) fn place(origin: &str) -> &str {
    origin.find('/').map_or("", |path| &origin[path..])
}

async fn show(State(app): State<App>) -> Result<Response<Body>, Refusal> {
    let published = app.publisher.newest().await?;
    let host = host(app.ledger.origin());
    let html = page::html(host, &names(&app).await?, published.as_ref());
    Ok(answer(html, HTML, MINUTE))
}

async fn serve(State(app): State<App>, Path(path): Path<String>) -> Result<Response<Body>, Refusal> {
    let (begun, asked) = parse(&path).ok_or(ProblemType::NotFound)?;
    let present = app.ledger.origin();
    match asked {
        Asked::Origins if begun.is_empty() => return Ok(answer(page::json(&names(&app).await?), JSON, MINUTE)),
        Asked::Origins => return Err(ProblemType::NotFound.into()),
        // At the place that everybody knows: the key of today.
        Asked::Key if begun.is_empty() => return Ok(answer(key(&app, present)?, TEXT, MINUTE)),
        _ => {}
    }
    let asked_at = if begun.is_empty() { "/ledger".to_owned() } else { format!("/ledger/{begun}") };
    if asked_at != place(present) {
        let origins = sql::origins(&mut app.store.read().await?).await?;
        let former = origins.into_iter().find(|one| place(&one.origin) == asked_at).ok_or(ProblemType::NotFound)?;
        return match asked {
            // It still checks what was signed under that name.
            Asked::Key => Ok(answer(key(&app, &former.origin)?, TEXT, MINUTE)),
            Asked::Checkpoint => Ok(moved(&format!("{}/checkpoint", place(present)))),
            Asked::Tile(tile) => Ok(moved(&format!("{}/{tile}", place(present)))),
            Asked::Origins => Err(ProblemType::NotFound.into()),
        };
    }
    let _reader = app.publisher.readers.acquire().await.map_err(|_| ProblemType::Unavailable)?;
    let published = app.publisher.newest().await?.ok_or(ProblemType::NotFound)?;
    match asked {
        Asked::Tile(tile) => {
            let size = sql::number(published.size)?;
            let bytes = bytes_of(&mut app.store.read().await?, &tile, size).await?;
            Ok(answer(bytes.ok_or(ProblemType::NotFound)?, BYTES, FOR_EVER))
        }
        Asked::Checkpoint => {
            let note = witness::cosigned(&mut app.store.read().await?, &published).await?;
            Ok(answer(note, TEXT, SECONDS))
        }
        Asked::Key | Asked::Origins => Ok(answer(key(&app, present)?, TEXT, MINUTE)),
    }
}

/// The key of a name, in a line.
fn key(app: &App, origin: &str) -> Result<String, Refusal> {
    let key = verifier_of(&app.vault, origin).ok_or(ProblemType::Internal)?;
    Ok(format!("{key}\n"))
}

async fn names(app: &App) -> Result<Vec<Named>, Refusal> {
    let origins = sql::origins(&mut app.store.read().await?).await?;
    let named = origins.into_iter().map(|one| {
        let key = verifier_of(&app.vault, &one.origin).map(|key| key.to_string()).unwrap_or_default();
        Named {
            place: place(&one.origin).to_owned(),
            key,
            began_at: time(one.began_at).map(rfc3339).unwrap_or_default(),
            began_at_size: one.began_at_size,
            reason: one.reason,
            previous: one.previous,
            origin: one.origin,
        }
    });
    Ok(named.collect())
}

fn host(origin: &str) -> &str {
    origin.split('/').next().unwrap_or(origin)
}

fn answer(body: impl Into<Body>, kind: &'static str, cache: &'static str) -> Response<Body> {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Not for ever: the present name has one after it, perhaps.
fn moved(to: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_what_is_asked_for_and_at_which_place() {
        let tile = |path| Asked::Tile(Tile::parse(path).unwrap());
        assert_eq!(parse("checkpoint"), Some(("", Asked::Checkpoint)));
        assert_eq!(parse("tile/0/x001/234.p/5"), Some(("", tile("tile/0/x001/234.p/5"))));
        assert_eq!(parse("tile/entries/000"), Some(("", tile("tile/entries/000"))));
        assert_eq!(parse("20261123T150405Z/checkpoint"), Some(("20261123T150405Z", Asked::Checkpoint)));
        assert_eq!(parse("20261123T150405Z/tile/1/000"), Some(("20261123T150405Z", tile("tile/1/000"))));
        for path in [
            "",
            "x",
            "tile",
            "tile/0/0",
            "tile/64/000",
            "tile/0/000.p/256",
            "a/b/checkpoint",
            "checkpoint/",
            "/checkpoint",
            "/",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_log_is_served_where_its_name_says() {
        assert_eq!(place("forms.example/ledger"), "/ledger");
        assert_eq!(place("forms.example:8443/ledger/20261123T150405Z"), "/ledger/20261123T150405Z");
        assert_eq!(host("forms.example/ledger"), "forms.example");
    }
}
