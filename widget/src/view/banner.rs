//! The banner, and the settings that it becomes: what the site would like to do, and one layer on which accepting, refusing
//! and choosing stand alike. Rendered on the server; `widget/loader/consent.js` governs it in the browser.
//!
//! All of it is there from the beginning, and so is archived: the switches behind "choose", the sentences for a browser that
//! sends Global Privacy Control and for a text that has changed, what stands in for content that is not loaded, and the
//! button that opens the settings. Each is `hidden` or a `<template>` until the script shows it; every switch is off.

use std::sync::Arc;

use leptos::prelude::*;
use unticked_shared::{
    decision::LegalBasis,
    id::PurposeId,
    placement::{BannerText, Content, ControllerText, LeftBehind, PurposeText, ServiceText},
    texts::{Word, banner::Says, list},
};

use super::{Frame, Ui, notice::complete, purposes::facts};
use crate::state::FormState;

/// The banner of `content`, every switch off.
pub fn banner(content: &Content, text: &BannerText) -> impl IntoView + use<> {
    let ui = Ui::new(Arc::new(content.clone()), FormState::default(), Frame::default());
    let intro = (!content.intro.is_empty()).then(|| view! { <p part="intro">{content.intro.clone()}</p> });
    let names: Vec<&str> = content.asked().map(|purpose| purpose.name.as_str()).collect();
    let asked = fill(&ui, Says::Asked, &[("{purposes}", &list(&content.language, &names))]);
    view! {
        <section
            class=format!("unticked-banner {}", text.layout.as_str())
            part="banner"
            data-part="banner"
            role="region"
            aria-labelledby="title"
            lang=content.language.to_string()
            dir=content.direction.as_str()
        >
            <div class="told" part="told">
                <h2 id="title" part="title" tabindex="-1">{content.title.clone()}</h2>
                {intro}
                <p class="asked" part="asked">{asked}</p>
                {signal(&ui, text)}
                {responsible(&ui)}
                <p class="withdraw" part="withdraw">{text.withdraw.clone()}</p>
                {choices(&ui, text)}
            </div>
            {actions(&ui, text)}
            <p
                class="seen-not"
                part="status"
                data-part="status"
                role="status"
                data-kept=say(&ui, Says::Kept)
                data-not-kept=say(&ui, Says::NotKept)
            ></p>
            <template data-part="placeholder">{placeholder(content)}</template>
            <template data-part="settings">{settings(content)}</template>
        </section>
    }
}

/// What stands in for an embedded thing that is not loaded: what would load, from whom, and how to allow it once or always.
/// The names in braces are filled in by the script.
pub fn placeholder(content: &Content) -> impl IntoView + use<> {
    let says = |word: Says| word.text(&content.language);
    let text = format!("{} {}", says(Says::Placeholder), says(Says::PlaceholderPurpose));
    view! {
        <div
            class="unticked-placeholder"
            part="placeholder"
            lang=content.language.to_string()
            dir=content.direction.as_str()
        >
            <p part="placeholder-text">{text}</p>
            <div class="actions" part="actions">
                <button type="button" part="button" data-act="once">{says(Says::LoadOnce)}</button>
                <button type="button" part="button" data-act="always">{says(Says::LoadAlways)}</button>
            </div>
        </div>
    }
}

/// The small button for pages that have none of their own.
pub fn settings(content: &Content) -> impl IntoView + use<> {
    view! {
        <button
            type="button"
            class="unticked-settings"
            part="settings-button"
            data-act="settings"
            lang=content.language.to_string()
            dir=content.direction.as_str()
        >
            {Says::Settings.text(&content.language)}
        </button>
    }
}

