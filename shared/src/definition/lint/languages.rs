//! Every declared language says everything, and about as much.

use std::collections::BTreeSet;

use super::{Lint, Page};
use crate::{
    definition::{
        Banner, Controllers, Form, Localized, Purpose,
        read::{BANNER, CONTROLLER},
        rule::Rule,
    },
    id::Language,
};

/// A text, where it stands, and what is asked of it.
struct Text<'d> {
    path: String,
    says: &'d Localized,
    /// It discloses: a language must not say much less than another.
    weighed: bool,
    /// `{controller}` is replaced in it.
    names_controller: bool,
}

fn text<'d>(path: &str, text: &'d Localized) -> Text<'d> {
    Text { path: path.to_owned(), says: text, weighed: false, names_controller: false }
}

fn weighed<'d>(path: &str, localized: &'d Localized) -> Text<'d> {
    Text { weighed: true, ..text(path, localized) }
}

pub(super) fn check<'l>(lint: &Lint<'l>) {
    let mut all: Vec<&Language> = Vec::new();
    let mut declared = |languages: &'l [Language]| {
        all.extend(languages.iter().filter(|language| !all.contains(language)).collect::<Vec<_>>());
        languages.iter().collect::<Vec<_>>()
    };
    for (id, form) in lint.forms() {
        let declared = declared(&form.languages);
        check_texts(&lint.page(&format!("forms/{id}.toml")), &of_form(form), &declared, &declared);
    }
    if let Some(banner) = lint.banner() {
        let declared = declared(&banner.languages);
        check_texts(&lint.page(BANNER), &of_banner(banner), &declared, &declared);
    }
    for (id, purpose) in &lint.reading.definitions.purposes {
        let mut needed: Vec<&Language> = Vec::new();
        for language in lint.asked_in(id).flatten() {
            if !needed.contains(&language) {
                needed.push(language);
            }
        }
        check_texts(&lint.page(&format!("purposes/{id}.toml")), &of_purpose(purpose), &needed, &all);
    }
    check_texts(&lint.page(CONTROLLER), &of_controllers(&lint.reading.definitions.controllers), &all, &all);
}

fn check_texts(page: &Page<'_>, texts: &[Text<'_>], needed: &[&Language], declared: &[&Language]) {
    for Text { path, says: text, weighed, names_controller } in texts {
        // What is absent altogether, or of another type, is another rule's matter.
        if !page.document.is_some_and(|document| document.holds_table(path)) {
            continue;
        }
        for language in needed {
            if text.get(language).is_empty() {
                let message = format!("there is no text in `{language}`; add {language} = \"…\"");
                let at = format!("{path}.{language}");
                // An empty text is pointed at itself, a missing one at its siblings' key.
                let stands = text.0.contains_key(*language);
                if stands {
                    page.value(&at, Rule::MissingText, message);
                } else {
                    page.key(path, Rule::MissingText, message);
                }
            }
        }
        if *weighed {
            compare_lengths(page, path, text, needed);
        }
        let mut strangers = BTreeSet::new();
        for (language, text) in &text.0 {
            let at = format!("{path}.{language}");
            if !declared.is_empty() && !declared.contains(&language) && strangers.insert(language) {
                let message = format!("nothing declares the language `{language}`; nobody will read this");
                page.key(&at, Rule::UndeclaredLanguage, message);
            }
            if text.starts_with("TODO") {
                page.value(&at, Rule::Unfinished, "this is left to do; write what visitors shall read");
            }
            for name in placeholders(text) {
                if !(*names_controller && name == "controller") {
                    let message = if name == "controller" {
                        "{controller} is filled in only in a purpose's statement; write the name here".to_owned()
                    } else {
                        format!("nothing fills in {{{name}}}; a purpose's statement may hold {{controller}}")
                    };
                    page.value(&at, Rule::UnknownPlaceholder, message);
                }
            }
        }
    }
}

fn compare_lengths(page: &Page<'_>, path: &str, text: &Localized, needed: &[&Language]) {
    let length = |language: &Language| text.get(language).chars().filter(|c| !c.is_whitespace()).count();
    let Some((first, others)) = needed.split_first() else { return };
    for language in others {
        let (theirs, first_length) = (length(language), length(first));
        if theirs > 0 && theirs * 3 < first_length {
            let message = format!(
                "this says less than a third of what `{first}` says ({theirs} letters against {first_length}); \
                 translate the whole text"
            );
            page.value(&format!("{path}.{language}"), Rule::ShorterText, message);
        }
    }
}

/// The names inside `{…}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).filter(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == ' ')
    })
}

fn of_form(form: &Form) -> Vec<Text<'_>> {
    let mut texts = vec![
        text("title", &form.title),
        text("intro", &form.intro),
        text("submit", &form.submit),
        weighed("required_note", &form.required_note),
        weighed("guardian", &form.guardian),
    ];
    for (index, step) in form.steps.iter().enumerate() {
        texts.push(text(&format!("step[{index}].title"), &step.title));
    }
    for (index, field) in form.fields.iter().enumerate() {
        let at = |key: &str| format!("field[{index}].{key}");
        texts.push(text(&at("label"), &field.label));
        texts.push(text(&at("help"), &field.help));
        texts.push(weighed(&at("why"), &field.why));
        for (entry, option) in field.options.iter().enumerate() {
            texts.push(text(&at(&format!("option[{entry}].label")), &option.label));
        }
    }
    texts
}

fn of_banner(banner: &Banner) -> Vec<Text<'_>> {
    let mut texts = vec![
        text("title", &banner.title),
        weighed("text", &banner.text),
        text("accept", &banner.accept),
        text("refuse", &banner.refuse),
        text("choose", &banner.choose),
        text("save", &banner.save),
    ];
    for (index, service) in banner.services.iter().enumerate() {
        let at = |key: &str| format!("service[{index}].{key}");
        texts.push(weighed(&at("recipient"), &service.recipient));
        for (entry, cookie) in service.cookies.iter().enumerate() {
            texts.push(text(&at(&format!("cookie[{entry}].duration")), &cookie.duration));
            texts.push(text(&at(&format!("cookie[{entry}].why")), &cookie.why));
        }
        for (entry, stored) in service.storage.iter().enumerate() {
            texts.push(text(&at(&format!("storage[{entry}].duration")), &stored.duration));
        }
    }
    texts
}

fn of_purpose(purpose: &Purpose) -> Vec<Text<'_>> {
    let statement = Text { names_controller: true, ..weighed("statement", &purpose.statement) };
    let mut texts = vec![text("name", &purpose.name), statement, weighed("interest", &purpose.interest)];
    if let Some(retention) = &purpose.retention {
        texts.push(weighed("retention.text", &retention.text));
    }
    for (index, recipient) in purpose.recipients.iter().enumerate() {
        texts.push(weighed(&format!("recipients[{index}]"), recipient));
    }
    for (index, transfer) in purpose.transfers.iter().enumerate() {
        texts.push(weighed(&format!("transfers[{index}].text"), &transfer.text));
    }
    texts
}

fn of_controllers(controllers: &Controllers) -> Vec<Text<'_>> {
    let mut texts = vec![
        text("dpo", &controllers.dpo),
        text("authority", &controllers.authority),
        text("policy_url", &controllers.policy_url),
        weighed("withdraw", &controllers.withdraw),
        weighed("automated", &controllers.automated),
        weighed("controller.role", &controllers.controller.role),
    ];
    for (index, joint) in controllers.joint.iter().enumerate() {
        texts.push(weighed(&format!("joint[{index}].role"), &joint.role));
    }
    texts
}
