//! Names that owners give (forms, fields, purposes) and the languages they write in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is no usable name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty or longer than 64 bytes.
    #[error("`{0}` must have 1 to 64 characters")]
    Length(String),
    /// The text holds something else than a lower-case letter, a digit, `-` or `_`, or starts with no letter.
    #[error("`{0}` must start with a letter a-z and hold only a-z, 0-9, `-` and `_`")]
    Character(String),
}

fn check_slug(text: &str) -> Result<(), IdError> {
    if text.is_empty() || text.len() > 64 {
        return Err(IdError::Length(text.chars().take(80).collect()));
    }
    let starts_well = text.as_bytes()[0].is_ascii_lowercase();
    let holds_well = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if starts_well && holds_well { Ok(()) } else { Err(IdError::Character(text.to_owned())) }
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepts 1 to 64 characters of `a-z 0-9 - _`, the first a letter.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check_slug(text)?;
                Ok(Self(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                check_slug(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        // Lets maps keyed by the name be asked with plain text.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

slug! {
    /// Names a form; part of its addresses (`/f/{form}`).
    FormId
}
slug! {
    /// Names a field within its form.
    FieldId
}
slug! {
    /// Names a purpose; the same purpose may be asked in several forms.
    PurposeId
}
slug! {
    /// Names a destination that receives events.
    DestinationId
}

/// A language tag (BCP 47, RFC 5646): a primary subtag and at most one more, such as `en`, `bg`, `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

impl Language {
    /// Accepts `xx`, `xxx` and either with one subtag of 2 to 8 letters or digits; case is kept.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let mut parts = text.split('-');
        let primary = parts.next().unwrap_or_default();
        let region = parts.next();
        let well = (2..=3).contains(&primary.len())
            && primary.bytes().all(|b| b.is_ascii_lowercase())
            && region.is_none_or(|r| (2..=8).contains(&r.len()) && r.bytes().all(|b| b.is_ascii_alphanumeric()))
            && parts.next().is_none();
        if well { Ok(Self(text.to_owned())) } else { Err(IdError::Character(text.chars().take(80).collect())) }
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag without its region: `pt` of `pt-BR`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// The base direction of the script this language is usually written in.
    pub fn direction(&self) -> Direction {
        match self.primary() {
            "ar" | "arc" | "ckb" | "dv" | "fa" | "he" | "ps" | "sd" | "ug" | "ur" | "yi" => Direction::Rtl,
            _ => Direction::Ltr,
        }
    }
}

impl TryFrom<String> for Language {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<Language> for String {
    fn from(language: Language) -> String {
        language.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// HTML's `dir`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Left to right.
    Ltr,
    /// Right to left.
    Rtl,
}

impl Direction {
    /// The attribute's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_lower_case_and_safe_in_addresses() {
        assert!(FormId::parse("contact-2_b").is_ok());
        for bad in ["", "2fast", "Contact", "a/b", "a.b", "é", &"a".repeat(65)] {
            assert!(FormId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn arabic_runs_from_right_to_left() {
        assert_eq!(Language::parse("ar-EG").unwrap().direction(), Direction::Rtl);
        assert_eq!(Language::parse("bg").unwrap().direction(), Direction::Ltr);
        assert!(Language::parse("EN").is_err());
        assert!(Language::parse("en-US-x").is_err());
    }
}
