//! A signed POST as the Standard Webhooks specification lays it out.

use std::time::Duration;

use reqwest::{
    Client, Response, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect,
};
use unticked_shared::{definition::destination::DestinationKind, signature::EVENT_HEADERS};

use super::{
    super::schedule::Outcome,
    ATTEMPT_TIMEOUT, Attempt, Courier, Parcel, Target,
    guard::{Guard, Reach, Refusal},
};

/// Bytes of an answer that are read, so that its connection can be used again. Nothing in them is of interest.
const ANSWER_LIMIT: usize = 16 * 1024;
/// How long the rest of an answer is waited for once its status is known.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// Posts events over the network. Cloning is cheap.
#[derive(Clone)]
pub struct Network {
    public: Client,
    anywhere: Client,
    guard: Guard,
    timeout: Duration,
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
        Ok(Self { public, anywhere, guard, timeout: ATTEMPT_TIMEOUT })
    }

    /// The same with less patience, for tests.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn post(&self, target: &Target, parcel: &Parcel) -> Result<Outcome, Failure> {
        let url = Url::parse(&target.url).map_err(|_| Refusal::Address)?;
        let client = match self.guard.check(&url)? {
            Reach::Public => &self.public,
            Reach::Anywhere => &self.anywhere,
        };
        let signatures: Vec<String> =
            target.keys.iter().map(|key| key.sign(&parcel.event, parcel.sent_at, &parcel.body)).collect();
        let [id, timestamp, signature] = EVENT_HEADERS;
        let answer = client
            .post(url)
            .timeout(self.timeout)
            .header(CONTENT_TYPE, "application/json")
            .header(id, &parcel.event)
            .header(timestamp, parcel.sent_at)
            .header(signature, signatures.join(" "))
            .body(parcel.body.clone())
            .send()
            .await?;
        let outcome = Outcome::Answered { status: answer.status().as_u16(), retry_after: retry_after(&answer) };
        drain(answer).await;
        Ok(outcome)
    }
}

impl Courier for Network {
    fn deliver<'a>(&'a self, target: &'a Target, parcel: &'a Parcel) -> Attempt<'a> {
        match target.kind {
            DestinationKind::Webhook => Box::pin(async {
                self.post(target, parcel)
                    .await
                    .unwrap_or_else(|failure| Outcome::Unreachable(failure.reason(self.timeout)))
            }),
        }
    }
}

/// Seconds only: a date would need the receiver's clock to be right.
fn retry_after(answer: &Response) -> Option<u64> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// Reads a short answer to its end. A long or slow one is cut off, and its connection with it.
async fn drain(mut answer: Response) {
    let mut room = ANSWER_LIMIT;
    let rest = async {
        while let Ok(Some(piece)) = answer.chunk().await {
            match room.checked_sub(piece.len()) {
                Some(left) => room = left,
                None => break,
            }
        }
    };
    // Either way the status stands.
    let _ = tokio::time::timeout(ANSWER_PATIENCE, rest).await;
}

/// Why no answer came.
enum Failure {
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
    fn reason(&self, timeout: Duration) -> String {
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
