//! What the visitor sees when it has arrived: the reference and every decision, refusals included.

use leptos::prelude::*;
use unticked_shared::{
    decision::Decision,
    submission::{Accepted, DecisionTaken},
    texts::Word,
};

#[cfg(feature = "ssr")]
use unticked_shared::texts::preferences::Says;

use super::Ui;
use crate::state::Phase;

/// Nothing until it has arrived; then in place of the form.
pub(super) fn confirmation(ui: &Ui) -> impl IntoView + use<> {
    let context = ui.clone();
    ui.follow(move |_, state| match &state.phase {
        Phase::Done(accepted) => Some(arrived(&context, accepted)),
        _ => None,
    })
}

fn arrived(ui: &Ui, accepted: &Accepted) -> impl IntoView + use<> {
    let decisions: Vec<_> = accepted
        .decisions
        .iter()
        .map(|DecisionTaken { name, decision, .. }| {
            let word = match decision {
                Decision::Granted => Word::Granted,
                Decision::GrantedUnconfirmed => Word::GrantedUnconfirmed,
                Decision::Refused => Word::Refused,
                Decision::Withdrawn => Word::Withdrawn,
            };
            view! { <div data-decision=decision.as_str()><dt>{name.clone()}</dt><dd>{ui.word(word)}</dd></div> }
        })
        .collect();
    let decisions = (!decisions.is_empty()).then(|| {
        let withdraw = format!("{} {}", ui.content.words.get(Word::WithdrawHint), ui.content.notice.withdraw);
        view! {
            <h3 part="section-title">{ui.word(Word::DoneDecisions)}</h3>
            <dl part="decisions">{decisions}</dl>
            <p class="withdraw" part="withdraw">{withdraw}</p>
        }
    });
    let address = accepted.preferences.clone();
    let receipt = (!accepted.receipt.is_empty()).then(|| {
        let (file, name) = (receipt_address(&accepted.receipt), receipt_name(&accepted.reference));
        kept("receipt", file, Some(name), ui.word(Word::ReceiptLink), ui.word(Word::ReceiptHint))
    });
    let title = ui.word(Word::DoneTitle);
    // The reference stands in an element of its own, so that it can be marked and copied; the sentence goes round it.
    let sentence = ui.content.words.get(Word::DoneText);
    let (before, after) = sentence.split_once("{reference}").unwrap_or((sentence, ""));
    view! {
        <section class="done" part="done" aria-labelledby="done">
            <h2 id="done" part="done-title" tabindex="-1">{title}</h2>
            <p>
                {before.to_owned()}
                <strong class="reference" part="reference" dir="ltr">{accepted.reference.clone()}</strong>
                {after.to_owned()}
            </p>
            {decisions}
            {kept("preferences", address, None, ui.word(Word::PreferencesLink), ui.word(Word::PreferencesHint))}
            {receipt}
            {open_now(ui, accepted)}
        </section>
    }
}

/// Something to keep, and why.
pub(super) fn kept(
    part: &'static str,
    address: String,
    download: Option<String>,
    link: String,
    hint: String,
) -> impl IntoView + use<> {
    view! { <p><a part=part href=address download=download>{link}</a> " " {hint}</p> }
}

/// The address of a receipt, which saves it without asking anybody for it.
pub(super) fn receipt_address(base64: &str) -> String {
    ["data:application/octet-stream;base64,", base64].concat()
}

/// What the file is called.
pub(super) fn receipt_name(reference: &str) -> String {
    ["receipt-", reference, ".json"].concat()
}

/// On the hosted page: opens the personal page without script, since a fragment never reaches a server.
#[cfg(feature = "ssr")]
fn open_now(ui: &Ui, accepted: &Accepted) -> Option<impl IntoView + use<>> {
    let (_, token) = accepted.preferences.split_once('#')?;
    let token = token.to_owned();
    ui.frame.whole_page.then(|| {
        view! {
            <form method="post" action="/preferences" class="open-now">
                <input type="hidden" name="token" value=token />
                <button type="submit">{Says::OpenNow.text(&ui.content.language)}</button>
            </form>
        }
    })
}

#[cfg(not(feature = "ssr"))]
fn open_now(_: &Ui, _: &Accepted) {}
