//! What crosses the wire between the widget and the collector.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    decision::{Choice, Decision},
    id::{FieldId, FormId, Language, PurposeId},
    validate::FieldError,
};

/// What a visitor entered into one field. `Debug` hides it: it is personal data.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// One text. Numbers travel as the visitor's decimal text, dates as `YYYY-MM-DD`, countries as ISO 3166-1 alpha-2.
    One(String),
    /// The options ticked in a checkbox group, in the order of the definition.
    Many(Vec<String>),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::One(_) => "One(…)",
            Self::Many(_) => "Many(…)",
        })
    }
}

impl Value {
    /// Nothing but white space, or no option at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::One(text) => text.trim().is_empty(),
            Self::Many(options) => options.is_empty(),
        }
    }

    /// Whether `option` is the value, or among the values.
    pub fn holds(&self, option: &str) -> bool {
        match self {
            Self::One(text) => text == option,
            Self::Many(options) => options.iter().any(|o| o == option),
        }
    }

    /// The value as one line of text; several options are joined by a comma.
    pub fn to_line(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::Many(options) => options.join(", "),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => serializer.serialize_str(text),
            Self::Many(options) => options.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Value;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::One(text.to_owned()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut options = Vec::new();
                while let Some(option) = list.next_element()? {
                    options.push(option);
                }
                Ok(Value::Many(options))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The values of a form by field; fields left empty are absent.
pub type Values = BTreeMap<FieldId, Value>;

/// The choices of a form by purpose; one for each purpose that was asked, refusals included.
pub type Choices = BTreeMap<PurposeId, Choice>;

/// The body of `POST /v1/forms/{form}/submissions`, as canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The ticket, as it was given.
    pub ticket: String,
    /// What was entered.
    pub values: Values,
    /// What was decided.
    pub choices: Choices,
    /// The page's address without query and fragment.
    pub page: String,
    /// `navigator.globalPrivacyControl`, where the browser has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpc: Option<bool>,
    /// The widget build that sent it.
    pub build: String,
    /// Of a banner: the random id on the device, base64url of 16 bytes, where the purpose that needs it was granted. No form
    /// sends it, and the forms' Wasm does not know of it.
    #[cfg(feature = "definitions")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    /// The trap for robots: people never see the field and leave it empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trap: String,
}

/// The body of `POST /v1/forms/{form}/tickets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketRequest {
    /// The version whose placement is on the page.
    pub version: String,
    /// Its language.
    pub language: Language,
}

/// The collector's answer to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketAnswer {
    /// The ticket's id; it names the submission that follows. No dot in it.
    pub id: String,
    /// The signed statement itself, to be sent back unchanged.
    pub ticket: String,
    /// The submission key, base64 of 32 bytes.
    pub key: String,
    /// Unix seconds. The submission's timestamp is this plus the elapsed monotonic time.
    pub issued_at: i64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// The answer to an accepted submission (200), the same however often it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The ticket's id.
    pub id: String,
    /// What a person can read out on the telephone, such as `K7QD-93XF`.
    pub reference: String,
    /// RFC 3339, UTC.
    pub received_at: String,
    /// One for each purpose that was asked.
    pub decisions: Vec<DecisionTaken>,
    /// The personal page, where each consent can be taken back (Art. 7(3)): an address with a token in its fragment.
    #[serde(default)]
    pub preferences: String,
    /// The receipt's file, base64; empty where none can be given any more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub receipt: String,
}

/// What was recorded for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionTaken {
    /// The purpose.
    pub purpose: PurposeId,
    /// Its name as the visitor saw it.
    pub name: String,
    /// What stands in the evidence record.
    pub decision: Decision,
}

/// The kinds of problem (RFC 9457 `type`), stable slugs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemType {
    /// The ticket's 24 hours are over: fetch another.
    TicketExpired,
    /// The ticket was altered, made by another collector or for another form.
    TicketInvalid,
    /// The owner has withdrawn the version that was shown.
    DefinitionChanged,
    /// The page's origin is none of the form's sites.
    OriginNotAllowed,
    /// The signature does not answer the ticket, or the timestamp lies outside its life.
    SignatureInvalid,
    /// The ticket's id was accepted with another body.
    AlreadySubmitted,
    /// What it asks for has ended or was withdrawn.
    TooLate,
    /// Some fields need another look; `errors` names them.
    ValidationFailed,
    /// Too many requests; `Retry-After` says when.
    RateLimited,
    /// The body is larger than allowed.
    TooLarge,
    /// No such form, version or page.
    NotFound,
    /// The body is no well-formed submission.
    Malformed,
    /// The method does not fit the address.
    MethodNotAllowed,
    /// The collector cannot store now; nothing was stored.
    Unavailable,
    /// A defect of the collector; it was logged.
    Internal,
}

impl ProblemType {
    /// The slug, such as `ticket-expired`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::TicketExpired => "ticket-expired",
            Self::TicketInvalid => "ticket-invalid",
            Self::DefinitionChanged => "definition-changed",
            Self::OriginNotAllowed => "origin-not-allowed",
            Self::SignatureInvalid => "signature-invalid",
            Self::AlreadySubmitted => "already-submitted",
            Self::TooLate => "too-late",
            Self::ValidationFailed => "validation-failed",
            Self::RateLimited => "rate-limited",
            Self::TooLarge => "too-large",
            Self::NotFound => "not-found",
            Self::Malformed => "malformed",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::TicketExpired | Self::TicketInvalid | Self::SignatureInvalid => 401,
            Self::DefinitionChanged | Self::AlreadySubmitted | Self::TooLate => 409,
            Self::OriginNotAllowed => 403,
            Self::ValidationFailed => 422,
            Self::RateLimited => 429,
            Self::TooLarge => 413,
            Self::NotFound => 404,
            Self::Malformed => 400,
            Self::MethodNotAllowed => 405,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

/// The body of every refusal: `application/problem+json`, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable slug.
    #[serde(rename = "type")]
    pub kind: ProblemType,
    /// The slug in English words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What a developer reading it should know; never personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// With `validation-failed`: each field, in the order of the form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// Names the form in addresses: `/v1/forms/{form}/…`.
pub fn submissions_path(form: &FormId) -> String {
    format!("/v1/forms/{form}/submissions")
}
