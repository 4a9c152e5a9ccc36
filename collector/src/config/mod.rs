//! Settings: read once at the start, from a file, the environment and flags.
//!
//! One precedence: flags (`--set section.key=value`) before the environment (`UNTICKED_SECTION__KEY`) before the file
//! (`unticked.toml`) before the default. A key that does not exist is an error that says where it stands and suggests
//! the right one; every error is reported, not the first alone. Secrets are given by value, file or environment
//! variable, and neither `Debug` nor `unticked config` shows them.

mod database;
mod layers;
mod mail;
mod read;
mod secret;
mod settings;
#[cfg(test)]
mod tests;

pub use database::{Database, DatabaseSettings};
pub use layers::{Layer, Sources};
pub use mail::{MailSettings, Security, SmtpServer};
pub use secret::Secret;
pub use settings::{
    BackupSettings, ClientAddress, ConfigError, ConfigErrors, DocumentsSettings, Effective, EvidenceSettings,
    LedgerSettings, Limits, Loaded, LogFormat, LogSettings, Origin, OutboxSettings, ServerSettings, Settings,
    TimestampSettings, WitnessSettings,
};