/// Shown where the browser sends Global Privacy Control.
fn signal(ui: &Ui, text: &BannerText) -> Option<impl IntoView + use<>> {
    let name = |id: &PurposeId| ui.content.purposes.iter().find(|purpose| purpose.id == *id);
    let names: Vec<&str> = text.signalled.iter().filter_map(name).map(|purpose| purpose.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        let names = list(&ui.content.language, &names);
        let said = fill(ui, Says::Signal, &[("{purposes}", &names), ("{accept}", &text.accept)]);
        view! { <p class="note" part="signal" data-part="signal" hidden=true>{said}</p> }
    })
}

/// The controllers by name and what they do, before the first button; the complete notice one action away.
fn responsible(ui: &Ui) -> impl IntoView + use<> {
    let controllers: Vec<_> = ui
        .content
        .controllers
        .iter()
        .map(|ControllerText { name, role, .. }| {
            let role = (!role.is_empty()).then(|| format!(" — {role}"));
            view! { <li><strong part="controller">{name.clone()}</strong>{role}</li> }
        })
        .collect();
    view! {
        <h3 id="who" class="seen-not">{ui.word(Word::Responsible)}</h3>
        <ul class="responsible" part="responsible" aria-labelledby="who">{controllers}</ul>
        <details part="notice">
            <summary part="notice-open">{ui.word(Word::NoticeOpen)}</summary>
            {complete(ui)}
        </details>
    }
}

/// The switches, and what needs none.
fn choices(ui: &Ui, text: &BannerText) -> impl IntoView + use<> {
    let asked: Vec<_> = ui.content.asked().map(|purpose| switch(ui, text, purpose)).collect();
    let others: Vec<&PurposeText> = ui.content.purposes.iter().filter(|one| !is_asked(one)).collect();
    let others = (!others.is_empty()).then(|| {
        let others: Vec<_> = others.into_iter().map(|purpose| happens(ui, text, purpose)).collect();
        view! { <h3 part="section-title">{say(ui, Says::Anyway)}</h3> {others} }
    });
    view! { <div class="choices" part="choices" data-part="choices" hidden=true>{asked} {others}</div> }
}

fn is_asked(purpose: &PurposeText) -> bool {
    purpose.legal_basis == LegalBasis::Consent
}

fn switch(ui: &Ui, text: &BannerText, purpose: &PurposeText) -> impl IntoView + use<> {
    let (id, statement) = (format!("p-{}", purpose.id), format!("ps-{}", purpose.id));
    let explicit =
        purpose.explicit.then(|| view! { <p class="note" part="purpose-note">{ui.word(Word::ExplicitConsent)}</p> });
    view! {
        <div class="purpose" part="purpose" data-purpose=purpose.id.to_string()>
            <div class="switch">
                <label for=id.clone() part="purpose-name">{purpose.name.clone()}</label>
                <input
                    part="switch"
                    id=id
                    name=format!("choice.{}", purpose.id)
                    type="checkbox"
                    role="switch"
                    value="granted"
                    autocomplete="off"
                    aria-describedby=statement.clone()
                />
            </div>
            <p class="note" part="changed" data-part="changed" hidden=true>{say(ui, Says::Changed)}</p>
            <p part="statement" id=statement>{purpose.statement.clone()}</p>
            {explicit}
            {terms(ui, text, purpose)}
        </div>
    }
}

/// A purpose that needs no consent: no switch, since a switch would promise a choice that is not there.
fn happens(ui: &Ui, text: &BannerText, purpose: &PurposeText) -> impl IntoView + use<> {
    view! {
        <div class="purpose" part="purpose" data-purpose=purpose.id.to_string()>
            <h4 part="purpose-name">{purpose.name.clone()}</h4>
            <p part="statement">{purpose.statement.clone()}</p>
            {terms(ui, text, purpose)}
        </div>
    }
}

