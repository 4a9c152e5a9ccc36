//! Vtiger destinations: whether what is mapped exists, arrives, and comes with what was decided.

use std::collections::BTreeMap;

use super::{Lint, Page, is_consent, listed};
use crate::{
    definition::{
        Destination, Form,
        destination::{About, Duplicates, Vtiger, VtigerWithdrawal},
        rule::Rule,
        suggest::did_you_mean,
    },
    id::{FieldId, PurposeId},
};

/// What `capture.php` and its session read for themselves; `callback` would turn the answer into a script.
const RESERVED: [&str; 7] = ["publicid", "name", "urlencodeenable", "callback", "action", "module", "__vtrftk"];

/// One Vtiger destination under the lint.
struct View<'v, 'l, 'r> {
    lint: &'v Lint<'l>,
    page: &'v Page<'r>,
    destination: &'v Destination,
    vtiger: &'v Vtiger,
    at: String,
    /// The forms that send to it.
    forms: Vec<&'v Form>,
}

pub(super) fn check(lint: &Lint<'_>, page: &Page<'_>, index: usize, destination: &Destination, vtiger: &Vtiger) {
    let forms = lint.forms().map(|(_, form)| form).filter(|form| form.destinations.contains(&destination.id));
    let at = format!("destination[{index}]");
    let view = View { lint, page, destination, vtiger, at, forms: forms.collect() };
    view.address();
    view.public_id("public_id", &vtiger.public_id);
    let tables = [keys("fields", &vtiger.fields), keys("about", &vtiger.about), keys("decided", &vtiger.decided)];
    view.names("", tables.concat());
    view.fields();
    view.decided("", &vtiger.decided);
    view.last_name();
    view.decisions();
    view.withdrawal();
}

fn keys<'k, T>(table: &'static str, entries: &'k BTreeMap<String, T>) -> Vec<(&'static str, &'k str)> {
    entries.keys().map(|key| (table, key.as_str())).collect()
}

