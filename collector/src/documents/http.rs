//! `GET /d/FILE` and `GET /d/TOKEN/FILE`

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::{
    fs::File,
    io::{AsyncRead, ReadBuf},
};
use unticked_shared::submission::ProblemType;

use super::{Found, Name, NotServed, Opened};
use crate::{problem::Refusal, wiring::App};

/// A file is not kept waiting longer for its count.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// What could run something runs nothing, and has no origin of ours.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
                       base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A viewer of the browser's own shows it, which a stricter word would leave without its styles.
const SHOWN: &str = "base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/d/{*path}", get(serve))
}

async fn serve(
    State(app): State<App>,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response<Body>, Refusal> {
    let (opened, name) = understand(&app, &path).ok_or(ProblemType::NotFound)?;
    let documents = app.documents.clone();
    let asked = name.clone();
    let found = tokio::task::spawn_blocking(move || documents.find(&asked)).await.map_err(|_| ProblemType::Internal)?;
    let found = found.map_err(|error| {
        match &error {
            NotServed::Unreadable(_) => tracing::warn!(%error, "a document cannot be served"),
            NotServed::Closed | NotServed::Missing => {}
        }
        ProblemType::NotFound
    })?;
    if let Some(opened) = opened.filter(|_| is_a_view(&method, &headers)) {
        view(&app, opened, &name, &headers).await;
    }
    let unchanged = opened.is_none() && headers.get(header::IF_NONE_MATCH).is_some_and(|tags| names(tags, &found.tag));
    let body = if unchanged { Body::empty() } else { Body::new(Content::open(&found).await?) };
    Ok(answer(&found, opened.is_some(), unchanged, body))
}

/// The file, and whose link to it this is. A token of another file, or of nobody's making, is taken for a folder, which there
/// is not.
fn understand(app: &App, path: &str) -> Option<(Option<Opened>, Name)> {
    let personal = path.split_once('/').and_then(|(token, rest)| {
        let name = Name::parse(rest)?;
        Some((Some(app.documents.links().open(token, &name)?), name))
    });
    personal.or_else(|| Some((None, Name::parse(path)?)))
}

/// Whether somebody looks: not a scanner that asks for the headers, not a browser that fetches what may be looked at later, not
/// the second half of a file.
fn is_a_view(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| {
        let mut values = headers.get_all(name).iter();
        values
            .any(|value| value.as_bytes().to_ascii_lowercase().windows(word.len()).any(|part| part == word.as_bytes()))
    };
    let ahead = says("sec-purpose", "prefetch")
        || says("sec-purpose", "prerender")
        || says("purpose", "prefetch")
        || says("purpose", "preview")
        || says("x-purpose", "preview")
        || says("x-moz", "prefetch");
    let rest = headers.get(header::RANGE).is_some_and(|range| !range.as_bytes().starts_with(b"bytes=0-"));
    *method == Method::GET && !ahead && !rest
}

/// Counts it where it may be. The file is served whatever becomes of that.
async fn view(app: &App, opened: Opened, name: &Name, headers: &HeaderMap) {
    let now = app.clock.now();
    if !app.limits.take_view(opened.submission, now) {
        return;
    }
    let signalled = headers.get("sec-gpc").is_some_and(|value| value == "1");
    let counting = super::count(&app.store, &app.forms, opened, name, signalled, now);
    match tokio::time::timeout(PATIENCE, counting).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a view was not counted"),
        Err(_) => tracing::warn!("a view was not counted: the database takes too long"),
    }
}

fn names(tags: &HeaderValue, own: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.to_str().is_ok_and(|tags| tags.split(',').any(|tag| tag.trim() == "*" || strong(tag) == strong(own)))
}

fn answer(found: &Found, personal: bool, unchanged: bool, body: Body) -> Response<Body> {
    let mut response = body.into_response();
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::CACHE_CONTROL, if personal { "private, no-store" } else { "no-cache" });
    set(header::REFERRER_POLICY, "no-referrer");
    set(ROBOTS, "noindex");
    set(header::ACCEPT_RANGES, "none");
    // Images stand in mails that a page of somebody else's shows.
    set(CORP, "cross-origin");
    set(header::CONTENT_SECURITY_POLICY, if found.kind.active { SANDBOX } else { SHOWN });
    if !unchanged {
        set(header::CONTENT_TYPE, found.kind.media);
    }
    if found.kind.attachment {
        set(header::CONTENT_DISPOSITION, "attachment");
    }
    if !personal && let Ok(tag) = HeaderValue::from_str(&found.tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// A file on its way, a piece at a time.
struct Content {
    file: File,
    left: u64,
    piece: Vec<u8>,
}

impl Content {
    async fn open(found: &Found) -> Result<Self, Refusal> {
        let file = File::open(&found.path).await.map_err(|error| {
            tracing::warn!(%error, "a document cannot be read");
            ProblemType::NotFound
        })?;
        Ok(Self { file, left: found.length, piece: Vec::new() })
    }
}

impl http_body::Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        // What was promised and no more: the file may grow meanwhile.
        this.piece.resize(CHUNK.min(usize::try_from(this.left).unwrap_or(CHUNK)), 0);
        let mut buffer = ReadBuf::new(&mut this.piece);
        ready!(Pin::new(&mut this.file).poll_read(context, &mut buffer))?;
        let read = Bytes::copy_from_slice(buffer.filled());
        if read.is_empty() {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        this.left -= read.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(read))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