/// On which basis, how long, who and where; then the services, one action away.
fn terms(ui: &Ui, text: &BannerText, purpose: &PurposeText) -> impl IntoView + use<> {
    let facts: Vec<_> = facts(ui, purpose)
        .into_iter()
        .filter(|(_, fact)| !fact.is_empty())
        .map(|(label, fact)| view! { <li>{format!("{}: {fact}", ui.word(label))}</li> })
        .collect();
    let services: Vec<&ServiceText> = text.services.iter().filter(|service| service.purpose == purpose.id).collect();
    let services = (!services.is_empty()).then(|| {
        let summary = fill(ui, Says::Services, &[("{count}", &services.len().to_string())]);
        let whose = format!(": {}", purpose.name);
        let services: Vec<_> = services.into_iter().map(|one| service(ui, one)).collect();
        view! {
            <details part="services">
                <summary>{summary} <span class="seen-not">{whose}</span></summary>
                {services}
            </details>
        }
    });
    view! { <ul class="brief" part="purpose-brief">{facts}</ul> {services} }
}

fn service(ui: &Ui, service: &ServiceText) -> impl IntoView + use<> {
    let recipient = (!service.recipient.is_empty())
        .then(|| view! { <div><dt>{say(ui, Says::Recipient)}</dt><dd>{service.recipient.clone()}</dd></div> });
    let hosts: Vec<_> = service.hosts.iter().map(|host| view! { <dd>{code(host)}</dd> }).collect();
    let hosts = (!hosts.is_empty()).then(|| view! { <div><dt>{say(ui, Says::Hosts)}</dt>{hosts}</div> });
    let leaves: Vec<_> = service.leaves.iter().map(left).collect();
    let leaves = (!leaves.is_empty()).then(|| view! { <div><dt>{say(ui, Says::Leaves)}</dt>{leaves}</div> });
    view! {
        <div class="service" part="service" data-service=service.name.clone() data-hosts=service.hosts.join(" ")>
            <h5 part="service-name">{service.name.clone()}</h5>
            <dl part="terms">{recipient} {hosts} {leaves}</dl>
        </div>
    }
}

/// `_pk_id.*: 13 months; tells returning visitors from new ones`.
fn left(left: &LeftBehind) -> impl IntoView + use<> {
    let said: Vec<&str> =
        [&left.duration, &left.why].into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    let said = (!said.is_empty()).then(|| format!(": {}", said.join("; ")));
    view! { <dd>{code(&left.name)} {said}</dd> }
}

/// A name that machines gave, read from left to right in every language.
fn code(text: &str) -> impl IntoView + use<> {
    view! { <code dir="ltr">{text.to_owned()}</code> }
}

/// Accepting, refusing and choosing: one class, one size, and always in this order. Once the switches are open, keeping them
/// as they stand takes the place of choosing. Closing belongs to the settings, where something is decided already.
fn actions(ui: &Ui, text: &BannerText) -> impl IntoView + use<> {
    let button = |act: &'static str, label: &str| {
        view! { <button type="button" part="button" data-act=act>{label.to_owned()}</button> }
    };
    view! {
        <div class="actions" part="actions">
            {button("accept", &text.accept)}
            {button("refuse", &text.refuse)}
            {button("choose", &text.choose)}
            {button("save", &text.save)}
        </div>
        <div class="actions away" part="actions">{button("close", &say(ui, Says::Close))}</div>
    }
}

fn say(ui: &Ui, word: Says) -> String {
    word.text(&ui.content.language).to_owned()
}

