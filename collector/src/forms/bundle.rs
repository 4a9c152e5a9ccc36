//! The archived bytes of a version, and how a version is read back from them.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use unticked_shared::{
    canonical::{self, CanonicalError},
    definition::{Banner, Controllers, Form, Purpose},
    id::{FormId, Language, PurposeId},
    placement::Content,
    signature::{hex, sha256},
    texts::Words,
};

use super::{Face, Version};

/// The `schema` of the bundles that this build writes.
pub const SCHEMA: &str = "unticked version v1";

/// Why a bundle cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The definition has no canonical form.
    #[error("a version has no canonical form: {0}")]
    Canonical(#[from] CanonicalError),
    /// The archived bytes are no bundle.
    #[error("an archived version cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The archived bytes have a schema that this build does not know.
    #[error("an archived version has the schema `{0}`, which this build does not know")]
    Schema(String),
    /// The archived bytes are not those that the name was made of.
    #[error("the archived version {named} was altered: its bytes have the digest {found}")]
    Altered {
        /// The name.
        named: String,
        /// What the bytes say.
        found: String,
    },
}

/// What is archived, as canonical JSON.
///
/// The content itself is kept, not only what it was made from: a later build may make it otherwise. Words stand by
/// name, since their order belongs to the build.
#[derive(Serialize, Deserialize)]
pub(super) struct Bundle {
    pub schema: String,
    pub form: FormId,
    pub definition: Form,
    /// Of a banner: its definition; a form has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banner: Option<Banner>,
    pub purposes: BTreeMap<PurposeId, Purpose>,
    pub controllers: Controllers,
    pub faces: BTreeMap<Language, BundledFace>,
    pub stylesheet: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct BundledFace {
    /// Its words are taken out.
    content: Content,
    words: BTreeMap<String, String>,
    html: String,
}

impl BundledFace {
    pub fn new(mut content: Content, html: String) -> Self {
        let words = content.words.by_name();
        content.words = Words::default();
        Self { content, words, html }
    }
}

impl Bundle {
    /// The bytes that name the version.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BundleError> {
        Ok(canonical::to_vec(self)?)
    }
}

impl Version {
    /// Reads a version back from its archived bytes. A new version comes this way, too, so that what is shown today
    /// and what the archive gives tomorrow are made by the same code.
    pub fn from_bundle(bytes: Vec<u8>, withdrawn: bool) -> Result<Self, BundleError> {
        let digest = hex(&sha256(&[&bytes]));
        let bundle: Bundle = serde_json::from_slice(&bytes)?;
        if bundle.schema != SCHEMA {
            return Err(BundleError::Schema(bundle.schema));
        }
        let face = |(language, face): (Language, BundledFace)| {
            let words = Words::from_names(&face.words);
            (language, Face { content: Content { words, ..face.content }, html: face.html })
        };
        Ok(Self {
            digest,
            form: bundle.form,
            definition: bundle.definition,
            banner: bundle.banner,
            purposes: bundle.purposes,
            faces: bundle.faces.into_iter().map(face).collect(),
            stylesheet: bundle.stylesheet,
            bundle: Arc::from(bytes),
            withdrawn,
        })
    }
}
