//! A placement: the rendered form of one version and language, the same for everyone, cacheable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    decision::LegalBasis,
    id::{Direction, FieldId, FormId, Language, PurposeId},
    texts::Words,
};

/// The answer of `GET /v1/forms/{form}/placement?lang=…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The version it shows, hexadecimal SHA-256 of the archived bundle.
    pub version: String,
    /// The widget build that rendered it; empty when the collector was built without the Wasm.
    pub build: String,
    /// The stylesheet's path, such as `/assets/unticked-1a2b3c4d.css`.
    pub stylesheet: String,
    /// The form, rendered. Its address is `/f/{form}`; the loader puts the collector's own before it.
    pub html: String,
    /// What the views were rendered from, so that the browser can hydrate them.
    pub content: Content,
    /// Of a banner: the name of what each asked purpose is agreed to, as the gate's configuration has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agreed: BTreeMap<PurposeId, String>,
}

/// Everything a form says and asks, in one language: the views' only input besides the visitor's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The form.
    pub form: FormId,
    /// The language.
    pub language: Language,
    /// The direction of its script.
    pub direction: Direction,
    /// The heading.
    pub title: String,
    /// A sentence or two under it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub intro: String,
    /// All who rely on the consent, by name; the first is the site's own.
    pub controllers: Vec<ControllerText>,
    /// The fields, in pages; a form without steps has one.
    pub steps: Vec<Step>,
    /// The purposes, in the owner's order.
    pub purposes: Vec<PurposeText>,
    /// The rest of what Arts 13 and 14 ask for.
    pub notice: NoticeText,
    /// The label of the button that sends.
    pub submit: String,
    /// Seconds from the ticket below which a submission is held back as a robot's; the widget waits so long.
    #[serde(default)]
    pub minimum_seconds: u32,
    /// Of a banner: what it says and asks besides. A form has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banner: Option<BannerText>,
    /// The product's own words.
    pub words: Words,
}

impl Content {
    /// Every field, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.steps.iter().flat_map(|step| &step.fields)
    }

    /// The field of that name.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields().find(|field| field.id.as_str() == id)
    }

    /// The purposes that the visitor is asked about: those whose basis is consent.
    pub fn asked(&self) -> impl Iterator<Item = &PurposeText> {
        self.purposes.iter().filter(|purpose| purpose.legal_basis == LegalBasis::Consent)
    }
}

/// Who decides why and how the data are used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControllerText {
    /// The organisation's name.
    pub name: String,
    /// What it does with the data, in a sentence; of a joint controller, its part.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Postal address.
    pub address: String,
    /// A mail address or a telephone number.
    pub contact: String,
}

/// One page of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its heading; empty in a form of one page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// What kind of control a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// One line.
    Text,
    /// A mail address.
    Email,
    /// A telephone number.
    Tel,
    /// An http or https address.
    Url,
    /// A decimal number, kept as text.
    Number,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// Several lines.
    Textarea,
    /// One of a list.
    Select,
    /// One of a few.
    Radio,
    /// Any of a few.
    Checkboxes,
    /// A country, ISO 3166-1 alpha-2.
    Country,
    /// Not shown, but named in the notice: a campaign parameter or a fixed value.
    Hidden,
}

/// One field as a visitor meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name within the form.
    pub id: FieldId,
    /// What kind of control.
    pub kind: FieldKind,
    /// Its label.
    pub label: String,
    /// How to fill it in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// What it is for, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The purposes that use it.
    pub purposes: Vec<PurposeId>,
    /// Whether it may be left empty.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The shape of its text, see [`crate::pattern`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The fewest characters (Unicode scalar values).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// The most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// The least number or earliest day, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The greatest number or latest day, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// Of a select, radio group or checkbox group; of a country, every country by name, in the language's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choosable>,
    /// HTML's autofill token, such as `given-name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    /// The query parameter of the page that may fill it in beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill: Option<String>,
    /// The value of a hidden field that never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// When the field applies; always, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_if: Option<Condition>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// One option of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choosable {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

/// Shows a field only when another one, earlier in the form, holds one of some values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The field that decides.
    pub field: FieldId,
    /// Any of these values makes it true; none listed: any value at all.
    #[serde(default)]
    pub any_of: Vec<String>,
}

/// One purpose as a visitor meets it: everything beside its box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurposeText {
    /// Its id.
    pub id: PurposeId,
    /// Its name.
    pub name: String,
    /// What will happen, in one or two sentences. For consent: the words that are agreed to.
    pub statement: String,
    /// The legal basis.
    pub legal_basis: LegalBasis,
    /// Whether a grant waits for a confirmation by mail.
    #[serde(default, skip_serializing_if = "is_false")]
    pub confirm_by_mail: bool,
    /// Whether data of a special category (Art. 9) are used: the consent is explicit and its words say so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub explicit: bool,
    /// How long, in words.
    pub retention: String,
    /// How long, as an ISO 8601 duration such as `P2Y`.
    pub retention_period: String,
    /// Who receives the data besides the controllers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// Transfers out of the EU/EEA, each with its safeguard, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<String>,
    /// Of legitimate interests: which (Art. 13(1)(d)).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub interest: String,
}

/// What the complete notice says besides controllers and purposes (Arts 13, 14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeText {
    /// The data protection officer's contact.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dpo: String,
    /// The supervisory authority, with its address on the web.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub authority: String,
    /// Whether giving the data is required and what happens otherwise (Art. 13(2)(e)).
    pub required: String,
    /// Automated decisions (Art. 13(2)(f)); says that there are none, where there are none.
    pub automated: String,
    /// How to take a consent back (Art. 7(3)).
    pub withdraw: String,
    /// Where the owner's full privacy policy stands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_url: String,
    /// Hidden values that travel with the form, each in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

/// What a banner says and asks, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BannerText {
    /// Where it stands on the page.
    pub layout: Layout,
    /// The button that grants every purpose that is asked. The owner's words, else the product's.
    pub accept: String,
    /// The button that refuses every one, shown alike on the same layer.
    pub refuse: String,
    /// The button that opens the switches.
    pub choose: String,
    /// The button that keeps the switches as they are.
    pub save: String,
    /// How a decision is changed later, said before there is one (Art. 7(3)).
    #[serde(default)]
    pub withdraw: String,
    /// The purposes that the browser's Global Privacy Control refuses: sale, sharing, advertising, profiling.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signalled: Vec<PurposeId>,
    /// What would be loaded, in the owner's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceText>,
}

/// Where a banner stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Along the lower edge.
    Bar,
    /// In the middle, above the lower edge.
    #[default]
    Box,
    /// In the lower corner where lines end.
    Corner,
}

impl Layout {
    /// The word that definitions and stylesheets use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bar => "bar",
            Self::Box => "box",
            Self::Corner => "corner",
        }
    }
}

/// One service that the site would use for a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceText {
    /// Its name.
    pub name: String,
    /// The purpose.
    pub purpose: PurposeId,
    /// Who receives the data, and where.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recipient: String,
    /// The hosts it is loaded from or reports to; `*.` stands for any number of labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// What it leaves on the device: cookies first, then storage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<LeftBehind>,
}

/// A cookie or an entry of the browser's storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBehind {
    /// Its name; `*` stands for any characters.
    pub name: String,
    /// How long it stays, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub duration: String,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}
