//! A new owner's folder: a few questions, and out of the answers definitions, settings, keys and a secret.
//!
//! `answers` understands what people type and says in a sentence what is wrong with it; `ask` leads the conversation,
//! on a terminal or by flags alone; `definitions` and `settings` write the files as text; `folder` puts them down, or
//! nothing at all. What is written passes `unticked check` without a finding, or is not written.

pub mod answers;
pub mod ask;
mod authorities;
mod definitions;
pub mod folder;
mod settings;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

pub use answers::{Answers, Crm, Tongue, Wrong};
pub use ask::{Given, Unanswered};
pub use folder::{FolderError, write};

/// The settings' file.
pub const SETTINGS: &str = "unticked.toml";
/// The folder of the definitions.
pub const DEFINITIONS: &str = "definitions";
/// The key ring's file.
pub const RING: &str = "unticked.keyring";
/// The file of the secret that the CRM's webhook is signed with.
pub const SECRET: &str = "crm.secret";
/// The id of the form that is written.
pub const FORM: &str = "contact";

/// The definitions, by file name under their folder.
pub fn definitions(answers: &Answers) -> BTreeMap<String, String> {
    definitions::all(answers)
}

/// Definitions that wait under a name which nothing reads: a banner, for a site that loads more than itself.
pub fn examples(answers: &Answers) -> BTreeMap<String, String> {
    definitions::examples(answers)
}

/// The settings' text.
pub fn settings(answers: &Answers) -> String {
    settings::text(answers)
}

/// What the owner pastes into a page.
pub fn snippet(answers: &Answers) -> String {
    let Answers { public_url, tongues, .. } = answers;
    let label = words::of(tongues.first().copied().unwrap_or(Tongue::English)).title;
    format!(
        "<script async src=\"{public_url}/unticked.js\"></script>\n\n\
         <unticked-form form=\"{FORM}\"><a href=\"{public_url}/f/{FORM}\">{label}</a></unticked-form>\n"
    )
}
