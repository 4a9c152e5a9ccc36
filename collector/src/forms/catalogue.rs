//! From definitions to the versions that are shown now.

use std::{collections::BTreeMap, sync::Arc};

use unticked_shared::{
    definition::{self, Definitions, Destination},
    id::FormId,
    placement::Content,
};

use super::{
    Version,
    bundle::{Bundle, BundleError, BundledFace, SCHEMA},
};

/// What makes a face of a content, and how it looks.
#[derive(Clone, Copy)]
pub struct Views {
    /// Renders a form as it stands before anybody has touched it.
    pub render: fn(&Content) -> String,
    /// The stylesheet.
    pub stylesheet: &'static str,
}

impl Views {
    /// The widget's.
    pub fn of_the_product() -> Self {
        Self { render: unticked_widget::render_form, stylesheet: crate::assets::stylesheet() }
    }
}

/// The current version of each form, and who receives leads.
#[derive(Debug, Default)]
pub struct Catalogue {
    versions: BTreeMap<FormId, Arc<Version>>,
    /// As declared.
    pub destinations: Arc<Vec<Destination>>,
}

impl Catalogue {
    /// Makes a version of each form. The same definitions, words and views make the same versions.
    pub fn new(definitions: &Definitions, views: Views) -> Result<Self, BundleError> {
        let version = |id: &FormId| Ok((id.clone(), Arc::new(version(definitions, id, views)?)));
        let versions = definitions.forms.keys().map(version).collect::<Result<_, BundleError>>()?;
        Ok(Self { versions, destinations: Arc::new(definitions.destinations.clone()) })
    }

    /// The version of `form` that is shown now.
    pub fn version(&self, form: &str) -> Option<&Arc<Version>> {
        self.versions.get(form)
    }

    /// Every version that is shown now.
    pub fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.versions.values()
    }
}

fn version(definitions: &Definitions, id: &FormId, views: Views) -> Result<Version, BundleError> {
    let form = &definitions.forms[id];
    let used = |id| definitions.purposes.get_key_value(id);
    let face = |language: &unticked_shared::id::Language| {
        let content = definition::content(id, form, &definitions.purposes, &definitions.controllers, language);
        let html = (views.render)(&content);
        (language.clone(), BundledFace::new(content, html))
    };
    let bundle = Bundle {
        schema: SCHEMA.to_owned(),
        form: id.clone(),
        definition: form.clone(),
        purposes: form.purposes.iter().filter_map(used).map(|(id, p)| (id.clone(), p.clone())).collect(),
        controllers: definitions.controllers.clone(),
        faces: form.languages.iter().map(face).collect(),
        stylesheet: views.stylesheet.to_owned(),
    };
    Version::from_bundle(bundle.to_bytes()?, false)
}
