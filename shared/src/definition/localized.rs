//! A text in several languages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::Language;

/// A text by language: `{ en = "Name", bg = "Име" }`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Localized(pub BTreeMap<Language, String>);

impl Localized {
    /// The text in `language`; the lint has made sure that every declared language is there.
    pub fn get(&self, language: &Language) -> &str {
        self.0.get(language).map_or("", String::as_str)
    }

    /// Whether no language has a text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
