//! `/healthz`: whether the process lives; and, for the owner's doctor, what it sees of a request.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use super::{arrival::amiss, client::behind};
use crate::{
    doctor::probe::{self, Challenge, Seen},
    wiring::App,
};

/// `ok`, or the answer to a challenge by somebody who holds the key ring.
pub(super) async fn healthy(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let ring = app.vault.ring();
    let asked = headers.get(probe::HEADER).and_then(|value| value.to_str().ok());
    let Some(challenge) = asked.and_then(|asked| Challenge::read(asked, &ring)) else {
        return "ok\n".into_response();
    };
    let server = &app.settings.server;
    let (client, chain) = behind(peer.ip(), &headers, &server.trusted_proxies);
    let seen = Seen {
        proof: challenge.proof(&ring),
        peer: peer.ip().to_canonical(),
        client: client.0,
        amiss: amiss(peer.ip(), &headers, chain, server).map(|kind| kind.advice(server)).collect(),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(seen)).into_response()
}
