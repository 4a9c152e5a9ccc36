//! Who is responsible, before the first control, and the complete notice (Arts 13, 14) one action away.
//!
//! The notice opens in a `<details>`: it works before and without script, is read without leaving the form, takes no
//! focus away and needs no trap.

use leptos::prelude::*;
use unticked_shared::{placement::ControllerText, texts::Word};

use super::{Ui, purposes::all_terms, still};

/// The controllers by name, what they do, and the complete notice behind one action.
pub(super) fn responsible(ui: &Ui) -> impl IntoView + use<> {
    view! {
        <section class="responsible" part="responsible" aria-labelledby="responsible">{still(|| brief(ui))}</section>
    }
}

fn brief(ui: &Ui) -> impl IntoView + use<> {
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
        <h3 id="responsible" part="section-title">{ui.word(Word::Responsible)}</h3>
        <ul>{controllers}</ul>
        <details class="more" part="notice">
            <summary part="notice-open">{ui.word(Word::NoticeOpen)}</summary>
            {complete(ui)}
        </details>
    }
}

/// The complete notice, for inside a `<details>`.
pub(super) fn complete(ui: &Ui) -> impl IntoView + use<> {
    let content = &ui.content;
    let notice = &content.notice;
    let controllers: Vec<_> = content.controllers.iter().map(|controller| contact(ui, controller)).collect();
    let purposes: Vec<_> = content
        .purposes
        .iter()
        .map(
            |purpose| view! { <h4>{purpose.name.clone()}</h4> <p>{purpose.statement.clone()}</p> {all_terms(ui, purpose)} },
        )
        .collect();
    let complaint = ui.fill(Word::ComplainText, &[("authority", &notice.authority)]);
    let rights = ui.word(Word::RightsText);
    let withdraw = format!("{} {}", content.words.get(Word::WithdrawHint), notice.withdraw);
    let dpo = (!notice.dpo.is_empty()).then(|| paragraphs(ui, Word::DpoLabel, vec![notice.dpo.clone()]));
    let hidden = (!notice.hidden.is_empty()).then(|| paragraphs(ui, Word::HiddenTitle, notice.hidden.clone()));
    let policy = (!notice.policy_url.is_empty()).then(|| {
        view! {
            <p><a href=notice.policy_url.clone() target="_blank" rel="noopener">{ui.word(Word::PolicyLink)}</a></p>
        }
    });
    view! {
        <div class="notice" part="notice-text">
            {controllers}
            {dpo}
            {purposes}
            {hidden}
            {paragraphs(ui, Word::RightsTitle, vec![rights, withdraw, complaint])}
            {paragraphs(ui, Word::RequiredTitle, vec![notice.required.clone()])}
            {paragraphs(ui, Word::AutomatedTitle, vec![notice.automated.clone()])}
            {policy}
        </div>
    }
}

fn contact(ui: &Ui, controller: &ControllerText) -> impl IntoView + use<> {
    let line = |label, text: &str| (!text.is_empty()).then(|| format!("{}: {text}", ui.content.words.get(label)));
    let lines: Vec<_> = [
        (!controller.role.is_empty()).then(|| controller.role.clone()),
        line(Word::AddressLabel, &controller.address),
        line(Word::ContactLabel, &controller.contact),
    ]
    .into_iter()
    .flatten()
    .map(|text| view! { <p>{text}</p> })
    .collect();
    view! { <h4>{controller.name.clone()}</h4> {lines} }
}

fn paragraphs(ui: &Ui, heading: Word, texts: Vec<String>) -> impl IntoView + use<> {
    let texts: Vec<_> = texts.into_iter().map(|text| view! { <p>{text}</p> }).collect();
    view! { <h4>{ui.word(heading)}</h4> {texts} }
}
