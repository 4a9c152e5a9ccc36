//! The forms room: what the site shows, and everything it has ever shown.
//!
//! The owner's folder is read and linted at start and on SIGHUP; each form becomes a [`Version`], named by the
//! SHA-256 of an archived bundle of definition, words, rendered HTML and stylesheet. A version is never changed:
//! whatever differs is another one, and the old ones stay, so that anything shown can be produced again byte for
//! byte. A folder with an error in it changes nothing: the versions that were shown before stay in place.

mod bundle;
mod catalogue;
pub mod check;
mod load;
pub mod sql;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};

use tracing::{error, info, warn};
use unticked_shared::{
    definition::{self, Destination, Finding},
    id::{FormId, Language, PurposeId},
    placement::Content,
    signature::{hex, sha256},
};

use self::sql::{Archived, Kept};
pub use self::{
    bundle::BundleError,
    catalogue::{Catalogue, Views},
    load::{LoadError, folder as definition_files},
    sql::Listed,
};
use crate::{
    store::{Store, StoreError, values::millis},
    world::Clock,
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
    /// Of a banner: its definition as the owner wrote it; a form has none.
    pub banner: Option<definition::Banner>,
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

/// Why the forms cannot be brought up, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum FormsError {
    /// The folder cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The definitions are not sound. `unticked check` shows the same findings, with the lines they are about.
    #[error("{}", described(.0))]
    Unsound(Vec<Finding>),
    /// A version could not be made, or not be read from the archive.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such version was ever shown.
    #[error("there is no version {0}")]
    Unknown(String),
    /// The version is the one that the owner's folder makes now.
    #[error("version {0} is what `{1}` shows now; change the definition first, then withdraw the old version")]
    Current(String, FormId),
}

fn described(findings: &[Finding]) -> String {
    let errors: Vec<String> = findings.iter().filter(|finding| finding.is_error()).map(Finding::to_string).collect();
    format!("the definitions must be corrected first:\n{}", errors.join("\n"))
}

/// The forms that are shown, and the archive of all that were. Cheap to clone.
#[derive(Clone)]
pub struct Forms(Arc<Inner>);

struct Inner {
    store: Store,
    dir: PathBuf,
    clock: Clock,
    views: Views,
    catalogue: RwLock<Arc<Catalogue>>,
    /// Versions that were asked for, by digest: a submission needs its version every time.
    archive: RwLock<BTreeMap<String, Arc<Version>>>,
}

impl Forms {
    /// Reads the folder, lints it, makes a version of each form and archives those that are new.
    ///
    /// An error in the definitions is [`FormsError::Unsound`] with every finding, warnings included; warnings alone
    /// are logged.
    pub async fn open(store: Store, dir: &Path, clock: Clock) -> Result<Self, FormsError> {
        Self::open_with(store, dir, clock, Views::of_the_product()).await
    }

    /// [`Forms::open`] with other views; for tests.
    pub async fn open_with(store: Store, dir: &Path, clock: Clock, views: Views) -> Result<Self, FormsError> {
        let inner = Inner {
            store,
            dir: dir.to_owned(),
            clock,
            views,
            catalogue: RwLock::default(),
            archive: RwLock::default(),
        };
        let forms = Self(Arc::new(inner));
        forms.bring_up().await?;
        Ok(forms)
    }

