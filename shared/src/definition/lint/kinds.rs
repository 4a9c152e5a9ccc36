//! Which keys fit which kind of field, and whether they can be met.

use std::collections::BTreeSet;

use super::{FormView, autocomplete};
use crate::{
    definition::{form::Field, rule::Rule},
    pattern::Pattern,
    placement::FieldKind,
    validate::shape::{Decimal, is_date},
};

pub(super) fn check(view: &FormView<'_, '_>, path: &str, field: &Field) {
    keys(view, path, field);
    lengths(view, path, field);
    bounds(view, path, field);
    options(view, path, field);
    pattern(view, path, field);
    fill_in(view, path, field);
    if field.kind == FieldKind::Hidden {
        let sources = usize::from(field.fixed.is_some()) + usize::from(field.prefill.is_some());
        if sources != 1 {
            let message = "a hidden field carries either a query parameter (prefill = \"utm_source\") or a value that \
                           never changes (fixed = \"…\")";
            view.page.value(&format!("{path}.id"), Rule::HiddenSource, message);
        }
    }
}

/// The kinds as owners write them.
fn word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Email => "email",
        FieldKind::Tel => "tel",
        FieldKind::Url => "url",
        FieldKind::Number => "number",
        FieldKind::Date => "date",
        FieldKind::Textarea => "textarea",
        FieldKind::Select => "select",
        FieldKind::Radio => "radio",
        FieldKind::Checkboxes => "checkboxes",
        FieldKind::Country => "country",
        FieldKind::Hidden => "hidden",
    }
}

fn keys(view: &FormView<'_, '_>, path: &str, field: &Field) {
    use FieldKind::{Country, Date, Email, Hidden, Number, Select, Tel, Text, Textarea, Url};
    let written = matches!(field.kind, Text | Email | Tel | Url);
    let fits = [
        ("pattern", field.pattern.is_some(), written || field.kind == Number),
        ("min_length", field.min_length.is_some(), written || field.kind == Textarea),
        ("max_length", field.max_length.is_some(), written || field.kind == Textarea),
        ("min", field.min.is_some(), matches!(field.kind, Number | Date)),
        ("max", field.max.is_some(), matches!(field.kind, Number | Date)),
        (
            "option",
            !field.options.is_empty(),
            matches!(field.kind, FieldKind::Select | FieldKind::Radio | FieldKind::Checkboxes),
        ),
        (
            "autocomplete",
            field.autocomplete.is_some(),
            written || matches!(field.kind, Number | Date | Textarea | Select | Country),
        ),
        ("fixed", field.fixed.is_some(), field.kind == Hidden),
        ("required", field.required, field.kind != Hidden),
        ("help", !field.help.is_empty(), field.kind != Hidden),
        ("show_if", field.show_if.is_some(), field.kind != Hidden),
        ("step", field.step.is_some(), field.kind != Hidden),
    ];
    for (key, given, fit) in fits {
        if given && !fit {
            let message = format!("`{key}` means nothing to a field of kind \"{}\"; remove it", word(field.kind));
            view.page.key(&format!("{path}.{key}"), Rule::WrongKind, message);
        }
    }
}

fn lengths(view: &FormView<'_, '_>, path: &str, field: &Field) {
    if field.max_length == Some(0) {
        view.page.value(&format!("{path}.max_length"), Rule::BadLimit, "no text has at most 0 characters");
    }
    if let (Some(least), Some(most)) = (field.min_length, field.max_length)
        && least > most
    {
        let message = format!("at least {least} and at most {most} characters cannot both be");
        view.page.value(&format!("{path}.min_length"), Rule::BadLimit, message);
    }
}

fn bounds(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let unreadable = |key: &str, text: &Option<String>| {
        let Some(text) = text else { return false };
        let (readable, expected) = match field.kind {
            FieldKind::Number => (Decimal::parse(text).is_some(), "a decimal number, like 3.5"),
            FieldKind::Date => (is_date(text), "a day, like 2026-12-31"),
            _ => return true,
        };
        if !readable {
            view.page.value(&format!("{path}.{key}"), Rule::BadLimit, format!("`{text}` is not {expected}"));
        }
        !readable
    };
    // Both are looked at, so that both are reported.
    if unreadable("min", &field.min) | unreadable("max", &field.max) {
        return;
    }
    let (Some(least), Some(most)) = (&field.min, &field.max) else { return };
    let crossed = match field.kind {
        FieldKind::Number => Decimal::parse(least) > Decimal::parse(most),
        _ => least > most,
    };
    if crossed {
        let message = format!("no value is at least {least} and at most {most}");
        view.page.value(&format!("{path}.min"), Rule::BadLimit, message);
    }
}

fn options(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let least = match field.kind {
        FieldKind::Select | FieldKind::Radio => 2,
        FieldKind::Checkboxes => 1,
        _ => return,
    };
    if field.options.len() < least {
        let message = format!("a field of kind \"{}\" needs at least {least} [[field.option]]", word(field.kind));
        view.page.value(&format!("{path}.id"), Rule::NoOptions, message);
    }
    let mut seen = BTreeSet::new();
    for (index, option) in field.options.iter().enumerate() {
        let at = format!("{path}.option[{index}].value");
        let value = option.value.as_str();
        let held = view.page.document.is_some_and(|document| document.holds(&at));
        let sendable = value.trim() == value && !value.is_empty() && !value.contains(char::is_control);
        if held && !sendable {
            let message = "a value has no spaces around it, no line breaks, and is not empty";
            view.page.value(&at, Rule::BadOption, message);
        } else if held && !seen.insert(value) {
            view.page.value(&at, Rule::Duplicate, format!("`{value}` stands here twice; remove one"));
        }
    }
}

fn pattern(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let Some(pattern) = &field.pattern else { return };
    let at = format!("{path}.pattern");
    if let Err(error) = Pattern::parse(pattern) {
        view.page.value(&at, Rule::BadPattern, error.to_string());
    } else if field.help.is_empty() {
        let message = "say in `help` what is expected, with an example: the error message repeats it";
        view.page.value(&at, Rule::PatternWithoutHelp, message);
    }
}

fn fill_in(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let at = format!("{path}.autocomplete");
    match &field.autocomplete {
        Some(tokens) => {
            if let Err(message) = autocomplete::check(tokens) {
                view.page.value(&at, Rule::BadAutocomplete, message);
            }
        }
        None if field.kind == FieldKind::Email || field.kind == FieldKind::Tel => {
            let message = format!(
                "let the browser fill it in: autocomplete = \"{}\"; \"off\", if it is not the visitor's own",
                word(field.kind)
            );
            view.page.value(&format!("{path}.id"), Rule::NoAutocomplete, message);
        }
        None => {}
    }
}
