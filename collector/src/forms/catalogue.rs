//! From definitions to the versions that are shown now.

use std::{collections::BTreeMap, sync::Arc};

use unticked_shared::{
    definition::{self, Banner, Definitions, Destination, Form},
    id::{FormId, Language},
    placement::Content,
};

use super::{
    Version,
    bundle::{Bundle, BundleError, BundledFace, SCHEMA},
};

/// What makes a face of a content, and how it looks.
#[derive(Clone, Copy)]
pub struct Views {
    /// Renders a form, or a banner, as it stands before anybody has touched it.
    pub render: fn(&Content) -> String,
    /// The forms' stylesheet.
    pub stylesheet: &'static str,
    /// The banner's.
    pub banner_stylesheet: &'static str,
}

impl Views {
    /// The widget's.
    pub fn of_the_product() -> Self {
        Self {
            render: unticked_widget::render_form,
            stylesheet: crate::assets::stylesheet(),
            banner_stylesheet: crate::assets::banner_stylesheet(),
        }
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
        let mut versions = definitions.forms.keys().map(version).collect::<Result<BTreeMap<_, _>, BundleError>>()?;
        if let Some(banner) = &definitions.banner {
            versions.insert(Banner::id(), Arc::new(banner_version(definitions, banner, views)?));
        }
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
    let (purposes, controllers) = (&definitions.purposes, &definitions.controllers);
    let content = |language: &Language| definition::content(id, form, purposes, controllers, language);
    bundled(definitions, id.clone(), form.clone(), None, views, content)
}

fn banner_version(definitions: &Definitions, banner: &Banner, views: Views) -> Result<Version, BundleError> {
    let (purposes, controllers) = (&definitions.purposes, &definitions.controllers);
    let content = |language: &Language| definition::banner_content(banner, purposes, controllers, language);
    bundled(definitions, Banner::id(), banner.form(), Some(banner.clone()), views, content)
}

fn bundled(
    definitions: &Definitions,
    id: FormId,
    form: Form,
    banner: Option<Banner>,
    views: Views,
    content: impl Fn(&Language) -> Content,
) -> Result<Version, BundleError> {
    let used = |id| definitions.purposes.get_key_value(id);
    let face = |language: &Language| {
        let content = content(language);
        let html = (views.render)(&content);
        (language.clone(), BundledFace::new(content, html))
    };
    let bundle = Bundle {
        schema: SCHEMA.to_owned(),
        form: id,
        purposes: form.purposes.iter().filter_map(used).map(|(id, p)| (id.clone(), p.clone())).collect(),
        controllers: definitions.controllers.clone(),
        faces: form.languages.iter().map(face).collect(),
        stylesheet: if banner.is_some() { views.banner_stylesheet } else { views.stylesheet }.to_owned(),
        definition: form,
        banner,
    };
    Version::from_bundle(bundle.to_bytes()?, false)
}
