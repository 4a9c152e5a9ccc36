//! A form's own lists: purposes, sites, languages, steps, fields; and what is true of the form as a whole.

use super::{
    FormView,
    origin::{self, OriginFault},
};
use crate::{
    definition::{rule::Rule, suggest::did_you_mean},
    id::{FieldId, PurposeId},
    texts::{LANGUAGES, Words},
};

/// Nobody who reads is faster; more would quarantine people, and whose ticket is renewed waits so long.
const MOST_MINIMUM_SECONDS: u32 = 20;

pub(super) fn check(view: &FormView<'_, '_>) {
    languages(view);
    purposes(view);
    sites(view);
    let FormView { form, page, .. } = view;
    page.refuse_repeated(&form.destinations, |index| format!("destinations[{index}]"));
    let steps: Vec<&FieldId> = form.steps.iter().map(|step| &step.id).collect();
    page.refuse_repeated(&steps, |index| format!("step[{index}].id"));
    let fields: Vec<&FieldId> = form.fields.iter().map(|field| &field.id).collect();
    page.refuse_repeated(&fields, |index| format!("field[{index}].id"));
    if form.fields.is_empty() {
        page.value("field", Rule::NoFields, "a form asks something: add a [[field]]");
    }
    if form.robots.minimum_seconds > MOST_MINIMUM_SECONDS {
        let message = format!("people fill in forms in less; at most {MOST_MINIMUM_SECONDS} seconds");
        page.value("robots.minimum_seconds", Rule::BadLimit, message);
    }
    if form.addresses_minors && form.guardian.is_empty() {
        page.key(
            "addresses_minors",
            Rule::NoGuardian,
            "say how a parent or guardian authorises this and how that is checked: guardian = { en = \"…\" }",
        );
    }
}

pub(super) fn languages(view: &FormView<'_, '_>) {
    let FormView { form, page, .. } = view;
    page.refuse_repeated(&form.languages, |index| format!("languages[{index}]"));
    if form.languages.is_empty() && page.document.is_some_and(|document| document.holds("languages")) {
        page.value("languages", Rule::UnknownLanguage, "name at least one language, the default first");
    }
    for (index, language) in form.languages.iter().enumerate() {
        if Words::of(language).is_none() {
            let message =
                format!("the product's own words do not speak `{language}` yet; they speak {}", LANGUAGES.join(", "));
            page.value(&format!("languages[{index}]"), Rule::UnknownLanguage, message);
        }
    }
}

pub(super) fn purposes(view: &FormView<'_, '_>) {
    let FormView { lint, form, page } = view;
    page.refuse_repeated(&form.purposes, |index| format!("purposes[{index}]"));
    if form.purposes.is_empty() && page.document.is_some_and(|document| document.holds("purposes")) {
        let message = "data are collected for something: name at least one purpose";
        page.value("purposes", Rule::UnlistedPurpose, message);
    }
    let known = || lint.reading.definitions.purposes.keys().map(PurposeId::as_str);
    for (index, purpose) in form.purposes.iter().enumerate() {
        let path = format!("purposes[{index}]");
        if lint.purpose(purpose).is_none() {
            if !lint.may_exist(purpose) {
                let hint = did_you_mean(purpose.as_str(), known());
                let message = format!("no file purposes/{purpose}.toml declares this purpose{hint}");
                page.value(&path, Rule::UnknownPurpose, message);
            }
        } else if !form.fields.is_empty()
            && !needs_no_field(view, purpose)
            && !form.fields.iter().any(|field| field.purposes.contains(purpose))
        {
            let message =
                format!("no field of this form is used for `{purpose}`; name it at a field, or remove it here");
            page.value(&path, Rule::PurposeWithoutField, message);
        }
    }
    for (index, field) in form.fields.iter().enumerate() {
        page.refuse_repeated(&field.purposes, |entry| format!("field[{index}].purposes[{entry}]"));
        if field.purposes.is_empty() && !page.document.is_some_and(|d| d.holds(&format!("field[{index}].purposes[0]")))
        {
            let message =
                format!("no purpose uses `{}`; say which in purposes = [\"…\"], or do not ask for it", field.id);
            page.value(&format!("field[{index}].id"), Rule::NoPurpose, message);
        }
        for (entry, purpose) in field.purposes.iter().enumerate() {
            if form.purposes.contains(purpose) {
                continue;
            }
            let path = format!("field[{index}].purposes[{entry}]");
            if lint.purpose(purpose).is_some() || lint.may_exist(purpose) {
                let message = format!("this form does not list `{purpose}`; add it to the form's `purposes`");
                page.value(&path, Rule::UnlistedPurpose, message);
            } else {
                let hint = did_you_mean(purpose.as_str(), form.purposes.iter().map(PurposeId::as_str));
                let message = format!("no file purposes/{purpose}.toml declares this purpose{hint}");
                page.value(&path, Rule::UnknownPurpose, message);
            }
        }
    }
}

/// What is learnt from links is entered in no field.
fn needs_no_field(view: &FormView<'_, '_>, purpose: &PurposeId) -> bool {
    view.lint.purpose(purpose).is_some_and(|purpose| purpose.tracks.is_some())
}

pub(super) fn sites(view: &FormView<'_, '_>) {
    let FormView { form, page, .. } = view;
    page.refuse_repeated(&form.sites, |index| format!("sites[{index}]"));
    for (index, site) in form.sites.iter().enumerate() {
        let path = format!("sites[{index}]");
        match origin::check(site) {
            Ok(()) => {}
            Err(OriginFault::Never(reason)) => page.value(&path, Rule::BadOrigin, format!("`{site}` {reason}")),
            Err(OriginFault::Insecure) => {
                let message = format!("what is typed at `{site}` travels unencrypted; serve the site by https");
                page.value(&path, Rule::InsecureOrigin, message);
            }
        }
    }
}
