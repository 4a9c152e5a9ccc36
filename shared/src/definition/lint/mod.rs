//! The lint: what the law and the product's own rules say about definitions that could be read.
//!
//! One file for each subject. A rule looks at what was declared and writes on the [`Page`] of the file that has to
//! change; nothing here stops at the first finding.

mod autocomplete;
mod banner;
mod conditions;
mod consent;
mod controllers;
mod destinations;
mod fields;
mod kinds;
mod languages;
mod names;
mod origin;
mod purposes;
mod sensitive;
#[cfg(test)]
mod tests;
mod tracking;
mod vtiger;

use std::cell::RefCell;

use super::{
    Banner, Form, Purpose,
    finding::Finding,
    position::{Document, Place},
    read::Reading,
    rule::Rule,
};
use crate::{
    decision::LegalBasis,
    id::{FormId, Language, PurposeId},
};

/// Every finding of every rule, in no particular order.
pub(super) fn lint(reading: &Reading) -> Vec<Finding> {
    let found = RefCell::default();
    let lint = Lint { reading, found: &found };
    controllers::check(&lint);
    destinations::check(&lint);
    for (id, purpose) in &reading.definitions.purposes {
        purposes::check(&lint, id, purpose);
        tracking::check_purpose(&lint, id, purpose);
    }
    for (id, form) in &reading.definitions.forms {
        let view = FormView { lint: &lint, form, page: lint.page(&format!("forms/{id}.toml")) };
        banner::reserved(&view, id.as_str());
        names::check(&view);
        consent::check(&view);
        fields::check(&view);
        conditions::check(&view);
        tracking::check(&view);
    }
    banner::check(&lint);
    tracking::check_banner(&lint);
    languages::check(&lint);
    found.into_inner()
}

/// What was read, and where findings go.
struct Lint<'r> {
    reading: &'r Reading,
    found: &'r RefCell<Vec<Finding>>,
}

impl<'r> Lint<'r> {
    /// Where findings about a file are written.
    fn page(&self, file: &str) -> Page<'r> {
        Page { file: file.to_owned(), document: self.reading.documents.get(file), found: self.found }
    }

    fn purpose(&self, id: &PurposeId) -> Option<&'r Purpose> {
        self.reading.definitions.purposes.get(id)
    }

    /// Whether the purpose may well be declared, in a file that could not be read.
    fn may_exist(&self, id: &PurposeId) -> bool {
        self.reading.broken.contains(&format!("purposes/{id}.toml"))
    }

    fn forms(&self) -> impl Iterator<Item = (&'r FormId, &'r Form)> {
        self.reading.definitions.forms.iter()
    }

    fn banner(&self) -> Option<&'r Banner> {
        self.reading.definitions.banner.as_ref()
    }

    /// The languages of each form that lists the purpose, and of the banner if it does.
    fn asked_in(&self, id: &PurposeId) -> impl Iterator<Item = &'r [Language]> {
        let forms = self.forms().map(|(_, form)| (&form.purposes, &form.languages));
        let banner = self.banner().map(|banner| (&banner.purposes, &banner.languages));
        let lists = forms.chain(banner).filter(move |(purposes, _)| purposes.contains(id));
        lists.map(|(_, languages)| languages.as_slice())
    }
}

/// One file of the owner's.
struct Page<'r> {
    file: String,
    document: Option<&'r Document>,
    found: &'r RefCell<Vec<Finding>>,
}

impl Page<'_> {
    /// A finding at the value of `path`, else at what holds it.
    fn value(&self, path: &str, rule: Rule, message: impl Into<String>) {
        self.add(self.document.map(|document| document.value(path)), rule, message.into());
    }

    /// A finding at the key of `path`, else at what holds it.
    fn key(&self, path: &str, rule: Rule, message: impl Into<String>) {
        self.add(self.document.map(|document| document.key(path)), rule, message.into());
    }

    fn add(&self, place: Option<Place>, rule: Rule, message: String) {
        let place = place.unwrap_or(Place { line: 1, column: 1, width: 1 });
        self.found.borrow_mut().push(Finding { file: self.file.clone(), place, rule, message });
    }

    /// Each entry that stands a second time.
    fn refuse_repeated<T: PartialEq + std::fmt::Display>(&self, items: &[T], path: impl Fn(usize) -> String) {
        for (index, item) in items.iter().enumerate() {
            if items[..index].contains(item) {
                self.value(&path(index), Rule::Duplicate, format!("`{item}` stands here twice; remove one"));
            }
        }
    }
}

/// One form, with its page.
struct FormView<'l, 'r> {
    lint: &'l Lint<'r>,
    form: &'r Form,
    page: Page<'r>,
}

impl<'r> FormView<'_, 'r> {
    /// The form's purposes that exist, each with its place in the list.
    fn purposes(&self) -> impl Iterator<Item = (usize, &'r PurposeId, &'r Purpose)> {
        let known = |(index, id): (usize, &'r PurposeId)| self.lint.purpose(id).map(|purpose| (index, id, purpose));
        self.form.purposes.iter().enumerate().filter_map(known)
    }
}

fn is_consent(purpose: &Purpose) -> bool {
    purpose.legal_basis == Some(LegalBasis::Consent)
}

/// `a`, `a and b`, `a, b and c`, each in back quotes.
fn listed<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("`{item}`")).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
