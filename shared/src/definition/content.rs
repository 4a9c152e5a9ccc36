//! From a checked definition to what the views show in one language.

use std::collections::BTreeMap;

use super::{
    Controllers, Localized, Purpose,
    banner::{Banner, Service},
    controller::Controller,
    form::{self, Form},
    purpose::{PurposeKind, Transfer},
};
use crate::{
    id::{FormId, Language, PurposeId},
    placement::{
        BannerText, Choosable, Content, ControllerText, Field, FieldKind, LeftBehind, NoticeText, PurposeText,
        ServiceText, Step,
    },
    texts::{Word, Words, banner, countries, phrases},
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
        intro: intro(form, language),
        controllers: all.into_iter().map(|controller| controller_text(controller, language)).collect(),
        steps: steps(form, language),
        purposes: used.map(|(id, purpose)| purpose_text(id, purpose, language, &names)).collect(),
        notice: notice(form, controllers, language, &words),
        submit: form.submit.get(language).to_owned(),
        minimum_seconds: form.robots.minimum_seconds,
        banner: None,
        words,
    }
}

/// Everything the banner says and asks, in `language`: that of a form without fields, and what only a banner has.
pub fn banner_content(
    banner: &Banner,
    purposes: &BTreeMap<PurposeId, Purpose>,
    controllers: &Controllers,
    language: &Language,
) -> Content {
    let form = content(&Banner::id(), &banner.form(), purposes, controllers, language);
    let notice = NoticeText {
        required: banner::Says::Required.text(language).to_owned(),
        withdraw: joined(&[&withdrawal(language), &form.notice.withdraw]),
        ..form.notice
    };
    Content { steps: Vec::new(), notice, banner: Some(banner_text(banner, purposes, language)), ..form }
}

/// How a decision of the banner's is changed, and that a refusal is remembered as long as a grant.
fn withdrawal(language: &Language) -> String {
    banner::Says::Withdraw.text(language).replace("{settings}", banner::Says::Settings.text(language))
}

fn banner_text(banner: &Banner, purposes: &BTreeMap<PurposeId, Purpose>, language: &Language) -> BannerText {
    let label = |own: &Localized, word: banner::Says| {
        let own = own.get(language);
        if own.is_empty() { word.text(language) } else { own }.to_owned()
    };
    let signalled = |id: &&PurposeId| purposes.get(*id).is_some_and(|purpose| refused_by_signal(purpose.kind));
    BannerText {
        layout: banner.layout,
        accept: label(&banner.accept, banner::Says::AcceptAll),
        refuse: label(&banner.refuse, banner::Says::RefuseAll),
        choose: label(&banner.choose, banner::Says::Choose),
        save: label(&banner.save, banner::Says::Save),
        withdraw: withdrawal(language),
        signalled: banner.purposes.iter().filter(signalled).cloned().collect(),
        services: banner.services.iter().map(|service| service_text(service, language)).collect(),
    }
}

/// Whether Global Privacy Control, the browser's signal against sale, sharing and cross-site tracking, refuses uses of this kind.
pub fn refused_by_signal(kind: PurposeKind) -> bool {
    matches!(kind, PurposeKind::Sale | PurposeKind::Sharing | PurposeKind::Advertising | PurposeKind::Profiling)
}

fn service_text(service: &Service, language: &Language) -> ServiceText {
    let text = |text: &Localized| text.get(language).to_owned();
    let cookies = service.cookies.iter().map(|cookie| LeftBehind {
        name: cookie.name.clone(),
        duration: text(&cookie.duration),
        why: text(&cookie.why),
    });
    let storage = service.storage.iter().map(|stored| LeftBehind {
        name: stored.key.clone(),
        duration: text(&stored.duration),
        why: String::new(),
    });
    ServiceText {
        name: service.name.clone(),
        purpose: service.purpose.clone(),
        recipient: text(&service.recipient),
        hosts: service.hosts.clone(),
        leaves: cookies.chain(storage).collect(),
    }
}

/// The introduction; in a form for children, how a guardian authorises it stands there, too, before the first control.
fn intro(form: &Form, language: &Language) -> String {
    joined(&[form.intro.get(language), form.guardian.get(language)])
}

fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::definition::{Definitions, check};

    fn sample() -> Definitions {
        let files: BTreeMap<String, String> = [
            ("controller.toml", include_str!("../../../examples/shop/definitions/controller.toml")),
            ("forms/event.toml", include_str!("../../../examples/shop/definitions/forms/event.toml")),
            ("purposes/campaign.toml", include_str!("../../../examples/shop/definitions/purposes/campaign.toml")),
            ("purposes/dietary.toml", include_str!("../../../examples/shop/definitions/purposes/dietary.toml")),
            ("purposes/event.toml", include_str!("../../../examples/shop/definitions/purposes/event.toml")),
            ("purposes/newsletter.toml", include_str!("../../../examples/shop/definitions/purposes/newsletter.toml")),
            ("purposes/survey.toml", include_str!("../../../examples/shop/definitions/purposes/survey.toml")),
        ]
        .map(|(file, text)| (file.to_owned(), text.replace("destinations = [\"crm\"]", "")))
        .into();
        let checked = check(&files);
        checked.definitions.unwrap_or_else(|| panic!("{:#?}", checked.findings))
    }

    fn event(definitions: &Definitions, tag: &str) -> Content {
        let form = &definitions.forms["event"];
        let id = FormId::parse("event").unwrap();
        content(&id, form, &definitions.purposes, &definitions.controllers, &Language::parse(tag).unwrap())
    }

    fn purpose<'c>(content: &'c Content, id: &str) -> &'c PurposeText {
        content.purposes.iter().find(|purpose| purpose.id.as_str() == id).unwrap()
    }

    #[test]
    fn a_statement_names_all_who_rely_on_it() {
        let mut definitions = sample();
        let statement = |definitions: &Definitions| purpose(&event(definitions, "bg"), "newsletter").statement.clone();
        assert!(statement(&definitions).starts_with("Lipa Bilki EOOD може да ми изпраща"));
        definitions.controllers.joint.push(Controller { name: "Petko AD".to_owned(), ..Controller::default() });
        assert!(statement(&definitions).starts_with("Lipa Bilki EOOD и Petko AD може да ми изпраща"));
        assert_eq!(event(&definitions, "bg").controllers.len(), 2);
    }

    #[test]
    fn no_placeholder_is_left_in_any_language() {
        let definitions = sample();
        for tag in ["en", "bg", "ar"] {
            let mut content = event(&definitions, tag);
            content.words = Words::default();
            let json = crate::canonical::to_string(&content).unwrap();
            assert!(!json.contains("{controller}") && !json.contains("{name}") && !json.contains("{value}"), "{tag}");
        }
    }

    #[test]
    fn what_travels_unseen_is_named_in_the_notice() {
        let content = event(&sample(), "en");
        assert_eq!(
            content.notice.hidden,
            [
                "The occasion: “tasting-2027”",
                "The notice that brought you here: the part “utm_campaign” of this page's address, where it is there"
            ]
        );
    }

    #[test]
    fn a_transfer_says_where_to_and_under_which_safeguard() {
        let definitions = sample();
        let transfers = |tag| purpose(&event(&definitions, tag), "survey").transfers.clone();
        assert_eq!(
            transfers("en"),
            ["United States: Tallybird Inc. in Oregon stores the answers \
              (standard contractual clauses, Art. 46(2)(c) GDPR)"]
        );
        assert!(transfers("bg")[0].starts_with("Съединени щати: "));
        assert!(transfers("ar")[0].starts_with("الولايات المتحدة: "));
    }

    #[test]
    fn fields_stand_on_their_steps_and_hidden_ones_on_the_last() {
        let content = event(&sample(), "en");
        let names = |step: &Step| step.fields.iter().map(|field| field.id.to_string()).collect::<Vec<_>>();
        let steps: Vec<Vec<String>> = content.steps.iter().map(names).collect();
        assert_eq!(steps[0], ["name", "email", "phone", "voucher"]);
        assert_eq!(steps[2], ["diet", "allergies", "occasion", "utm_campaign"]);
        assert_eq!(content.steps[1].title, "Your visit");
    }

    #[test]
    fn a_country_is_chosen_from_all_by_name() {
        let content = event(&sample(), "bg");
        let options = &content.field("country").unwrap().options;
        assert_eq!(options.len(), 250);
        assert_eq!(options[0].label, "Австралия");
        assert!(options.iter().any(|option| option.value == "BG" && option.label == "България"));
    }

    #[test]
    fn how_a_guardian_authorises_is_said_before_the_first_control() {
        let mut definitions = sample();
        let form = definitions.forms.values_mut().next().unwrap();
        let text = |text: &str| Localized([(Language::parse("en").unwrap(), text.to_owned())].into());
        form.intro = text("Come along.");
        form.guardian = text("Under 14, a parent signs at the door.");
        assert_eq!(event(&definitions, "en").intro, "Come along. Under 14, a parent signs at the door.");
        assert_eq!(event(&definitions, "ar").intro, "");
    }
}
