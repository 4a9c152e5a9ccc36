//! From a checked definition to what the views show in one language.

use std::collections::BTreeMap;

use super::{
    Controllers, Localized, Purpose,
    controller::Controller,
    form::{self, Form},
    purpose::Transfer,
};
use crate::{
    id::{FormId, Language, PurposeId},
    placement::{Choosable, Content, ControllerText, Field, FieldKind, NoticeText, PurposeText, Step},
    texts::{Word, Words, countries, phrases},
};

/// Everything `form` says and asks, in `language`.
///
/// Total: what the lint would refuse (a missing text, an unknown purpose) is left out or empty, never a panic.
pub fn content(
    id: &FormId,
    form: &Form,
    purposes: &BTreeMap<PurposeId, Purpose>,
    controllers: &Controllers,
    language: &Language,
) -> Content {
    let words = Words::of_or_english(language);
    let all: Vec<&Controller> = std::iter::once(&controllers.controller).chain(&controllers.joint).collect();
    let names: Vec<&str> = all.iter().map(|controller| controller.name.as_str()).collect();
    let names = phrases::list(language, &names);
    let used = form.purposes.iter().filter_map(|id| purposes.get_key_value(id));
    Content {
        form: id.clone(),
        language: language.clone(),
        direction: language.direction(),
        title: form.title.get(language).to_owned(),
        intro: form.intro.get(language).to_owned(),
        controllers: all.into_iter().map(|controller| controller_text(controller, language)).collect(),
        steps: steps(form, language),
        purposes: used.map(|(id, purpose)| purpose_text(id, purpose, language, &names)).collect(),
        notice: notice(form, controllers, language, &words),
        submit: form.submit.get(language).to_owned(),
        words,
    }
}

fn controller_text(controller: &Controller, language: &Language) -> ControllerText {
    ControllerText {
        name: controller.name.clone(),
        role: controller.role.get(language).to_owned(),
        address: controller.address.clone(),
        contact: controller.contact.clone(),
    }
}

/// The form's pages; one, without a heading, where it declares none. Fields keep the order of the file within each.
fn steps(form: &Form, language: &Language) -> Vec<Step> {
    let on = |step: Option<&form::Step>| {
        let here = |field: &&form::Field| step.is_none() || field.step.as_ref() == step.map(|step| &step.id);
        form.fields.iter().filter(here).map(|f| field(f, language)).collect::<Vec<_>>()
    };
    if form.steps.is_empty() {
        return vec![Step { title: String::new(), fields: on(None) }];
    }
    let mut steps: Vec<Step> = form
        .steps
        .iter()
        .map(|step| Step { title: step.title.get(language).to_owned(), fields: on(Some(step)) })
        .collect();
    // A hidden field needs no page; it travels with the last.
    let known = |field: &form::Field| form.steps.iter().any(|step| field.step.as_ref() == Some(&step.id));
    if let Some(last) = steps.last_mut() {
        last.fields.extend(form.fields.iter().filter(|f| !known(f)).map(|f| field(f, language)));
    }
    steps
}

fn field(field: &form::Field, language: &Language) -> Field {
    Field {
        id: field.id.clone(),
        kind: field.kind,
        label: field.label.get(language).to_owned(),
        help: field.help.get(language).to_owned(),
        why: field.why.get(language).to_owned(),
        purposes: field.purposes.clone(),
        required: field.required,
        pattern: field.pattern.clone(),
        min_length: field.min_length,
        max_length: field.max_length,
        min: field.min.clone(),
        max: field.max.clone(),
        options: options(field, language),
        autocomplete: field.autocomplete.clone(),
        prefill: field.prefill.clone(),
        fixed: field.fixed.clone(),
        show_if: field.show_if.clone(),
    }
}

fn options(field: &form::Field, language: &Language) -> Vec<Choosable> {
    if field.kind == FieldKind::Country {
        let option = |(code, name): (&str, &str)| Choosable { value: code.to_owned(), label: name.to_owned() };
        return countries::sorted(language).into_iter().map(option).collect();
    }
    let option = |option: &form::Choosable| Choosable {
        value: option.value.clone(),
        label: option.label.get(language).to_owned(),
    };
    field.options.iter().map(option).collect()
}

fn purpose_text(id: &PurposeId, purpose: &Purpose, language: &Language, controllers: &str) -> PurposeText {
    let retention = purpose.retention.as_ref();
    PurposeText {
        id: id.clone(),
        name: purpose.name.get(language).to_owned(),
        statement: purpose.statement.get(language).replace("{controller}", controllers),
        // The lint refuses a purpose without one; consent is the basis that assumes nothing.
        legal_basis: purpose.legal_basis.unwrap_or(crate::decision::LegalBasis::Consent),
        confirm_by_mail: purpose.confirm_by_mail,
        explicit: purpose.explicit,
        retention: retention.map_or("", |retention| retention.text.get(language)).to_owned(),
        retention_period: retention.map_or("", |retention| &retention.period).to_owned(),
        recipients: purpose.recipients.iter().map(|text| text.get(language).to_owned()).collect(),
        transfers: purpose.transfers.iter().map(|transfer| transfer_text(transfer, language)).collect(),
        interest: purpose.interest.get(language).to_owned(),
    }
}

/// `United States: to whom and why (standard contractual clauses, Art. 46(2)(c) GDPR)`.
fn transfer_text(transfer: &Transfer, language: &Language) -> String {
    let country = countries::name(language, &transfer.country).unwrap_or(&transfer.country);
    let text = transfer.text.get(language).trim_end_matches(['.', '。', '۔']);
    match transfer.safeguard {
        Some(safeguard) => format!("{country}: {text} ({})", phrases::safeguard(language, safeguard)),
        None => format!("{country}: {text}"),
    }
}

fn notice(form: &Form, controllers: &Controllers, language: &Language, words: &Words) -> NoticeText {
    let text = |text: &Localized| text.get(language).to_owned();
    NoticeText {
        dpo: text(&controllers.dpo),
        authority: text(&controllers.authority),
        required: text(&form.required_note),
        automated: text(&controllers.automated),
        withdraw: text(&controllers.withdraw),
        policy_url: text(&controllers.policy_url),
        hidden: form.fields.iter().filter_map(|field| hidden(field, language, words)).collect(),
    }
}

/// A value that travels unseen is named (rules of the product, 11).
fn hidden(field: &form::Field, language: &Language, words: &Words) -> Option<String> {
    if field.kind != FieldKind::Hidden {
        return None;
    }
    let label = field.label.get(language);
    let sentence = match (&field.fixed, &field.prefill) {
        (Some(value), _) => words.fill(Word::HiddenFixed, &[("label", label), ("value", value)]),
        (None, Some(name)) => words.fill(Word::HiddenCampaign, &[("label", label), ("name", name)]),
        (None, None) => label.to_owned(),
    };
    Some(sentence)
}
