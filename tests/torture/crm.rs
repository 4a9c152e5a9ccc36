//! A receiver as every CRM should be: believes what is signed, keeps each event once, and refuses now and then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;
use xtask::serve::{Answer, Request, Server, serve};

pub const SECRET: &str = "whsec_dW50aWNrZWQtdG9ydHVyZSEhdW50aWNrZWQtdG9ydHU=";

/// What came, by the id of the event.
#[derive(Default)]
pub struct Inbox {
    /// Every body that came under it: an attempt is made of what stands at its moment.
    pub events: BTreeMap<String, BTreeSet<String>>,
    pub deliveries: usize,
    pub forged: Vec<String>,
    /// Refuses nothing any more.
    pub kind: bool,
}

pub struct Crm {
    server: Server,
    inbox: Arc<Mutex<Inbox>>,
}

impl Crm {
    pub fn open() -> Self {
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let (keeps, webhook) = (Arc::clone(&inbox), Webhook::new(SECRET).unwrap());
        let server = serve(0, move |request| {
            let status = receive(&mut keeps.lock().unwrap(), &webhook, request);
            Answer::Full { status, headers: Vec::new(), body: Vec::new() }
        });
        Self { server: server.unwrap(), inbox }
    }

    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// What came so far.
    pub fn look<T>(&self, at: impl FnOnce(&mut Inbox) -> T) -> T {
        at(&mut self.inbox.lock().unwrap())
    }
}

fn receive(inbox: &mut Inbox, webhook: &Webhook, request: &Request) -> u16 {
    let headers: HeaderMap = request
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?)))
        .collect();
    let id = request.header("webhook-id").unwrap_or_default().to_owned();
    if let Err(error) = webhook.verify(&request.body, &headers) {
        inbox.forged.push(format!("{id}: {error}"));
        return 401;
    }
    let body = String::from_utf8(request.body.clone()).unwrap_or_default();
    if serde_json::from_str::<Value>(&body).ok().is_none_or(|event| event["id"] != id.as_str()) {
        inbox.forged.push(format!("{id}: {body}"));
        return 400;
    }
    inbox.deliveries += 1;
    inbox.events.entry(id).or_default().insert(body);
    // Kept, and said otherwise: an answer that is lost on its way.
    if inbox.deliveries.is_multiple_of(31) && !inbox.kind { 503 } else { 204 }
}
