//! A decision: what a visitor chose for one purpose. A refusal is kept as carefully as a grant.

use serde::{Deserialize, Serialize};

/// What the visitor did with the box of one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The box was ticked by the visitor.
    Granted,
    /// The box was left as it was: empty.
    Refused,
    /// What stood on this device was taken back. Only a banner asks again where a grant may stand.
    Withdrawn,
}

/// The state of consent for one purpose (Art. 4(11), 7(1), 7(3) GDPR).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Consent was given.
    Granted,
    /// Consent was given on the form and waits for the confirmation by mail.
    GrantedUnconfirmed,
    /// Consent was asked for and not given.
    Refused,
    /// Consent was given once and taken back.
    Withdrawn,
}

impl Decision {
    /// The word that goes over the wire and into the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::GrantedUnconfirmed => "granted_unconfirmed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether data may be stored for the purpose. An unconfirmed grant keeps the data until the
    /// confirmation comes or its time runs out; it is no grant to use them yet.
    pub fn allows_storing(self) -> bool {
        matches!(self, Self::Granted | Self::GrantedUnconfirmed)
    }
}

/// The legal basis of a purpose: Art. 6(1) GDPR, letters a to f.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalBasis {
    /// Art. 6(1)(a).
    Consent,
    /// Art. 6(1)(b).
    Contract,
    /// Art. 6(1)(c).
    LegalObligation,
    /// Art. 6(1)(d).
    VitalInterests,
    /// Art. 6(1)(e).
    PublicTask,
    /// Art. 6(1)(f).
    LegitimateInterests,
}

impl LegalBasis {
    /// The word that goes over the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::LegalObligation => "legal-obligation",
            Self::VitalInterests => "vital-interests",
            Self::PublicTask => "public-task",
            Self::LegitimateInterests => "legitimate-interests",
        }
    }
}

/// From when a retention period counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionFrom {
    /// From the submission.
    #[default]
    Submission,
    /// From the last engagement with the controller.
    LastEngagement,
}
