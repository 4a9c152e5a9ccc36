//! `banner.toml`: what the site asks before it loads anything that is not necessary, and what each purpose would load.
//!
//! A banner is asked, shown, archived, sent and proved as a form is: one without fields, whose name is [`ID`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Form, Localized, form::Robots};
use crate::id::{FormId, Language, PurposeId};
pub use crate::placement::Layout;

/// The name under which the banner travels where a form's would stand. No form may have it.
pub const ID: &str = "banner";

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Banner {
    /// The heading.
    pub title: Localized,
    /// A sentence or two under it: what the site would like to do, and that nothing has happened yet.
    pub text: Localized,
    /// The languages it is shown in; the first is the default.
    pub languages: Vec<Language>,
    /// The origins of the site's pages, such as `https://shop.example`. The collector's own pages need no entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Its purposes, in the order shown. Those whose basis is consent are asked, each by a switch of its own; what rests on
    /// another basis is told and has none. A purpose's name is also the category that tags are marked with.
    pub purposes: Vec<PurposeId>,
    /// Where it stands on the page.
    #[serde(default)]
    pub layout: Layout,
    /// ISO 8601 duration (`P6M`) after which a decision, refusal and grant alike, is asked for again.
    #[serde(default = "ask_again")]
    pub ask_again: String,
    /// The owner's words for the buttons; the product's where absent. The two are shown alike whatever they say.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub accept: Localized,
    /// Of the button that refuses everything.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub refuse: Localized,
    /// Of the button that opens the switches.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub choose: Localized,
    /// Of the button that keeps the switches as they are.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub save: Localized,
    /// Whether a page without an element of its own (`data-unticked="settings"`) gets a button that opens the settings.
    #[serde(default = "yes")]
    pub settings_button: bool,
    /// `navigator.doNotTrack` is taken for a refusal as `globalPrivacyControl` is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub do_not_track: bool,
    /// The purpose that cannot do without a random id on the device; no id is made before it is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor_id: Option<PurposeId>,
    /// The purpose under which that id may be joined to the person who sends a form. Read and checked; nothing joins yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_forms: Option<PurposeId>,
    /// Other names that tags are marked with, such as those of the tool before, each with our purpose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, PurposeId>,
    /// What others' tags want to be told.
    #[serde(default, skip_serializing_if = "Signals::is_empty")]
    pub signals: Signals,
    /// What would be loaded, and what it would leave on the device.
    #[serde(default, rename = "service", skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
}

fn ask_again() -> String {
    "P6M".to_owned()
}

fn yes() -> bool {
    true
}

impl Banner {
    /// The form that it is to everybody but the views.
    pub fn form(&self) -> Form {
        Form {
            title: self.title.clone(),
            intro: self.text.clone(),
            submit: self.save.clone(),
            languages: self.languages.clone(),
            sites: self.sites.clone(),
            purposes: self.purposes.clone(),
            destinations: Vec::new(),
            required_note: Localized::default(),
            steps: Vec::new(),
            fields: Vec::new(),
            robots: Robots { honeypot: false, minimum_seconds: 0 },
            addresses_minors: false,
            guardian: Localized::default(),
        }
    }

    /// [`ID`], parsed.
    pub fn id() -> FormId {
        FormId::parse(ID).expect("a usable name")
    }
}

/// Whether a version's form is the banner.
pub fn is_banner(form: &FormId) -> bool {
    form.as_str() == ID
}

/// What others' tags want to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signals {
    /// Google Consent Mode v2: from each of its types (`ad_storage`, `analytics_storage`, `ad_user_data`, …) to our purpose.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub google: BTreeMap<String, PurposeId>,
    /// Microsoft's universal event tracking: the purpose behind its `ad_storage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uet: Option<PurposeId>,
    /// Matomo: the purpose without which it neither tracks nor sets a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matomo: Option<PurposeId>,
}

impl Signals {
    /// Nobody is told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One service that the site would use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name, such as `Matomo`.
    pub name: String,
    /// The purpose it serves.
    pub purpose: PurposeId,
    /// Who receives the data, and where.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub recipient: Localized,
    /// The hosts it is loaded from or reports to: `matomo.example`, `*.doubleclick.net`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The cookies it leaves.
    #[serde(default, rename = "cookie", skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<Cookie>,
    /// What else it leaves on the device.
    #[serde(default, rename = "storage", skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<Stored>,
}

/// A cookie that a service leaves; deleted when its purpose is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cookie {
    /// Its name; `*` stands for any characters: `_pk_id.*`.
    pub name: String,
    /// The domain it was set for, where that is not the page's own: `.shop.example`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The path it was set for, where that is not `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How long it stays, in words.
    pub duration: Localized,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub why: Localized,
}

/// An entry in the browser's storage that a service leaves; deleted when its purpose is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// Its key; `*` stands for any characters.
    pub key: String,
    /// Which storage.
    pub kind: StorageKind,
    /// How long it stays, in words; what is in the session's storage ends with the tab.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub duration: Localized,
}

/// The browser's two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// `localStorage`.
    Local,
    /// `sessionStorage`.
    Session,
}
