//! `destinations.toml`: who receives leads, and how each receiver is spoken to.
//!
//! In every table of a Vtiger destination the left side is Vtiger's own name for a field, as it stands in
//! `name="…"` of the HTML that Vtiger shows for a webform; the right side is ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{DestinationId, FieldId, PurposeId};

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
pub struct Destination {
    /// Its name.
    pub id: DestinationId,
    /// How it is spoken to, with what only that kind needs.
    #[serde(flatten)]
    pub kind: DestinationKind,
    /// Where: https, or http where the host is allowed by name in the collector's settings.
    pub url: String,
    /// The name of its secret in the collector's settings (`secrets.NAME`), itself `whsec_…`. Secrets never stand
    /// here. It signs what goes to a webhook, and what a destination of any kind reports back; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// The purposes for which it may hold data. A value that none of them uses is not sent.
    pub purposes: Vec<PurposeId>,
    /// What it hears of a consent that waits for its confirmation by mail.
    #[serde(default)]
    pub unconfirmed: Unconfirmed,
}

/// How a destination is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DestinationKind {
    /// A signed POST as the Standard Webhooks specification lays it out.
    Webhook,
    /// A webform of Vtiger CRM, `modules/Webforms/capture.php`.
    Vtiger(Box<Vtiger>),
}

impl DestinationKind {
    /// The word that owners write.
    pub fn as_str(&self) -> &'static str {
        self.word().as_str()
    }

    /// The kind alone.
    pub fn word(&self) -> KindWord {
        match self {
            Self::Webhook => KindWord::Webhook,
            Self::Vtiger(_) => KindWord::Vtiger,
        }
    }
}

/// The word that owners write for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindWord {
    /// [`DestinationKind::Webhook`].
    Webhook,
    /// [`DestinationKind::Vtiger`].
    Vtiger,
}

impl KindWord {
    /// As owners write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Vtiger => "vtiger",
        }
    }
}

/// What a destination hears of a consent that waits for its confirmation by mail. Either way no value goes out for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unconfirmed {
    /// The decision goes out as `granted_unconfirmed`.
    #[default]
    Report,
    /// The purpose is not spoken of until it is confirmed.
    Hold,
}

/// A webform of Vtiger, and where it takes what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vtiger {
    /// The webform's public id, or `secrets.NAME` where it shall not stand in the definitions.
    pub public_id: String,
    /// The webform's name, which Vtiger's own HTML sends along; for people who read its access log.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The module that the webform makes records of. Leads and Contacts are refused without a last name.
    #[serde(default = "leads")]
    pub module: String,
    /// Vtiger's field: the form's fields. Of several the first that the visitor filled in counts, so that one
    /// destination serves several forms.
    #[serde(default)]
    pub fields: BTreeMap<String, Vec<FieldId>>,
    /// Vtiger's field: what we say about the lead.
    #[serde(default)]
    pub about: BTreeMap<String, About>,
    /// Vtiger's field: the purpose whose decision stands in it, as one word that workflows can compare.
    #[serde(default)]
    pub decided: BTreeMap<String, PurposeId>,
    /// Whether this Vtiger's database keeps characters of four bytes, emoji among them (`utf8mb4`).
    #[serde(default)]
    pub emoji: bool,
    /// What it means when Vtiger says that the record is there already.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// The webform that hears of a withdrawal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<VtigerWithdrawal>,
}

fn leads() -> String {
    "Leads".to_owned()
}

impl Vtiger {
    /// Whether Vtiger refuses a record of the module without a last name.
    pub fn needs_last_name(&self) -> bool {
        matches!(self.module.as_str(), "Leads" | "Contacts")
    }
}

/// The webform that hears of a withdrawal. Vtiger's webforms make records and change none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VtigerWithdrawal {
    /// Its public id, or `secrets.NAME`.
    pub public_id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Vtiger's field: what we say about the withdrawal.
    #[serde(default)]
    pub about: BTreeMap<String, About>,
    /// Vtiger's field: the purpose; it holds `withdrawn` where that purpose was withdrawn.
    #[serde(default)]
    pub decided: BTreeMap<String, PurposeId>,
}

/// What we say about a lead or a withdrawal, each a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Every purpose, what was decided, when, and under which words: several lines.
    Decisions,
    /// Record and commitment of the evidence.
    Evidence,
    /// The reference that the visitor was told.
    Reference,
    /// The subject's pseudonym.
    Subject,
    /// The form.
    Form,
    /// The version that was shown.
    Version,
    /// The language it was shown in.
    Language,
    /// The page it was sent from.
    Page,
    /// When it was sent or withdrawn.
    Time,
    /// One line that says what this record is, such as `Consent withdrawn: K7QD-93XF`.
    Title,
}

/// What it means when Vtiger's own check says that the record is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// Vtiger looks at mail addresses or the like: the lead was not kept, and somebody has to look.
    #[default]
    Refused,
    /// Vtiger looks at the reference alone: an earlier attempt did arrive.
    ByReference,
}