fn fill(ui: &Ui, word: Says, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(say(ui, word), |text, (name, value)| text.replace(name, value))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use crate::{render_form, sample};

    fn html() -> String {
        render_form(&sample::banner())
    }

    /// Where `needle` first stands.
    fn at(html: &str, needle: &str) -> usize {
        html.find(needle).unwrap_or_else(|| panic!("no {needle} in {html}"))
    }

    #[test]
    fn every_switch_is_off_and_there_is_one_for_each_consent_and_no_other() {
        let html = html();
        assert!(!html.contains(" checked"));
        assert_eq!(html.matches(r#"type="checkbox" role="switch""#).count(), 2);
        assert!(html.contains(r#"name="choice.statistics""#) && html.contains(r#"name="choice.ads""#));
        assert!(!html.contains("choice.cart"), "no switch without a choice");
        assert!(html.rfind("We remember your basket.").unwrap() > at(&html, "Needed for the site itself"));
    }

    #[test]
    fn accepting_refusing_and_choosing_stand_on_one_layer_and_differ_in_nothing_but_their_words() {
        let html = html();
        let choices = at(&html, r#"data-part="choices" hidden"#);
        let attributes = |act: &str| {
            let end = at(&html, &format!(" data-act=\"{act}\""));
            let start = html[..end].rfind("<button").unwrap();
            assert!(start > choices, "outside the switches");
            html[start..end].to_owned()
        };
        for act in ["refuse", "choose", "save", "close"] {
            assert_eq!(attributes(act), attributes("accept"), "{act}");
        }
        assert!(
            at(&html, r#""accept""#) < at(&html, r#""refuse""#) && at(&html, r#""refuse""#) < at(&html, r#""choose""#)
        );
    }

    #[test]
    fn before_the_first_button_it_says_who_what_for_and_how_to_take_it_back() {
        let html = html();
        let first = at(&html, "<button");
        for told in [
            "Nothing is loaded so far.",
            "You decide about: Statistics and Advertising.",
            "Harbour Books</strong> — sells books",
            "Quay Press</strong>",
            "You can change this at any time under “Privacy settings”.",
            "Everything about your data and your rights",
            "privacy@quay.example",
        ] {
            assert!(at(&html, told) < first, "{told}");
        }
    }

    #[test]
    fn a_purpose_names_its_services_and_what_each_leaves_on_the_device() {
        let html = html();
        let ads = at(&html, r#"data-purpose="ads""#);
        let told = &html[ads..];
        for fact in [
            "Kept for: 90 days",
            "Also received by: Adnet Inc.",
            "Outside the EU/EEA: United States: Adnet Inc.",
            r#"<summary>Services (1)<span class="seen-not">: Advertising</span></summary>"#,
            r#"data-service="Adnet" data-hosts="*.adnet.example t.adnet.example""#,
            r#"<code dir="ltr">t.adnet.example</code>"#,
            r#"<code dir="ltr">_an_*</code>"#,
            ": 90 days; knows you again",
        ] {
            assert!(told.contains(fact), "{fact} in {told}");
        }
        assert!(!html[at(&html, r#"data-purpose="statistics""#)..ads].contains("<details"), "no list of nothing");
    }

    #[test]
    fn what_the_script_shows_later_is_there_and_hidden() {
        let html = html();
        assert!(
            html.contains(r#"data-part="signal" hidden class="note">Your browser asks not to be tracked"#),
            "{html}"
        );
        assert!(html.contains("“Accept all” leaves these off: Advertising."));
        assert_eq!(html.matches(r#"data-part="changed" hidden"#).count(), 2);
        assert!(html.contains(r#"role="status" data-kept="Your choice is saved.""#) && html.contains("data-not-kept="));
        let template = &html[at(&html, r#"<template data-part="placeholder">"#)..];
        assert!(template.contains("{service}") && template.contains("{host}") && template.contains("{purpose}"));
        assert!(template.contains(r#"data-act="once""#) && template.contains(r#"data-act="always""#));
        assert!(html[at(&html, r#"<template data-part="settings">"#)..].contains("Privacy settings</button>"));
    }

    #[test]
    fn without_a_purpose_that_the_signal_refuses_nothing_is_said_of_it() {
        let mut content = sample::banner();
        content.banner.as_mut().unwrap().signalled.clear();
        assert!(!render_form(&content).contains("data-part=\"signal\""));
    }

    #[test]
    fn it_passes_a_strict_policy_and_the_owner_s_words_are_text() {
        let html = html();
        assert!(!html.contains("style=") && !html.contains("<script") && !html.contains("<style"));
        assert!(html.contains("May we load &lt;more&gt;?"));
        assert!(html.contains("class=\"unticked-banner corner\""), "{html}");
    }
}
