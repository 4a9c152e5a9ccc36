//! What the data are for: first what happens anyway, then what the visitor may allow or not.

use leptos::prelude::*;
use unticked_shared::{
    decision::{Choice, LegalBasis},
    placement::PurposeText,
    texts::Word,
};

use super::{Reading, Ui, still};

/// Both lists. In a form of several pages they stand on the last, next to the button that sends.
pub(super) fn purposes(ui: &Ui) -> impl IntoView + use<> {
    let content = &ui.content;
    let other = content.purposes.iter().any(|purpose| purpose.legal_basis != LegalBasis::Consent);
    let other = other.then(|| {
        view! {
            <section class="purposes" part="purposes-other" aria-labelledby="anyway" hidden=early(ui)>
                {still(|| anyway(ui))}
            </section>
        }
    });
    let asked = content.asked().next().is_some().then(|| {
        view! {
            <section class="purposes" part="purposes" aria-labelledby="asked" hidden=early(ui)>
                {still(|| choices(ui))}
            </section>
        }
    });
    view! { {other} {asked} }
}

fn anyway(ui: &Ui) -> impl IntoView + use<> {
    let purposes: Vec<_> = ui
        .content
        .purposes
        .iter()
        .filter(|purpose| purpose.legal_basis != LegalBasis::Consent)
        .map(|purpose| happens(ui, purpose))
        .collect();
    view! { <h3 id="anyway" part="section-title">{ui.word(Word::OtherPurposesTitle)}</h3> {purposes} }
}

fn choices(ui: &Ui) -> impl IntoView + use<> {
    let withdraw = format!("{} {}", ui.content.words.get(Word::WithdrawHint), ui.content.notice.withdraw);
    let purposes: Vec<_> = ui.content.asked().map(|purpose| asked(ui, purpose)).collect();
    view! {
        <h3 id="asked" part="section-title">{ui.word(Word::PurposesTitle)}</h3>
        <p part="purposes-hint">{ui.word(Word::PurposesHint)}</p>
        <p class="withdraw" part="withdraw">{withdraw}</p>
        {purposes}
    }
}

fn early(ui: &Ui) -> Reading<bool> {
    ui.follow(|content, state| state.live && !state.is_last(content))
}

/// A purpose that needs no consent: no box, since a box would promise a choice that is not there.
fn happens(ui: &Ui, purpose: &PurposeText) -> impl IntoView + use<> {
    view! {
        <div class="purpose" part="purpose" data-purpose=purpose.id.to_string()>
            <h4 part="purpose-name">{purpose.name.clone()}</h4>
            <p class="statement" part="statement">{purpose.statement.clone()}</p>
            {details(ui, purpose)}
        </div>
    }
}

fn asked(ui: &Ui, purpose: &PurposeText) -> impl IntoView + use<> {
    let id = format!("p-{}", purpose.id);
    let statement_id = format!("ps-{}", purpose.id);
    // Ticked only where a native post with the visitor's own tick comes back; never in a placement.
    let granted = ui.state.with_untracked(|state| state.choices.get(&purpose.id) == Some(&Choice::Granted));
    let explicit =
        purpose.explicit.then(|| view! { <p class="note" part="purpose-note">{ui.word(Word::ExplicitConsent)}</p> });
    let by_mail = purpose
        .confirm_by_mail
        .then(|| view! { <p class="note" part="purpose-note">{ui.word(Word::ConfirmByMail)}</p> });
    view! {
        <div class="purpose asked" part="purpose" data-purpose=purpose.id.to_string()>
            <div class="check">
                <input
                    part="control box"
                    id=id.clone()
                    name=format!("choice.{}", purpose.id)
                    type="checkbox"
                    value="granted"
                    checked=granted
                    autocomplete="off"
                    aria-describedby=statement_id.clone()
                />
                <label for=id part="purpose-name">{purpose.name.clone()}</label>
            </div>
            <p class="statement" part="statement" id=statement_id>{purpose.statement.clone()}</p>
            {explicit}
            {by_mail}
            {details(ui, purpose)}
        </div>
    }
}

/// How many of the facts about a purpose stand beside its box; the rest is one action away.
const GLANCE: usize = 4;

/// On which basis, how long, who and where at a glance; then the rest.
fn details(ui: &Ui, purpose: &PurposeText) -> impl IntoView + use<> {
    let summary = format!(": {}", purpose.name);
    let facts = facts(ui, purpose);
    let (glance, rest) = facts.split_at(GLANCE);
    let brief: Vec<_> = glance
        .iter()
        .map(|(label, text)| format!("{}: {text}", ui.content.words.get(*label)))
        .map(|text| view! { <li>{text}</li> })
        .collect();
    view! {
        <ul class="brief" part="purpose-brief">{brief}</ul>
        <details class="more" part="details">
            <summary>{ui.word(Word::Details)} <span class="seen-not">{summary}</span></summary>
            {terms(ui, rest)}
        </details>
    }
}

/// Everything about one purpose, for the complete notice.
pub(super) fn all_terms(ui: &Ui, purpose: &PurposeText) -> impl IntoView + use<> {
    terms(ui, &facts(ui, purpose))
}

/// What Art. 13 asks for about one purpose, the first [`GLANCE`] of them to be read beside its box.
pub(super) fn facts(ui: &Ui, purpose: &PurposeText) -> [(Word, String); 6] {
    let words = &ui.content.words;
    let or = |texts: &[String], none| if texts.is_empty() { words.get(none).to_owned() } else { texts.join("; ") };
    let uses: Vec<&str> = ui
        .content
        .fields()
        .filter(|field| field.purposes.contains(&purpose.id))
        .map(|field| field.label.as_str())
        .collect();
    [
        (Word::BasisLabel, ui.word(basis_word(purpose.legal_basis))),
        (Word::RetentionLabel, purpose.retention.clone()),
        (Word::RecipientsLabel, or(&purpose.recipients, Word::RecipientsNone)),
        (Word::TransfersLabel, or(&purpose.transfers, Word::TransfersNone)),
        (Word::InterestLabel, purpose.interest.clone()),
        (Word::UsesLabel, uses.join(", ")),
    ]
}

/// What says the basis.
pub(super) fn basis_word(basis: LegalBasis) -> Word {
    match basis {
        LegalBasis::Consent => Word::BasisConsent,
        LegalBasis::Contract => Word::BasisContract,
        LegalBasis::LegalObligation => Word::BasisLegalObligation,
        LegalBasis::VitalInterests => Word::BasisVitalInterests,
        LegalBasis::PublicTask => Word::BasisPublicTask,
        LegalBasis::LegitimateInterests => Word::BasisLegitimateInterests,
    }
}

fn terms(ui: &Ui, facts: &[(Word, String)]) -> impl IntoView + use<> {
    let terms: Vec<_> = facts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(label, text)| view! { <div><dt>{ui.word(*label)}</dt><dd>{text.clone()}</dd></div> })
        .collect();
    view! { <dl part="terms">{terms}</dl> }
}