    /// The archive alone, for whoever shows nothing: a version that was ever shown is found, and none is current.
    pub fn archive(store: Store, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            store,
            dir: PathBuf::new(),
            clock,
            views: Views::of_the_product(),
            catalogue: RwLock::default(),
            archive: RwLock::default(),
        }))
    }

    /// Reads the folder again. On any error what was shown before stays, and the log says why.
    pub async fn reload(&self) -> Result<(), FormsError> {
        let outcome = self.bring_up().await;
        match &outcome {
            Ok(()) => info!("read the definitions again"),
            Err(FormsError::Unsound(findings)) => {
                for finding in findings.iter().filter(|finding| finding.is_error()) {
                    error!(%finding, "the definitions stay as they were");
                }
            }
            Err(cause) => error!(%cause, "the definitions stay as they were"),
        }
        outcome
    }

    async fn bring_up(&self) -> Result<(), FormsError> {
        let checked = definition::check(&load::folder(&self.0.dir)?);
        let Some(definitions) = checked.definitions else { return Err(FormsError::Unsound(checked.findings)) };
        for finding in &checked.findings {
            warn!(%finding, "the definitions could be better");
        }
        let catalogue = Catalogue::new(&definitions, self.0.views)?;
        // Archived before anybody sees it: what was shown can always be produced again.
        let mut tx = self.0.store.begin().await?;
        let now = millis(self.0.clock.now());
        for version in catalogue.versions() {
            let kept = sql::keep(&mut tx, &version.digest, version.form.as_str(), &version.bundle, now).await?;
            match kept {
                Kept::New => info!(form = %version.form, version = %version.digest, "a new version"),
                Kept::Reinstated => warn!(form = %version.form, version = %version.digest, "shown again"),
                Kept::Already => {}
            }
        }
        tx.commit().await?;
        // Emptied, so that what another process has withdrawn is noticed.
        let mut archive = self.0.archive.write().expect(LOCK);
        *archive = catalogue.versions().map(|version| (version.digest.clone(), Arc::clone(version))).collect();
        *self.0.catalogue.write().expect(LOCK) = Arc::new(catalogue);
        Ok(())
    }

    /// The version of `form` that is shown now.
    pub fn current(&self, form: &str) -> Option<Arc<Version>> {
        self.catalogue().version(form).cloned()
    }

    /// Any version that was ever shown, here or by another collector on the same database.
    pub async fn version(&self, digest: &str) -> Result<Option<Arc<Version>>, FormsError> {
        if let Some(version) = self.0.archive.read().expect(LOCK).get(digest) {
            return Ok(Some(Arc::clone(version)));
        }
        let Some(archived) = self.archived(digest).await? else { return Ok(None) };
        let version = Arc::new(Version::from_bundle(archived.bundle, archived.withdrawn_at.is_some())?);
        // Whoever withdrew it in the meantime was later than our look.
        let mut archive = self.0.archive.write().expect(LOCK);
        Ok(Some(Arc::clone(archive.entry(digest.to_owned()).or_insert(version))))
    }

    /// The archived bytes of any version that was ever shown, even of one whose schema this build cannot read any more.
    pub async fn bundle(&self, digest: &str) -> Result<Option<Arc<[u8]>>, FormsError> {
        if let Some(version) = self.0.archive.read().expect(LOCK).get(digest) {
            return Ok(Some(Arc::clone(&version.bundle)));
        }
        Ok(self.archived(digest).await?.map(|archived| archived.bundle.into()))
    }

    async fn archived(&self, digest: &str) -> Result<Option<Archived>, FormsError> {
        let well_formed = digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !well_formed {
            return Ok(None);
        }
        let Some(archived) = sql::find(&mut self.0.store.read().await?, digest).await? else { return Ok(None) };
        match hex(&sha256(&[&archived.bundle])) {
            found if found == digest => Ok(Some(archived)),
            found => Err(BundleError::Altered { named: digest.to_owned(), found }.into()),
        }
    }

    /// Withdraws a version: it is kept, and accepts nothing any more. One that is shown now cannot be withdrawn.
    /// Other processes notice when they read their definitions again.
    pub async fn withdraw(&self, digest: &str) -> Result<(), FormsError> {
        if let Some(current) = self.catalogue().versions().find(|version| version.digest == digest) {
            return Err(FormsError::Current(digest.to_owned(), current.form.clone()));
        }
        let mut tx = self.0.store.begin().await?;
        sql::withdraw(&mut tx, digest, millis(self.0.clock.now())).await?;
        let archived = sql::find(&mut tx, digest).await?.ok_or_else(|| FormsError::Unknown(digest.to_owned()))?;
        let version = Arc::new(Version::from_bundle(archived.bundle, archived.withdrawn_at.is_some())?);
        tx.commit().await?;
        self.0.archive.write().expect(LOCK).insert(digest.to_owned(), version);
        info!(version = digest, "withdrew a version");
        Ok(())
    }

    /// Every version that was ever shown, by form, the newest first.
    pub async fn list(store: &Store) -> Result<Vec<Listed>, StoreError> {
        sql::list(&mut store.read().await?).await
    }

    /// The archived bytes of a version.
    pub async fn archived_bytes(store: &Store, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sql::find(&mut store.read().await?, digest).await?.map(|archived| archived.bundle))
    }

    /// Who receives leads, as declared now.
    pub fn destinations(&self) -> Arc<Vec<Destination>> {
        Arc::clone(&self.catalogue().destinations)
    }

    /// Everything that is shown now.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.0.catalogue.read().expect(LOCK))
    }
}

/// No code of ours can panic while it holds one of these locks.
const LOCK: &str = "no panic under this lock";
