//! The settings themselves, and what can be wrong with them.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use unticked_shared::merkle::cosignature::WitnessKey;

use super::{database::DatabaseSettings, mail::MailSettings, secret::Secret};

/// What the collector runs with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How it is reached.
    pub server: ServerSettings,
    /// The folder with the owner's definitions.
    pub definitions_dir: PathBuf,
    /// The two stores.
    pub database: DatabaseSettings,
    /// The file of the key ring; made at the first start.
    pub key_ring: PathBuf,
    /// Files for visitors.
    pub documents: DocumentsSettings,
    /// Where copies go.
    pub backup: BackupSettings,
    /// How much one client and one form may send.
    pub limits: Limits,
    /// What evidence holds besides the decisions.
    pub evidence: EvidenceSettings,
    /// What the world sees of the ledger, and how often.
    pub ledger: LedgerSettings,
    /// Deliveries.
    pub outbox: OutboxSettings,
    /// How long things are kept for which no definition says so.
    pub retention: RetentionSettings,
    /// Forgetting.
    pub erasure: crate::erasure::Rules,
    /// Mails to the owner; none, where no server is configured.
    pub mail: Option<MailSettings>,
    /// Secrets by name (lower case), as `destinations.toml` refers to them.
    pub secrets: BTreeMap<String, Secret>,
    /// What the log looks like.
    pub log: LogSettings,
}

/// How the collector is reached.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its own origin as visitors see it, such as `https://forms.example`; no path, no slash at the end.
    pub public_url: String,
    /// Who may say on whose behalf it asks (`X-Forwarded-For`, `Forwarded`).
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a request may take, and how long a shutdown waits for those under way.
    pub timeout: Duration,
}

/// Files for visitors.
#[derive(Debug, Clone, Default)]
pub struct DocumentsSettings {
    /// The folder that `/d/` serves; nothing is served without one.
    pub dir: Option<PathBuf>,
}

/// Where copies go.
#[derive(Debug, Clone)]
pub struct BackupSettings {
    /// The folder for the data; said with `--to` where nothing stands here.
    pub dir: Option<PathBuf>,
    /// The folder for the keys, on another disk; said with `--keys-to` where nothing stands here.
    pub keys_dir: Option<PathBuf>,
    /// Whether a copy is made before the databases are brought up to date.
    pub before_upgrade: bool,
}

/// Requests per minute; 0 turns a limit off.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of one client address (an IPv6 /64).
    pub per_client_per_minute: u32,
    /// Of one form.
    pub per_form_per_minute: u32,
    /// Of one client at the banner, which has a share of its own.
    pub banner_per_client_per_minute: u32,
}

/// What evidence holds besides the decisions.
#[derive(Debug, Clone, Copy)]
pub struct EvidenceSettings {
    /// What is kept of the client's address.
    pub client_address: ClientAddress,
}

/// What evidence keeps of the client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAddress {
    /// Nothing.
    None,
    /// The network: IPv4 /24, IPv6 /48.
    Truncated,
}

/// What the world sees of the ledger, and how often.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// The time between two published checkpoints.
    pub publish_every: Duration,
    /// Who cosigns them.
    pub witnesses: Vec<WitnessSettings>,
    /// Who stamps them with the time.
    pub timestamp: Option<TimestampSettings>,
}

/// A witness (C2SP tlog-witness).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessSettings {
    /// Its key.
    pub key: WitnessKey,
    /// Its submission prefix, without a slash at the end.
    pub url: String,
}

/// A time-stamping authority (RFC 3161).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampSettings {
    /// Where it answers.
    pub url: String,
    /// The time between two stamps.
    pub every: Duration,
}

/// Deliveries.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// Hosts, or `host:port`, that may be private or spoken to without TLS.
    pub allow_hosts: Vec<String>,
}

/// How long things are kept for which no definition says so.
#[derive(Debug, Clone, Copy)]
pub struct RetentionSettings {
    /// Days after which what looked like a robot's, and was never released, is destroyed.
    pub suspects_days: u32,
}

/// What the log looks like.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// For people or for machines.
    pub format: LogFormat,
    /// A level such as `info`, or directives such as `info,unticked_collector=debug`.
    pub level: String,
}

/// Who reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// People.
    Human,
    /// Machines: one JSON object a line.
    Json,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything else.
    Default,
    /// A line of the file.
    File {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// `--set`.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("--set"),
        }
    }
}

/// One thing that is wrong with the settings. The texts say where and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// The file is no TOML.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// No such key.
    #[error("{origin}: there is no setting `{key}`{}", suggestion.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
    Unknown {
        /// As it was written.
        key: String,
        /// Where.
        origin: Origin,
        /// The nearest one.
        suggestion: Option<String>,
    },
    /// The value does not fit.
    #[error("{origin}: `{key}` {message}")]
    Value {
        /// The key.
        key: String,
        /// Where its value stands.
        origin: Origin,
        /// What it should be; never the value of a secret.
        message: String,
    },
    /// `--set` without `=`.
    #[error("--set {flag}: write `--set section.key=value`")]
    FlagShape {
        /// As it was given.
        flag: String,
    },
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigErrors(pub Vec<ConfigError>);

/// One line of `unticked config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The key.
    pub key: String,
    /// Its value as TOML, secrets hidden.
    pub shown: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Settings, and where each comes from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Every key with its effective value.
    pub effective: Vec<Effective>,
}
