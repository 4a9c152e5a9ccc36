//! A visitor of the owner's page, whose browser reaches the collector by HTTPS and by nothing else.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};

use reqwest::{Certificate, Client, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use unticked_shared::{canonical, signature::SigningKey};

/// The page's own origin.
pub const SITE: &str = "https://shop.example";

/// A browser that believes one authority and knows where `host` is.
pub struct Browser<'r> {
    client: Client,
    base: String,
    runtime: &'r Runtime,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }
}

impl<'r> Browser<'r> {
    pub fn new(runtime: &'r Runtime, authority: &Path, host: &str, port: u16) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = Certificate::from_pem_bundle(&std::fs::read(authority).unwrap()).unwrap();
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let client = Client::builder().tls_certs_only(roots).resolve(host, here).no_proxy().build().unwrap();
        Self { client, base: format!("https://{host}:{port}"), runtime }
    }

    /// Whether the address answers at all yet.
    pub fn reaches(&self, path: &str) -> bool {
        self.runtime.block_on(self.client.get(format!("{}{path}", self.base)).send()).is_ok()
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async { read(request.send().await.unwrap()).await })
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async { read(request.send().await.unwrap()).await })
    }

    /// Reads, types, ticks the newsletter, and sends what the widget would send. `more` headers are what a visitor who
    /// lies about themselves adds.
    pub fn sends_an_enquiry(&self, email: &str, more: &[(&str, &str)]) -> Answer {
        let placement = self.get("/v1/forms/contact/placement?lang=en", &[("origin", SITE)]);
        assert_eq!(placement.headers["access-control-allow-origin"], SITE);
        let placement = placement.json();
        let asked = json!({"version": placement["version"], "language": "en"}).to_string();
        let began = Instant::now();
        let from = [&[("origin", SITE), ("content-type", "application/json")], more].concat();
        let ticket = self.post("/v1/forms/contact/tickets", &from, asked.into_bytes()).json();
        let body = canonical::to_vec(&json!({
            "ticket": ticket["ticket"],
            "values": {"name": "Ada Visitor", "email": email, "message": "Do you have nettle tea?"},
            "choices": {"newsletter": "granted"},
            "page": format!("{SITE}/contact"),
            "build": placement["build"],
        }))
        .unwrap();
        // Nobody types faster than the form's own `minimum_seconds`; who does is kept back as a robot.
        while began.elapsed() < Duration::from_secs(3) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let at = ticket["issued_at"].as_i64().unwrap() + i64::try_from(began.elapsed().as_secs()).unwrap();
        let id = ticket["id"].as_str().unwrap();
        let signature = SigningKey::from_base64(ticket["key"].as_str().unwrap()).unwrap().sign(id, at, &body);
        let at = at.to_string();
        let signed = [("unticked-id", id), ("unticked-timestamp", &at), ("unticked-signature", &signature)];
        self.post("/v1/forms/contact/submissions", &[&from, &signed[..]].concat(), body)
    }
}

async fn read(response: Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}
