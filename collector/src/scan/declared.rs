//! What the owner has declared: the services of `banner.toml`, each with whether visitors are asked about it.

use std::collections::{BTreeMap, BTreeSet};

use unticked_shared::{
    decision::LegalBasis,
    definition::{self, Banner, Purpose, banner::Service},
    id::{Language, PurposeId},
};

/// The owner's definitions, as far as they can be read.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// What the banner lists; empty where there is none.
    pub services: Vec<Service>,
    /// The purposes that visitors are asked about; the others are served without asking.
    pub asked: BTreeSet<PurposeId>,
    /// Every purpose, by name.
    pub purposes: BTreeMap<PurposeId, Purpose>,
    /// The languages that texts are needed in, the default first.
    pub languages: Vec<Language>,
    /// Whether there is a `banner.toml`.
    pub banner: bool,
    /// What could not be read, for the owner.
    pub trouble: Option<String>,
}

impl Declared {
    /// Reads a folder's files, by their names under it; what has errors elsewhere is read all the same.
    pub fn read(files: &BTreeMap<String, String>) -> Self {
        let mut declared = Self { banner: files.contains_key("banner.toml"), ..Self::default() };
        let banner = if let Some(definitions) = definition::check(files).definitions {
            let forms = definitions.forms.values().flat_map(|form| &form.languages);
            for language in definitions.banner.iter().flat_map(|banner| &banner.languages).chain(forms) {
                if !declared.languages.contains(language) {
                    declared.languages.push(language.clone());
                }
            }
            declared.purposes = definitions.purposes;
            definitions.banner
        } else {
            let trouble = "these definitions have errors, which `unticked check` names";
            declared.trouble = Some(format!("{trouble}; what of them could be read counts"));
            for (name, text) in files {
                let id =
                    name.strip_prefix("purposes/").and_then(|name| PurposeId::parse(name.strip_suffix(".toml")?).ok());
                if let (Some(id), Ok(purpose)) = (id, toml::from_str::<Purpose>(text)) {
                    declared.purposes.insert(id, purpose);
                }
            }
            let read = files.get("banner.toml").map(|text| toml::from_str::<Banner>(text));
            if let Some(Err(_)) = &read {
                declared.trouble =
                    Some(format!("{trouble}; banner.toml cannot be read, so nothing counts as declared"));
            }
            read.and_then(Result::ok)
        };
        if let Some(banner) = banner {
            let rests_elsewhere = |id: &PurposeId| {
                let basis = declared.purposes.get(id).and_then(|purpose| purpose.legal_basis);
                basis.is_some_and(|basis| basis != LegalBasis::Consent)
            };
            declared.asked = banner
                .services
                .iter()
                .map(|service| &service.purpose)
                .filter(|id| !rests_elsewhere(id))
                .cloned()
                .collect();
            if declared.languages.is_empty() {
                declared.languages = banner.languages;
            }
            declared.services = banner.services;
        }
        declared
    }

    /// Whether a service waits for a grant.
    pub fn is_asked(&self, service: &Service) -> bool {
        self.asked.contains(&service.purpose)
    }
}
