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

/// How long, who and where at a glance; the rest one action away.
fn details(ui: &Ui, purpose: &PurposeText) -> impl IntoView + use<> {
    let summary = format!(": {}", purpose.name);
    let brief: Vec<_> = brief(ui, purpose).into_iter().map(|text| view! { <li>{text}</li> }).collect();
    view! {
        <ul class="brief" part="purpose-brief">{brief}</ul>
        <details class="more" part="details">
            <summary>{ui.word(Word::Details)} <span class="seen-not">{summary}</span></summary>
            {terms(ui, purpose, false)}
        </details>
    }
}

fn brief(ui: &Ui, purpose: &PurposeText) -> [String; 3] {
    let words = &ui.content.words;
    let recipients = if purpose.recipients.is_empty() {
        words.get(Word::RecipientsNone).to_owned()
    } else {
        purpose.recipients.join(", ")
    };
    let transfers = if purpose.transfers.is_empty() {
        words.get(Word::TransfersNone).to_owned()
    } else {
        format!("{}: {}", words.get(Word::TransfersLabel), purpose.transfers.join("; "))
    };
    [
        format!("{}: {}", words.get(Word::RetentionLabel), purpose.retention),
        format!("{}: {recipients}", words.get(Word::RecipientsLabel)),
        transfers,
    ]
}

/// What Art. 13 asks for about one purpose, as terms and descriptions: all of it, or what does not stand beside the
/// box already.
pub(super) fn terms(ui: &Ui, purpose: &PurposeText, all: bool) -> impl IntoView + use<> {
    let words = &ui.content.words;
    let basis = words.get(match purpose.legal_basis {
        LegalBasis::Consent => Word::BasisConsent,
        LegalBasis::Contract => Word::BasisContract,
        LegalBasis::LegalObligation => Word::BasisLegalObligation,
        LegalBasis::VitalInterests => Word::BasisVitalInterests,
        LegalBasis::PublicTask => Word::BasisPublicTask,
        LegalBasis::LegitimateInterests => Word::BasisLegitimateInterests,
    });
    let or = |texts: &[String], none| if texts.is_empty() { words.get(none).to_owned() } else { texts.join("; ") };
    let uses: Vec<&str> = ui
        .content
        .fields()
        .filter(|field| field.purposes.contains(&purpose.id))
        .map(|field| field.label.as_str())
        .collect();
    let mut terms = vec![
        (Word::BasisLabel, basis.to_owned()),
        (Word::InterestLabel, purpose.interest.clone()),
        (Word::UsesLabel, uses.join(", ")),
    ];
    if all {
        terms.extend([
            (Word::RetentionLabel, purpose.retention.clone()),
            (Word::RecipientsLabel, or(&purpose.recipients, Word::RecipientsNone)),
            (Word::TransfersLabel, or(&purpose.transfers, Word::TransfersNone)),
        ]);
    }
    let terms: Vec<_> = terms
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(label, text)| view! { <div><dt>{ui.word(label)}</dt><dd>{text}</dd></div> })
        .collect();
    view! { <dl part="terms">{terms}</dl> }
}