impl View<'_, '_, '_> {
    fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.at)
    }

    fn address(&self) {
        let path = self.destination.url.split(['?', '#']).next().unwrap_or_default();
        if !self.destination.url.is_empty() && !path.ends_with("/capture.php") {
            let message = "Vtiger takes webforms at …/modules/Webforms/capture.php; copy `action=\"…\"` from the HTML \
                           that it shows for the webform";
            self.page.value(&self.path("url"), Rule::BadUrl, message);
        }
    }

    fn public_id(&self, key: &str, id: &str) {
        let named = id.strip_prefix("secrets.");
        let usable = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if id.is_empty() && self.page.document.is_some_and(|document| document.holds(&self.path(key))) {
            let message = "copy the webform's public id from Vtiger (Settings, Automation, Webforms)";
            self.page.value(&self.path(key), Rule::BadSecret, message);
        } else if !usable(named.unwrap_or(id)) || named == Some("") {
            let message = format!("`{id}` is no public id, which is letters and digits; write it, or secrets.NAME");
            self.page.value(&self.path(key), Rule::BadSecret, message);
        }
    }

    /// Vtiger's names: none that it keeps for itself, none twice.
    fn names(&self, under: &str, entries: Vec<(&'static str, &str)>) {
        let mut seen = BTreeMap::new();
        for (table, key) in entries {
            let path = self.path(&format!("{under}{table}.{key}"));
            let plain = key.strip_suffix("[]").unwrap_or(key);
            if plain.is_empty() || plain.chars().any(char::is_control) || RESERVED.contains(&plain) {
                let message = format!(
                    "`{key}` is no field of a record: Vtiger reads it for itself; \
                     copy the `name=\"…\"` of the field from the webform's HTML, such as lastname or cf_853"
                );
                self.page.key(&path, Rule::ReservedField, message);
            }
            if let Some(first) = seen.insert(plain.to_owned(), table) {
                let message = format!("`{plain}` is filled in under {first} already; give each a field of its own");
                self.page.key(&path, Rule::Duplicate, message);
            }
        }
    }

    /// The form's fields on the right side: they exist somewhere, and something may be sent in them.
    fn fields(&self) {
        // A form that could not be read may have any field.
        let all_known = self.lint.reading.broken.is_empty();
        for (key, names) in &self.vtiger.fields {
            for (index, name) in names.iter().enumerate() {
                let entry = self.path(&format!("fields.{key}[{index}]"));
                let alone = self.path(&format!("fields.{key}"));
                let is_list = self.page.document.is_some_and(|document| document.holds(&entry));
                let path = if is_list { entry } else { alone };
                let mut uses = self.uses(name).peekable();
                if uses.peek().is_none() {
                    if all_known && !self.forms.is_empty() {
                        let known = self.forms.iter().flat_map(|form| &form.fields).map(|field| field.id.as_str());
                        let hint = did_you_mean(name.as_str(), known);
                        let message = format!("no form that sends here has a field `{name}`{hint}");
                        self.page.value(&path, Rule::UnknownField, message);
                    }
                } else if !uses.any(|purposes| purposes.iter().any(|own| self.destination.purposes.contains(own))) {
                    let message = format!(
                        "`{name}` is used for none of the purposes that `{}` may hold data for ({}), so it is never \
                         sent; remove it here, or name one of its purposes in `purposes`",
                        self.destination.id,
                        listed(&self.destination.purposes)
                    );
                    self.page.value(&path, Rule::UnusedMapping, message);
                }
            }
        }
    }

    /// The purposes of the field in each form that has it.
    fn uses<'s>(&'s self, name: &'s FieldId) -> impl Iterator<Item = &'s [PurposeId]> {
        let fields = self.forms.iter().flat_map(|form| &form.fields);
        fields.filter(move |field| field.id == *name).map(|field| field.purposes.as_slice())
    }

    fn decided(&self, under: &str, entries: &BTreeMap<String, PurposeId>) {
        let known = || self.lint.reading.definitions.purposes.keys().map(PurposeId::as_str);
        for (key, purpose) in entries {
            if self.lint.purpose(purpose).is_none() && !self.lint.may_exist(purpose) {
                let hint = did_you_mean(purpose.as_str(), known());
                let message = format!("no file purposes/{purpose}.toml declares this purpose{hint}");
                self.page.value(&self.path(&format!("{under}decided.{key}")), Rule::UnknownPurpose, message);
            }
        }
    }

    fn last_name(&self) {
        if !self.vtiger.needs_last_name() {
            return;
        }
        if self.vtiger.about.contains_key("lastname") {
            return;
        }
        let mapped = self.vtiger.fields.get("lastname");
        let without = self.lint.forms().filter(|(_, form)| {
            form.destinations.contains(&self.destination.id)
                && !mapped.is_some_and(|names| form.fields.iter().any(|field| names.contains(&field.id)))
        });
        let without: Vec<_> = without.map(|(id, _)| id).collect();
        let all_known = mapped.is_none_or(|names| names.iter().all(|name| self.uses(name).next().is_some()));
        if without.is_empty() || (mapped.is_some() && !all_known) {
            return;
        }
        let message = format!(
            "Vtiger refuses {} without `lastname`, and no field of the form {} fills it in; write, for instance, \
             lastname = [\"name\", \"email\"], of which the first that was filled in counts",
            self.vtiger.module,
            listed(without)
        );
        self.page.key(&self.path("fields"), Rule::NoLastName, message);
    }

    fn decisions(&self) {
        let holds = |what: About| self.vtiger.about.values().any(|about| *about == what);
        if !holds(About::Decisions) {
            let message = "the CRM would hold data without what was decided about them; make a text area in Vtiger, add \
                           it to the webform, and map it: about = { cf_853 = \"decisions\" }";
            self.page.key(&self.path("about"), Rule::NoDecisions, message);
        }
        if self.vtiger.duplicates == Duplicates::ByReference && !holds(About::Reference) {
            let message = "Vtiger cannot tell duplicates by a reference that it is not sent; map it: \
                           about = { cf_855 = \"reference\" }";
            self.page.value(&self.path("duplicates"), Rule::NoReference, message);
        } else if !holds(About::Evidence) && !holds(About::Reference) {
            let message = "nothing in the CRM would lead to the evidence, and a lead that arrives twice could not be told \
                           from two leads; map it: about = { cf_855 = \"reference\", cf_857 = \"evidence\" }";
            self.page.key(&self.path("about"), Rule::NoEvidence, message);
        }
    }

    fn withdrawal(&self) {
        let Some(withdrawal) = &self.vtiger.withdrawal else {
            let asked: Vec<_> = self
                .destination
                .purposes
                .iter()
                .filter(|id| self.lint.purpose(id).is_some_and(is_consent))
                .filter(|id| self.forms.iter().any(|form| form.purposes.contains(id)))
                .collect();
            if !asked.is_empty() {
                let message = format!(
                    "who takes {} back is not heard by the CRM: each withdrawal would be listed as failed, for you to \
                     carry out by hand; make a second webform and name it under [destination.withdrawal]",
                    listed(asked)
                );
                self.page.value(&self.path("kind"), Rule::NoWithdrawal, message);
            }
            return;
        };
        let VtigerWithdrawal { public_id, about, decided, .. } = withdrawal;
        self.public_id("withdrawal.public_id", public_id);
        self.names("withdrawal.", [keys("about", about), keys("decided", decided)].concat());
        self.decided("withdrawal.", decided);
        if !about.values().any(|about| matches!(about, About::Reference | About::Subject | About::Title)) {
            let message = "nobody could find whose consent it was; map at least the reference: \
                           about = { lastname = \"title\", cf_855 = \"reference\" }";
            self.page.key(&self.path("withdrawal"), Rule::NamelessWithdrawal, message);
        }
    }
}
