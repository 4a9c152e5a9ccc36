//! What owners write, in TOML: controller, purposes, forms, banner, destinations.
//!
//! The types here mirror the files one to one; an unknown key is an error. [`check`] reads a folder's texts
//! and lints them; [`content`] turns a checked definition into what the views show in one language.

pub mod banner;
pub mod content;
pub mod controller;
pub mod destination;
pub mod duration;
pub mod finding;
pub mod form;
pub mod lint;
pub mod localized;
pub mod position;
pub mod purpose;
mod read;
pub mod rule;
mod suggest;

use std::collections::BTreeMap;

pub use banner::Banner;
pub use content::{banner_content, content};
pub use controller::Controllers;
pub use destination::Destination;
pub use duration::Period;
pub use finding::{Finding, Severity};
pub use form::{Field, Form};
pub use localized::Localized;
pub use purpose::{Purpose, Tracked};
pub use rule::Rule;

use crate::id::{FormId, PurposeId};

/// Everything an owner has declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definitions {
    /// Who is responsible.
    pub controllers: Controllers,
    /// `purposes/*.toml` by file name.
    pub purposes: BTreeMap<PurposeId, Purpose>,
    /// `forms/*.toml` by file name.
    pub forms: BTreeMap<FormId, Form>,
    /// `banner.toml`, where the site has one.
    pub banner: Option<Banner>,
    /// `destinations.toml`, in its order.
    pub destinations: Vec<Destination>,
}

/// What [`check`] found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The definitions; absent where a finding is an error.
    pub definitions: Option<Definitions>,
    /// Every finding, by file and place.
    pub findings: Vec<Finding>,
}

/// Reads and lints a folder: from each file's name under it (with `/` between parts) to its text.
pub fn check(files: &BTreeMap<String, String>) -> Checked {
    let mut reading = read::read(files);
    let mut findings = std::mem::take(&mut reading.findings);
    findings.extend(lint::lint(&reading));
    findings.sort_by(|a, b| (&a.file, a.place, a.rule).cmp(&(&b.file, b.place, b.rule)));
    findings.dedup();
    let sound = !findings.iter().any(Finding::is_error);
    Checked { definitions: sound.then_some(reading.definitions), findings }
}
