//! To the owner's mail server.

use std::{
    pin::Pin,
    time::{Duration, UNIX_EPOCH},
};

use jiff::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::header::{ContentType, Header, HeaderName, HeaderValue},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use uuid::Uuid;

use super::letter::Letter;
use crate::config::{MailSettings, Security};

/// How long one step with the server may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long all of them may take together.
const OVERDUE: Duration = Duration::from_mins(1);
/// The longest reason that is kept.
const LONGEST_REASON: usize = 300;

/// Sends one mail; the error says why not, in words for the owner.
pub type Posting<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Whoever brings mails away.
pub trait Postman: Send + Sync {
    /// Brings one. `id` is the same on every attempt.
    fn post<'a>(&'a self, id: Uuid, letter: &'a Letter, now: Timestamp) -> Posting<'a>;
}

/// Why the mail server cannot be used; words for the owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CheckError(String);

/// The owner's mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    settings: MailSettings,
}

/// Connects as a mail would, greets, secures and signs in, and sends nothing.
pub async fn check(settings: &MailSettings) -> Result<(), CheckError> {
    let smtp = Smtp::new(settings).map_err(CheckError)?;
    let asked = tokio::time::timeout(OVERDUE, smtp.transport.test_connection()).await;
    match asked {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(CheckError(format!("{} greets, and then answers nothing", settings.smtp))),
        Ok(Err(error)) => Err(CheckError(smtp.reason(&error))),
        Err(_) => Err(CheckError(format!("{} did not answer in time", settings.smtp))),
    }
}

impl Smtp {
    /// Makes ready; connects to nobody yet.
    pub fn new(settings: &MailSettings) -> Result<Self, String> {
        let tls = || {
            TlsParameters::builder(settings.smtp.host.clone())
                .build_rustls()
                .map_err(|error| format!("TLS cannot be made ready: {error}"))
        };
        Ok(Self::with_tls(
            settings,
            match settings.smtp.security {
                Security::Tls => Tls::Wrapper(tls()?),
                Security::StartTls => Tls::Required(tls()?),
                Security::Plain => Tls::None,
            },
        ))
    }

    /// The same with TLS of the caller's; for tests, whose certificates nobody knows.
    pub(super) fn with_tls(settings: &MailSettings, tls: Tls) -> Self {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.smtp.host.as_str())
            .port(settings.smtp.port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let Some(name) = ehlo_name(settings) {
            builder = builder.hello_name(name);
        }
        if let (Some(user), Some(password)) = (&settings.smtp.user, &settings.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Self { transport: builder.build(), settings: settings.clone() }
    }

    /// What the library says, with what it leaves out: which server, and the cause beneath.
    fn reason(&self, error: &lettre::transport::smtp::Error) -> String {
        let mut text = format!("{}: {error}", self.settings.smtp);
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = error.source();
        }
        // Servers repeat the address that they refuse; the reason goes into the log, where no address stands.
        let words = text.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
        let text = words.collect::<Vec<_>>().join(" ");
        text.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect()
    }

    fn message(&self, id: Uuid, letter: &Letter, now: Timestamp) -> Result<Message, String> {
        let domain = self.settings.from.email.domain();
        let mut builder = Message::builder()
            .from(self.settings.from.clone())
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{id}@{domain}>")))
            .date(UNIX_EPOCH + Duration::from_secs(now.as_second().try_into().unwrap_or_default()))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN);
        for to in &self.settings.notify {
            builder = builder.to(to.clone());
        }
        builder.body(letter.body.clone()).map_err(|error| format!("the mail cannot be written: {error}"))
    }
}

impl Postman for Smtp {
    fn post<'a>(&'a self, id: Uuid, letter: &'a Letter, now: Timestamp) -> Posting<'a> {
        Box::pin(async move {
            let message = self.message(id, letter, now)?;
            match tokio::time::timeout(OVERDUE, self.transport.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(self.reason(&error)),
                Err(_) => Err(format!("{} did not answer in time", self.settings.smtp)),
            }
        })
    }
}

/// How we greet: by the sender's domain, which is ours; the machine's own name is nobody's business.
fn ehlo_name(settings: &MailSettings) -> Option<ClientId> {
    let domain = settings.from.email.domain();
    domain.is_ascii().then(|| ClientId::Domain(domain.to_owned()))
}

/// RFC 3834: nobody's holiday answer comes back.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
