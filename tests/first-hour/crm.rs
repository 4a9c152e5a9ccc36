//! A CRM that takes what it is given, answers as Vtiger's form capture does, and remembers.

use std::{
    net::Ipv4Addr,
    sync::mpsc::{Receiver, Sender, channel},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    response::IntoResponse,
};

use unticked_collector::outbox::worker::LEASE;

use crate::ground::PATIENCE;

/// What was posted.
pub struct Posted {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The CRM; it lives as long as the runtime that it was started on.
pub struct Crm {
    pub port: u16,
    heard: Receiver<Posted>,
}

impl Crm {
    pub fn start(runtime: &tokio::runtime::Runtime) -> Self {
        let (tell, heard) = channel();
        let app = Router::new().fallback(take).with_state(tell);
        let port = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            tokio::spawn(async move { axum::serve(listener, app).await });
            port
        });
        Self { port, heard }
    }

    /// The next thing that it hears.
    #[track_caller]
    pub fn hears(&self) -> Posted {
        self.heard.recv_timeout(PATIENCE).expect("the CRM hears of the lead")
    }

    /// The same after a crash in the midst of an attempt, whose lease must run out first.
    #[track_caller]
    pub fn hears_after_a_lease(&self) -> Posted {
        self.heard.recv_timeout(LEASE + PATIENCE).expect("the CRM hears of the lead")
    }

    /// It has heard nothing more.
    pub fn is_silent(&self) -> bool {
        self.heard.try_recv().is_err()
    }
}

async fn take(State(tell): State<Sender<Posted>>, uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let _ = tell.send(Posted { path: uri.path().to_owned(), headers, body });
    ([("content-type", "application/json")], r#"{"success":true,"result":"Thank you"}"#)
}
