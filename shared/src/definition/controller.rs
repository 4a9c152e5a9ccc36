//! `controller.toml`: who decides why and how data are used, and what is true of every form.

use serde::{Deserialize, Serialize};

use super::Localized;

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controllers {
    /// The site's own controller.
    pub controller: Controller,
    /// Joint controllers (Art. 26) and others who rely on the same consent, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joint: Vec<Controller>,
    /// The data protection officer's contact (Art. 13(1)(b)).
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub dpo: Localized,
    /// The supervisory authority and its address on the web (Art. 13(2)(d)).
    pub authority: Localized,
    /// Where the full privacy policy stands.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub policy_url: Localized,
    /// How a consent is taken back (Art. 7(3)); shown before it is given.
    pub withdraw: Localized,
    /// Automated decisions (Art. 13(2)(f)), or that there are none.
    pub automated: Localized,
}

/// One organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// Its name.
    pub name: String,
    /// What it does with the data, in a sentence.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub role: Localized,
    /// Postal address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// A mail address or telephone number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contact: String,
}
