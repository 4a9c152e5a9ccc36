//! The forms room: what the site shows, and everything it has ever shown.
//!
//! The owner's folder is read and linted at start and on SIGHUP; each form becomes a [`Version`], named by the
//! SHA-256 of an archived bundle of definition, words, rendered HTML and stylesheet. A version is never changed:
//! whatever differs is another one, and the old ones stay, so that anything shown can be produced again byte for
//! byte. A folder with an error in it changes nothing: the versions that were shown before stay in place.

mod bundle;
mod catalogue;
mod load;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};

use unticked_shared::{
    definition::{self, Definitions, Destination, Finding},
    id::{FormId, Language, PurposeId},
    placement::Content,
};

pub use self::{
    bundle::BundleError,
    catalogue::{Catalogue, Views},
    load::LoadError,
};

/// One version of one form: what was shown, in every language. Never changed once it is made.
#[derive(Debug, Clone)]
pub struct Version {
    /// Hexadecimal SHA-256 of [`Version::bundle`].
    pub digest: String,
    /// The form.
    pub form: FormId,
    /// Its definition.
    pub definition: definition::Form,
    /// The purposes it names.
    pub purposes: BTreeMap<PurposeId, definition::Purpose>,
    /// What is shown, by language.
    pub faces: BTreeMap<Language, Face>,
    /// The stylesheet it was shown with.
    pub stylesheet: String,
    /// Canonical JSON of all of it: the archived bytes.
    pub bundle: Arc<[u8]>,
    /// The owner has withdrawn it: it is kept, and accepts nothing any more.
    pub withdrawn: bool,
}

/// A version in one language.
#[derive(Debug, Clone)]
pub struct Face {
    /// What the views are given.
    pub content: Content,
    /// What they made of it.
    pub html: String,
}

impl Version {
    /// The first of the form's languages; the lint has made sure that there is one.
    pub fn default_language(&self) -> &Language {
        self.definition.languages.first().or_else(|| self.faces.keys().next()).expect("a version has a language")
    }

    /// The face in `language`: exactly, else in the same primary language, else in the default one.
    pub fn face(&self, language: Option<&Language>) -> (&Language, &Face) {
        let exact = language.and_then(|wanted| self.faces.get_key_value(wanted));
        let near = || {
            let wanted = language?;
            self.definition
                .languages
                .iter()
                .find(|own| own.primary() == wanted.primary())
                .and_then(|own| self.faces.get_key_value(own))
        };
        exact
            .or_else(near)
            .or_else(|| self.faces.get_key_value(self.default_language()))
            .expect("every declared language has a face")
    }
}

/// Why the forms could not be brought up.
#[derive(Debug, thiserror::Error)]
pub enum FormsError {
    /// The folder cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The definitions are not sound; `unticked check` shows the same findings.
    #[error("the definitions have {} that must be corrected first", counted(.0))]
    Unsound(Vec<Finding>),
    /// A version could not be made or read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

fn counted(findings: &[Finding]) -> String {
    match findings.iter().filter(|finding| finding.is_error()).count() {
        1 => "1 error".to_owned(),
        n => format!("{n} errors"),
    }
}

/// The forms that are shown, and the archive of all that were.
#[derive(Clone)]
pub struct Forms(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    views: Views,
    catalogue: RwLock<Arc<Catalogue>>,
    archive: RwLock<BTreeMap<String, Arc<Version>>>,
}

impl Forms {
    /// Reads the folder and makes a version of each form.
    pub fn open(dir: &Path) -> Result<Self, FormsError> {
        let views = Views::of_the_product();
        let catalogue = catalogue(dir, views)?;
        let archive = catalogue.versions().map(|version| (version.digest.clone(), version.clone())).collect();
        Ok(Self(Arc::new(Inner {
            dir: dir.to_owned(),
            views,
            catalogue: RwLock::new(Arc::new(catalogue)),
            archive: RwLock::new(archive),
        })))
    }

    /// The version of `form` that is shown now.
    pub fn current(&self, form: &str) -> Option<Arc<Version>> {
        self.catalogue().version(form).cloned()
    }

    /// Any version that was ever shown.
    #[expect(clippy::unused_async, reason = "the archive moves to the database")]
    pub async fn version(&self, digest: &str) -> Result<Option<Arc<Version>>, FormsError> {
        Ok(self.0.archive.read().expect("no panic under this lock").get(digest).cloned())
    }

    /// Who receives leads, as declared now.
    pub fn destinations(&self) -> Arc<Vec<Destination>> {
        self.catalogue().destinations.clone()
    }

    /// Everything that is shown now.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.0.catalogue.read().expect("no panic under this lock").clone()
    }

    /// Reads the folder again; on any error what was shown before stays, and the error says why.
    #[expect(clippy::unused_async, reason = "the archive moves to the database")]
    pub async fn reload(&self) -> Result<(), FormsError> {
        let catalogue = catalogue(&self.0.dir, self.0.views)?;
        let mut archive = self.0.archive.write().expect("no panic under this lock");
        archive.extend(catalogue.versions().map(|version| (version.digest.clone(), version.clone())));
        *self.0.catalogue.write().expect("no panic under this lock") = Arc::new(catalogue);
        Ok(())
    }
}

fn catalogue(dir: &Path, views: Views) -> Result<Catalogue, FormsError> {
    let checked = definition::check(&load::folder(dir)?);
    let Some(definitions) = checked.definitions else { return Err(FormsError::Unsound(checked.findings)) };
    let definitions: Definitions = definitions;
    Ok(Catalogue::new(&definitions, views)?)
}
