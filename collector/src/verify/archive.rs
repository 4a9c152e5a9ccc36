//! What was shown: each archived version against its name, and what a record says of it. No database.

use std::collections::{BTreeMap, HashMap};

use unticked_shared::{
    evidence::{PartA, statement_digest},
    id::{Language, PurposeId},
    signature::{hex, sha256},
};

use super::finding::{Finding, Place};
use crate::forms::Version;

/// The archived versions, as far as records speak of them.
#[derive(Debug, Default)]
pub struct Archive(HashMap<String, Shown>);

/// A version, by language: the digest of each purpose's statement. None where its bytes cannot be read.
#[derive(Debug)]
struct Shown {
    /// None where nobody says it: the bytes cannot be read, and lie in no archive of a form.
    form: Option<String>,
    statements: Option<BTreeMap<Language, BTreeMap<PurposeId, String>>>,
}

impl Archive {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether it was taken up under its right name.
    pub fn holds(&self, version: &str) -> bool {
        self.0.contains_key(version)
    }

    /// Takes one up, and says what is wrong with it.
    pub fn take(&mut self, digest: &[u8], form: &[u8], bundle: Vec<u8>) -> Vec<Finding> {
        let name = String::from_utf8_lossy(digest).into_owned();
        self.take_filed(&name, Some(form), bundle)
            .into_iter()
            .map(|says| Finding::new(Place::Version { version: name.clone() }, says))
            .collect()
    }

    /// The same for one that lies in no archive, but in a file of this name; answers what is wrong in words.
    pub fn take_file(&mut self, name: &str, bundle: Vec<u8>) -> Vec<String> {
        self.take_filed(name, None, bundle)
    }

    fn take_filed(&mut self, name: &str, form: Option<&[u8]>, bundle: Vec<u8>) -> Vec<String> {
        let found = hex(&sha256(&[&bundle]));
        if found != name {
            return vec![format!("its bytes are not what its name says; their SHA-256 is {found}")];
        }
        let mut findings = Vec::new();
        let filed = form.map(|form| String::from_utf8_lossy(form).into_owned());
        let version = Version::from_bundle(bundle, false);
        let shown = match &version {
            Ok(version) => {
                if let Some(filed) = filed.filter(|filed| version.form.as_str() != filed) {
                    findings.push(format!("it is of the form `{}` and filed under `{filed}`", version.form));
                }
                Shown { form: Some(version.form.to_string()), statements: Some(statements(version)) }
            }
            // Named by the right digest: what was archived, by a build that knew more or less than this one.
            Err(_) => Shown { form: filed, statements: None },
        };
        self.0.insert(name.to_owned(), shown);
        findings
    }

    /// What is wrong with what a record says of the version that was shown.
    pub fn judge(&self, part: &PartA) -> Vec<String> {
        let Some(shown) = self.0.get(&part.version) else {
            return vec![format!("the version {} that it names is not in the archive as it was shown", part.version)];
        };
        if let Some(form) = shown.form.as_ref().filter(|form| *form != part.form.as_str()) {
            return vec![format!("its version is of the form `{form}`, and it says `{}`", part.form)];
        }
        let Some(languages) = &shown.statements else { return Vec::new() };
        let Some(statements) = languages.get(&part.language) else {
            return vec![format!("its version was never shown in the language `{}`", part.language)];
        };
        let differs = part.purposes.iter().filter(|purpose| statements.get(&purpose.id) != Some(&purpose.statement));
        differs
            .map(|purpose| format!("the statement of `{}` is not the one that its version showed", purpose.id))
            .collect()
    }
}

fn statements(version: &Version) -> BTreeMap<Language, BTreeMap<PurposeId, String>> {
    let of_face = |content: &unticked_shared::placement::Content| {
        content.purposes.iter().map(|text| (text.id.clone(), statement_digest(&text.statement))).collect()
    };
    version.faces.iter().map(|(language, face)| (language.clone(), of_face(&face.content))).collect()
}
