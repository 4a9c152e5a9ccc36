//! What fields ask for: whom they point to, how sensitive they are, how long they are kept.

use super::{FormView, autocomplete, is_consent, kinds, listed, sensitive};
use crate::{
    definition::{
        Period,
        form::{Category, Field, Identifies},
        rule::Rule,
    },
    placement::FieldKind,
};

pub(super) fn check(view: &FormView<'_, '_>) {
    for (index, field) in view.form.fields.iter().enumerate() {
        let path = format!("field[{index}]");
        kinds::check(view, &path, field);
        category(view, &path, field);
        identifies(view, &path, field);
        prefill(view, &path, field);
    }
    quasi_identifiers(view);
}

fn category(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let FormView { lint, page, .. } = view;
    let at = format!("{path}.category");
    match field.category {
        Category::Criminal => {
            let message = "a form cannot ask for convictions or offences; remove the field";
            page.value(&at, Rule::CriminalData, message);
        }
        Category::Special => {
            let without: Vec<_> = field
                .purposes
                .iter()
                .filter(|id| lint.purpose(id).is_some_and(|purpose| !(is_consent(purpose) && purpose.explicit)))
                .collect();
            if !without.is_empty() {
                let message = format!(
                    "`{}` needs a consent of its own, in words; give {} legal_basis = \"consent\" and explicit = true",
                    field.id,
                    listed(without)
                );
                page.value(&at, Rule::NoExplicitConsent, message);
            }
        }
        Category::Ordinary | Category::Confidential => {}
    }
    let Some(sounds) = sensitive::sounds_like(field) else { return };
    let message = match sounds {
        Category::Criminal => "this sounds like convictions or offences, which a form cannot ask for",
        Category::Special => "this sounds like a special category of data; then say category = \"special\"",
        _ => "this sounds confidential; then say category = \"confidential\"",
    };
    page.value(&format!("{path}.id"), Rule::LooksSensitive, message);
}

fn identifies(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let page = &view.page;
    let at = format!("{path}.identifies");
    if field.identifies == Identifies::No && field.kind == FieldKind::Textarea {
        let message = "people write names and addresses into free text; leave out `identifies`, or say \"direct\"";
        page.value(&at, Rule::FreeTextIdentifies, message);
    }
    let token = field.autocomplete.as_deref().and_then(autocomplete::field_name).unwrap_or_default();
    let points = if matches!(field.kind, FieldKind::Email | FieldKind::Tel) || autocomplete::DIRECT.contains(&token) {
        Identifies::Direct
    } else if autocomplete::QUASI.contains(&token) {
        Identifies::Quasi
    } else {
        return;
    };
    let (less, word) = match points {
        Identifies::Direct => (field.identifies != Identifies::Direct, "direct"),
        _ => (field.identifies == Identifies::No, "quasi"),
    };
    if less {
        let message = format!(
            "`{}` points to a person; say identifies = \"{word}\", so that it is forgotten with the person",
            field.id
        );
        page.value(&at, Rule::WrongIdentifies, message);
    }
}

fn prefill(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let FormView { lint, page, .. } = view;
    let Some(parameter) = &field.prefill else { return };
    let at = format!("{path}.prefill");
    let usable = (1..=64).contains(&parameter.len())
        && parameter.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !usable {
        let message = format!("`{parameter}` is no query parameter; use up to 64 letters, digits, `_`, `-` and `.`");
        page.value(&at, Rule::BadPrefill, message);
    }
    if field.kind == FieldKind::Checkboxes {
        let message = "nothing is ticked for the visitor, not by a link either; remove `prefill`";
        page.value(&at, Rule::BadPrefill, message);
    }
    if matches!(field.category, Category::Special | Category::Confidential) {
        let message = "such values must not stand in addresses, which end in logs and histories; remove `prefill`";
        page.value(&at, Rule::SensitivePrefill, message);
    }
    let not_asked: Vec<_> =
        field.purposes.iter().filter(|id| lint.purpose(id).is_some_and(|purpose| !is_consent(purpose))).collect();
    if CLICK_IDENTIFIERS.contains(&parameter.to_ascii_lowercase().as_str()) && !not_asked.is_empty() {
        let message = format!(
            "`{parameter}` follows one person from an advertisement; use it only for purposes that are consented to, \
             not for {}",
            listed(not_asked)
        );
        page.value(&at, Rule::ClickIdentifier, message);
    }
}

/// Parameters by which advertisers and mailers tell one click from every other.
const CLICK_IDENTIFIERS: [&str; 17] = [
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "gclsrc",
    "fbclid",
    "msclkid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "igshid",
    "yclid",
    "epik",
    "sccid",
    "rdt_cid",
    "mc_eid",
    "_hsenc",
];

/// Two or more quasi-identifiers kept as long as everything else single people out (recital 26).
fn quasi_identifiers(view: &FormView<'_, '_>) {
    let FormView { lint, form, page } = view;
    let longest = |fields: &mut dyn Iterator<Item = &Field>| {
        fields
            .flat_map(|field| &field.purposes)
            .filter_map(|id| lint.purpose(id)?.retention.as_ref())
            .filter_map(|retention| Period::parse(&retention.period).map(Period::about_days))
            .max()
    };
    let is_quasi = |field: &&Field| field.identifies == Identifies::Quasi;
    let quasi: Vec<&Field> = form.fields.iter().filter(is_quasi).collect();
    if quasi.len() < 2 {
        return;
    }
    let theirs = longest(&mut quasi.iter().copied());
    let rest = longest(&mut form.fields.iter().filter(|field| !is_quasi(field)));
    if let (Some(theirs), Some(rest)) = (theirs, rest)
        && theirs < rest
    {
        return;
    }
    let second = form.fields.iter().enumerate().filter(|(_, field)| is_quasi(field)).nth(1);
    let path = second.map_or_else(String::new, |(index, _)| format!("field[{index}].identifies"));
    let message = format!(
        "{} together may single a person out; use them for a purpose that is kept for less time than the rest, or \
         ask for less (an age band, the first digits of a postcode)",
        listed(quasi.iter().map(|field| &field.id))
    );
    page.value(&path, Rule::QuasiIdentifiers, message);
}
