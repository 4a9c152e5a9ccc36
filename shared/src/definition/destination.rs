//! `destinations.toml`: who receives leads.

use serde::{Deserialize, Serialize};

use crate::id::{DestinationId, PurposeId};

/// The file: `[[destination]]` tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destinations {
    /// Each of them.
    #[serde(default, rename = "destination")]
    pub destinations: Vec<Destination>,
}

/// One receiver of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Its name.
    pub id: DestinationId,
    /// How it is spoken to.
    pub kind: DestinationKind,
    /// Where: https, or http where the host is allowed by name in the collector's settings.
    pub url: String,
    /// The name of the secret in the collector's settings (`secrets.NAME`), itself `whsec_…`. Secrets never stand here.
    pub secret: String,
    /// The purposes for which it may hold data. A value that none of them uses is not sent.
    pub purposes: Vec<PurposeId>,
}

/// How a destination is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DestinationKind {
    /// A signed POST as the Standard Webhooks specification lays it out.
    Webhook,
}
