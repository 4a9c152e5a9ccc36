//! `forms/*.toml`: what is asked; the file's name is the form's id.

use serde::{Deserialize, Serialize};

use super::Localized;
use crate::{
    id::{DestinationId, FieldId, Language, PurposeId},
    placement::{Condition, FieldKind},
};

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The heading.
    pub title: Localized,
    /// A sentence or two under it.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub intro: Localized,
    /// The label of the button that sends.
    pub submit: Localized,
    /// The languages it is shown in; the first is the default.
    pub languages: Vec<Language>,
    /// The origins it may be placed on, such as `https://shop.example`. The collector's own pages need no entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Its purposes, in the order shown.
    pub purposes: Vec<PurposeId>,
    /// Who receives its leads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<DestinationId>,
    /// Whether giving the data is required and what happens otherwise (Art. 13(2)(e)).
    pub required_note: Localized,
    /// Pages of a longer form; a field names the one it stands on.
    #[serde(default, rename = "step", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What is asked.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// Traps for robots.
    #[serde(default)]
    pub robots: Robots,
    /// The form addresses children: then `guardian` must say how a guardian authorises (Art. 8).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub addresses_minors: bool,
    /// How a guardian's authorisation is obtained and checked.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub guardian: Localized,
}

/// One page of a longer form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, for `field.step`.
    pub id: FieldId,
    /// Its heading.
    pub title: Localized,
}

/// Traps for robots; a hit is quarantined for the owner, never dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Robots {
    /// An additional field that people do not see.
    pub honeypot: bool,
    /// Seconds from the ticket to the submission below which nobody types; 0 turns it off.
    pub minimum_seconds: u32,
}

impl Default for Robots {
    fn default() -> Self {
        Self { honeypot: true, minimum_seconds: 2 }
    }
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name within the form.
    pub id: FieldId,
    /// What kind of control.
    pub kind: FieldKind,
    /// Its label; of a hidden field, what the notice calls it.
    pub label: Localized,
    /// How to fill it in.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub help: Localized,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub why: Localized,
    /// The purposes that use it; none is an error (Art. 5(1)(c)).
    #[serde(default)]
    pub purposes: Vec<PurposeId>,
    /// Whether it points to a person.
    #[serde(default)]
    pub identifies: Identifies,
    /// How sensitive it is.
    #[serde(default)]
    pub category: Category,
    /// The page it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<FieldId>,
    /// Whether it must be filled in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The shape of its text, in the grammar of `pattern`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The fewest characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// The most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// The least number or earliest day (`YYYY-MM-DD`), as text; TOML's own numbers and days are read too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The greatest number or latest day, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// Of a select, radio group or checkbox group.
    #[serde(default, rename = "option", skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choosable>,
    /// HTML's autofill token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    /// The query parameter that may fill it in beforehand; of a hidden field, the one it carries (`utm_source`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill: Option<String>,
    /// Of a hidden field: the value that never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// When it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_if: Option<Condition>,
}

/// One option of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choosable {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: Localized,
    /// Never true: nothing is chosen for the visitor. Read so that the refusal can say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ticked: bool,
}

/// Whether a field points to a person (recital 26).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identifies {
    /// By itself: name, address, number.
    #[default]
    Direct,
    /// Together with others: postcode, birth date, gender.
    Quasi,
    /// Not at all.
    No,
}

/// How sensitive a field is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Nothing special.
    #[default]
    Ordinary,
    /// Card or passport numbers.
    Confidential,
    /// Art. 9: health, belief, origin, union membership and the like.
    Special,
    /// Art. 10: convictions and offences; refused.
    Criminal,
}
