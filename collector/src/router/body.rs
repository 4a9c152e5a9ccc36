//! Bodies: read whole, within a limit and a time, before anything parses them.

use std::{future::poll_fn, pin::Pin, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use unticked_shared::submission::ProblemType;

use crate::{problem::Refusal, wiring::App};

/// How much of a body that is too large is still read, so that its sender hears the answer instead of a broken
/// connection; beyond that the connection is closed on them.
const PATIENCE: usize = 32 * 1024 * 1024;

/// Percent-encoding makes three bytes of one: a native post may be that much larger than the same content in JSON.
const FORM_ENCODING: usize = 3;

/// A native post was too large to be read: the visitor is told so on a page, not in JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooLarge;

/// Reads the body of a request that may have one, and hands it on in one piece.
pub(super) async fn bounded(State(app): State<App>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let server = &app.settings.server;
    let native = parts.uri.path().starts_with("/f/");
    let limit = server.body_limit * if native { FORM_ENCODING } else { 1 };
    let body = match tokio::time::timeout(server.timeout, read(body, announced, limit)).await {
        Ok(Ok(bytes)) => Body::from(bytes),
        Ok(Err(ProblemType::TooLarge)) if native => {
            parts.extensions.insert(TooLarge);
            Body::empty()
        }
        Ok(Err(kind)) => return Refusal::new(kind).into_response(),
        Err(_) => return Refusal::slow_body().into_response(),
    };
    next.run(Request::from_parts(parts, body)).await
}

async fn read(mut body: Body, announced: Option<usize>, limit: usize) -> Result<Bytes, ProblemType> {
    if announced.is_some_and(|length| length > limit) {
        drain(body, 0).await;
        return Err(ProblemType::TooLarge);
    }
    let mut whole = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(data) = frame.map_err(|_| ProblemType::Malformed)?.into_data() else { continue };
        if whole.len() + data.len() > limit {
            let read = whole.len() + data.len();
            drop(whole);
            drain(body, read).await;
            return Err(ProblemType::TooLarge);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.into())
}

/// Reads and forgets, for a few seconds and [`PATIENCE`] bytes.
async fn drain(mut body: Body, mut read: usize) {
    let reading = async {
        while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > PATIENCE {
                break;
            }
        }
    };
    // Running out of patience is no error: the answer is the same.
    let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
}
