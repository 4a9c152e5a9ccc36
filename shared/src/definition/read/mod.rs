//! Reading the owner's files: every slip is reported with its place, and what can be read is read.

mod files;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use self::table::{Sink, Table};
use super::{
    Definitions,
    destination::Destination,
    finding::Finding,
    position::{Document, Place, place},
    rule::Rule,
    suggest::did_you_mean,
};
use crate::id::{FormId, IdError, PurposeId};

/// The controllers' file.
pub(super) const CONTROLLER: &str = "controller.toml";
/// The banner's file.
pub(super) const BANNER: &str = "banner.toml";
/// The destinations' file.
pub(super) const DESTINATIONS: &str = "destinations.toml";

/// What could be read, and where it stands.
pub(super) struct Reading {
    pub definitions: Definitions,
    pub documents: BTreeMap<String, Document>,
    /// Files that are no TOML: what they declare is not known, so nobody is blamed for naming it.
    pub broken: BTreeSet<String>,
    pub findings: Vec<Finding>,
}

/// Reads each file: its name under the folder (with `/`) and its text.
pub(super) fn read(files: &BTreeMap<String, String>) -> Reading {
    let mut reading = Reading {
        definitions: Definitions::default(),
        documents: BTreeMap::new(),
        broken: BTreeSet::new(),
        findings: Vec::new(),
    };
    for (file, text) in files {
        reading.file(file, text);
    }
    if !files.contains_key(CONTROLLER) {
        reading.start_of(
            CONTROLLER,
            Rule::MissingFile,
            "the folder needs a controller.toml that says who is responsible (Art. 13(1)(a) GDPR)",
        );
    }
    if !files.keys().any(|file| file == BANNER || named(file, "forms").is_some()) {
        let message = "the folder needs at least one form, such as forms/contact.toml, or a banner.toml";
        reading.start_of("forms", Rule::MissingFile, message);
    }
    reading
}

/// `contact` of `forms/contact.toml`.
fn named<'f>(file: &'f str, folder: &str) -> Option<&'f str> {
    let name = file.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".toml")?;
    (!name.contains('/')).then_some(name)
}

impl Reading {
    fn file(&mut self, file: &str, text: &str) {
        let known = file == CONTROLLER
            || file == BANNER
            || file == DESTINATIONS
            || named(file, "forms").is_some()
            || named(file, "purposes").is_some();
        if !known {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            let possible = if folder.is_empty() {
                did_you_mean(name, [BANNER, CONTROLLER, DESTINATIONS])
            } else {
                did_you_mean(folder, ["forms", "purposes"])
            };
            let message = format!(
                "nothing reads this file{possible}; \
                 read are banner.toml, controller.toml, destinations.toml, forms/*.toml and purposes/*.toml"
            );
            self.start_of(file, Rule::UnknownFile, &message);
            return;
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            self.broken.insert(file.to_owned());
            for error in errors {
                let place = place(text, error.span().unwrap_or(0..0));
                let message = error.message().to_owned();
                self.findings.push(Finding { file: file.to_owned(), place, rule: Rule::Syntax, message });
            }
            return;
        }
        let document = Document::new(file, text, table.get_ref());
        let sink = Sink::new(&document);
        let mut root = Table::root(&sink, table.get_ref());
        let bad_name = match (named(file, "forms"), named(file, "purposes")) {
            (Some(name), _) => {
                let form = files::form(&mut root);
                let id = FormId::parse(name);
                id.map(|id| self.definitions.forms.insert(id, form)).err()
            }
            (_, Some(name)) => {
                let purpose = files::purpose(&mut root);
                let id = PurposeId::parse(name);
                id.map(|id| self.definitions.purposes.insert(id, purpose)).err()
            }
            _ if file == CONTROLLER => {
                self.definitions.controllers = files::controllers(&mut root);
                None
            }
            _ if file == BANNER => {
                self.definitions.banner = Some(files::banner(&mut root));
                None
            }
            _ => {
                let destinations: Option<Vec<Destination>> = root.tables("destination", files::destination);
                self.definitions.destinations = destinations.unwrap_or_default();
                None
            }
        };
        root.finish();
        let found = sink.into_findings();
        self.findings.extend(found);
        if let Some(error) = bad_name {
            self.bad_file_name(file, &error);
        }
        self.documents.insert(file.to_owned(), document);
    }

    fn bad_file_name(&mut self, file: &str, error: &IdError) {
        let message = format!("the file's name is the name of what it declares, and {error}; rename the file");
        self.start_of(file, Rule::BadName, &message);
    }

    fn start_of(&mut self, file: &str, rule: Rule, message: &str) {
        let place = Place { line: 1, column: 1, width: 1 };
        self.findings.push(Finding { file: file.to_owned(), place, rule, message: message.to_owned() });
    }
}
