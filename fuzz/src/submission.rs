//! What a visitor sends: JSON, and the form it answers.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;
use unticked_shared::{
    canonical,
    definition::{self, content::content},
    id::{FormId, Language},
    placement::Content,
    submission::Submission,
    validate,
};

/// Any JSON in its canonical form: what the referee writes, and the same when it is read again.
pub fn canonical(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let Ok(ours) = canonical::to_vec(&value) else { return };
    let theirs = serde_json_canonicalizer::to_vec(&value).expect("what we can write, the referee can");
    assert_eq!(ours, theirs);
    let again: Value = serde_json::from_slice(&ours).expect("canonical JSON is JSON");
    assert_eq!(again, value);
}

/// The sample's forms, as visitors see them in each language.
static FORMS: LazyLock<Vec<Content>> = LazyLock::new(|| {
    macro_rules! files {
        ($($file:literal),* $(,)?) => {
            BTreeMap::from([$(($file.to_owned(), include_str!(concat!("../../examples/shop/definitions/", $file)).to_owned())),*])
        };
    }
    let files = files![
        "controller.toml",
        "destinations.toml",
        "forms/contact.toml",
        "forms/event.toml",
        "purposes/campaign.toml",
        "purposes/dietary.toml",
        "purposes/enquiry.toml",
        "purposes/event.toml",
        "purposes/newsletter.toml",
        "purposes/phone-offers.toml",
        "purposes/survey.toml",
    ];
    let checked = definition::check(&files);
    let definitions = checked.definitions.expect("the sample is sound");
    let form = |id: &FormId, language: &str| {
        let language = Language::parse(language).expect("a language");
        content(id, &definitions.forms[id], &definitions.purposes, &definitions.controllers, &language)
    };
    definitions.forms.keys().flat_map(|id| ["en", "bg", "ar"].map(|language| form(id, language))).collect()
});

/// The body of a submission: read, written again, and held against every sample form.
pub fn submission(data: &[u8]) {
    let Ok(sent) = serde_json::from_slice::<Submission>(data) else { return };
    let bytes = canonical::to_vec(&sent).expect("texts and choices have a canonical form");
    assert_eq!(serde_json::from_slice::<Submission>(&bytes).expect("we wrote it"), sent);
    for form in &*FORMS {
        let mut values = sent.values.clone();
        validate::tidy(&mut values);
        let tidy = values.clone();
        validate::tidy(&mut values);
        assert_eq!(values, tidy, "what is tidy stays as it is");
        let errors = validate::values(form, &values);
        for error in &errors {
            // A field that the form does not have has no words.
            let known = form.field(&error.field).is_some();
            assert!(error.message.is_empty() != known && error.message.len() < 4096);
        }
        validate::drop_hidden(form, &mut values);
        let dropped = validate::values(form, &values);
        assert!(dropped.len() <= errors.len(), "dropping what is hidden makes no new error");
        let _ = validate::choices(form, &sent.choices);
    }
}
