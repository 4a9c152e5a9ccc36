//! Asking over the network, and saying in a sentence why no answer came.

use std::{error::Error, io, time::Duration};

use jiff::Timestamp;
use reqwest::{Method, Url, header::HeaderMap, redirect, tls::TlsInfo};
use rustls::CertificateError;

use super::{Tools, certificate};
use crate::outbox::destinations::guard::{Guard, Reach, Refusal};

/// No check waits longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The beginning of the body.
    pub body: String,
    /// Until when the certificate is valid.
    pub valid_until: Option<Timestamp>,
    /// When it came, by our clock.
    pub at: Timestamp,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why no answer came, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub says: String,
    /// What to do.
    pub advice: String,
}

/// Asks as anybody on the internet would. Redirects are not followed.
pub struct Client {
    client: reqwest::Client,
    tools: Tools,
}

impl Client {
    /// With the system's certificates.
    pub fn new(tools: &Tools) -> Result<Self, reqwest::Error> {
        Ok(Self { client: builder(tools).build()?, tools: tools.clone() })
    }

    /// Asks.
    pub async fn ask(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Result<Answer, Trouble> {
        ask(&self.client, &self.tools, method, url, headers).await
    }

    /// Asks as the outbox does: past its guard.
    pub async fn ask_guarded(&self, guard: &Guard, method: Method, url: &str) -> Result<Answer, Trouble> {
        let parsed = Url::parse(url).map_err(|_| guarded(&Refusal::Address))?;
        let reach: Reach = guard.check(&parsed).map_err(|refusal| guarded(&refusal))?;
        let client = builder(&self.tools).dns_resolver(guard.resolver(reach)).build().map_err(|error| Trouble {
            says: error.to_string(),
            advice: "install the system's certificates (Debian: `apt-get install ca-certificates`)".to_owned(),
        })?;
        ask(&client, &self.tools, method, url, &[]).await
    }
}

fn builder(tools: &Tools) -> reqwest::ClientBuilder {
    // Fails only when a provider is there already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tls_info(true)
        .tls_certs_merge(tools.roots.iter().cloned())
        .connect_timeout(Duration::from_secs(5))
        .timeout(PATIENCE)
        .user_agent(concat!("Unticked-doctor/", env!("CARGO_PKG_VERSION")))
}

async fn ask(
    client: &reqwest::Client,
    tools: &Tools,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, Trouble> {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let request =
        headers.iter().fold(client.request(method, url), |request, (name, value)| request.header(*name, *value));
    let mut answer = request.send().await.map_err(|error| explain(&error, &host))?;
    let valid_until =
        answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate).and_then(certificate::not_after);
    let (status, headers, at) = (answer.status().as_u16(), answer.headers().clone(), tools.clock.now());
    let mut body = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > 4096 {
            break;
        }
    }
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned(), valid_until, at })
}

/// Says why no answer came, from the innermost cause that we know.
fn explain(error: &reqwest::Error, host: &str) -> Trouble {
    let trouble = |says: String, advice: &str| Trouble { says, advice: advice.to_owned() };
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut last = String::new();
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return guarded(refusal);
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return tls(error, host);
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            // What it wraps passes over itself as a source: it is looked at here, however deep it lies.
            let mut within = io.get_ref();
            while let Some(inner) = within {
                if let Some(error) = inner.downcast_ref::<rustls::Error>() {
                    return tls(error, host);
                }
                if let Some(refusal) = inner.downcast_ref::<Refusal>() {
                    return guarded(refusal);
                }
                within = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            }
            if io.kind() == io::ErrorKind::ConnectionRefused {
                return trouble(
                    format!("{host} refuses the connection"),
                    "see that the server there runs and listens on that port, and that no firewall stands between",
                );
            }
        }
        last = error.to_string();
        cause = error.source();
    }
    if last.contains("lookup address") || last.contains("no record") || last.contains("has no address") {
        return trouble(
            format!("{host} has no address"),
            "make an A or AAAA record for it where your domain is managed, or correct the name",
        );
    }
    if error.is_timeout() {
        return trouble(
            format!("{host} does not answer in time"),
            "see that the server there runs and that no firewall swallows what is sent to it",
        );
    }
    trouble(
        format!("{host} cannot be reached: {last}"),
        "see that the server there runs and that this machine is online",
    )
}

/// What the outbox's guard says.
fn guarded(refusal: &Refusal) -> Trouble {
    let advice = "correct the address in destinations.toml, or name the host in `outbox.allow_hosts` if it is meant";
    Trouble { says: refusal.to_string(), advice: advice.to_owned() }
}

fn tls(error: &rustls::Error, host: &str) -> Trouble {
    let renew =
        "renew it: Caddy does so by itself, certbot with `certbot renew`; see in the proxy's log why it has not";
    let (says, advice) = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired => (format!("the certificate of {host} has expired"), renew.to_owned()),
            CertificateError::ExpiredContext { not_after, .. } => {
                let end = i64::try_from(not_after.as_secs()).ok().and_then(|end| Timestamp::from_second(end).ok());
                let end = end.map(|end| format!(" at {end}")).unwrap_or_default();
                (format!("the certificate of {host} has expired{end}"), renew.to_owned())
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                format!("the certificate of {host} is not valid yet"),
                "see whether this machine's clock is behind".to_owned(),
            ),
            CertificateError::UnknownIssuer => (
                format!("the certificate of {host} was issued by nobody whom this machine trusts"),
                "use one of a public authority (Caddy and certbot fetch it for nothing), and let the proxy send the whole \
                 chain (nginx: fullchain.pem)"
                    .to_owned(),
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
                format!("the certificate that answers for {host} is another name's"),
                format!("let the proxy have a certificate for {host}"),
            ),
            other => (
                format!("the certificate of {host} cannot be used: {other:?}"),
                "let the proxy have one of a public authority".to_owned(),
            ),
        },
        other => (
            format!("{host} does not speak TLS with us: {other}"),
            "see that the proxy speaks TLS 1.2 or 1.3 on that port".to_owned(),
        ),
    };
    Trouble { says, advice }
}
