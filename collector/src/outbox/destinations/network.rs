//! The way out: one client behind the guard for every kind of destination. No redirect is followed, no proxy of the
//! environment is used, and no more of an answer is read than there is a use for.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, Url, header::RETRY_AFTER, redirect};

use super::{
    super::schedule::Outcome,
    Attempt, Courier, Parcel, Speech, Target,
    guard::{Guard, Reach, Refusal},
    vtiger, webhook,
};

/// How long the rest of an answer is waited for once its status is known.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// Posts events over the network. Cloning is cheap.
#[derive(Clone)]
pub struct Network {
    public: Client,
    anywhere: Client,
    guard: Guard,
    timeout: Option<Duration>,
}

/// The HTTP client could not be made: the machine's root certificates cannot be read, for instance.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the client for outgoing requests")]
pub struct ClientError(#[from] reqwest::Error);

impl Network {
    /// A client behind `guard`.
    pub fn new(guard: Guard) -> Result<Self, ClientError> {
        // Fails only when a provider is there already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |reach| {
            Client::builder()
                .dns_resolver(guard.resolver(reach))
                // A proxy of the environment would resolve the name again, out of the guard's sight.
                .no_proxy()
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(Duration::from_secs(5))
                .user_agent(concat!("Unticked/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        let (public, anywhere) = (client(Reach::Public)?, client(Reach::Anywhere)?);
        Ok(Self { public, anywhere, guard, timeout: None })
    }

    /// The same with less patience, for tests.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long an attempt may take that would otherwise take `usual`.
    pub(super) fn patience(&self, usual: Duration) -> Duration {
        self.timeout.unwrap_or(usual)
    }

    /// A post to `url`, if the guard lets it out.
    pub(super) fn post(&self, url: &str, patience: Duration) -> Result<RequestBuilder, Refusal> {
        let url = Url::parse(url).map_err(|_| Refusal::Address)?;
        let client = match self.guard.check(&url)? {
            Reach::Public => &self.public,
            Reach::Anywhere => &self.anywhere,
        };
        Ok(client.post(url).timeout(self.patience(patience)))
    }
}

/// What somebody outside answered to [`Network::ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Content-Type`, as it was sent; empty where it was not.
    pub kind: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Network {
    /// Posts `body` to somebody who is no destination, behind the same guard; at most `limit` bytes of the answer are
    /// read. An error is a sentence for the owner.
    pub async fn ask(
        &self,
        url: &str,
        kind: &str,
        body: Vec<u8>,
        limit: usize,
        patience: Duration,
    ) -> Result<Answer, String> {
        let sent = async {
            let request = self.post(url, patience)?.header(reqwest::header::CONTENT_TYPE, kind).body(body);
            Ok::<_, Failure>(request.send().await?)
        };
        let answer = sent.await.map_err(|failure| failure.reason(self.patience(patience)))?;
        let status = answer.status().as_u16();
        let kind = answer.headers().get(reqwest::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let body =
            read(answer, limit).await.ok_or_else(|| "its answer did not come whole, or was too long".to_owned())?;
        Ok(Answer { status, kind, body })
    }
}

impl Courier for Network {
    fn deliver<'a>(&'a self, target: &'a Target, parcel: &'a Parcel) -> Attempt<'a> {
        Box::pin(async {
            let (outcome, patience) = match &target.speech {
                Speech::Webhook(keys) => (webhook::post(self, &target.url, keys, parcel).await, webhook::PATIENCE),
                Speech::Vtiger(webforms) => (vtiger::post(self, &target.url, webforms, parcel).await, vtiger::PATIENCE),
            };
            outcome.unwrap_or_else(|failure| Outcome::Unreachable(failure.reason(self.patience(patience))))
        })
    }
}

/// Seconds only: a date would need the receiver's clock to be right.
pub(super) fn retry_after(answer: &Response) -> Option<u64> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// Reads up to `limit` bytes of an answer to its end. A long or slow one is cut off, its connection with it, and what
/// came is not told.
pub(super) async fn read(mut answer: Response, limit: usize) -> Option<Vec<u8>> {
    let rest = async {
        let mut read = Vec::new();
        while let Some(piece) = answer.chunk().await.ok()? {
            if read.len() + piece.len() > limit {
                return None;
            }
            read.extend_from_slice(&piece);
        }
        Some(read)
    };
    tokio::time::timeout(ANSWER_PATIENCE, rest).await.ok().flatten()
}

/// Why no answer came.
pub(super) enum Failure {
    Refused(Refusal),
    Failed(reqwest::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Failed(error)
    }
}

impl Failure {
    /// For the owner. Never holds the address itself, which may carry a token.
    pub(super) fn reason(&self, timeout: Duration) -> String {
        let error = match self {
            Self::Refused(refusal) => return refusal.to_string(),
            Self::Failed(error) => error,
        };
        let mut innermost: &(dyn std::error::Error + 'static) = error;
        while let Some(cause) = innermost.source() {
            innermost = cause;
        }
        if let Some(refusal) = innermost.downcast_ref::<Refusal>() {
            return refusal.to_string();
        }
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => "no connection in time".to_owned(),
            (true, false) => format!("no answer within {} s", timeout.as_secs_f32()),
            (false, true) => format!("no connection: {innermost}"),
            (false, false) if innermost.is::<reqwest::Error>() => "the request could not be made".to_owned(),
            (false, false) => format!("the connection broke: {innermost}"),
        }
    }
}
