//! The states worth looking at, made by the same functions that make them in life.

use std::collections::BTreeMap;

use unticked_shared::{
    decision::Decision,
    definition::{self, Banner, Definitions},
    id::{FieldId, Language, PurposeId},
    placement::{Content, Layout},
    submission::{Accepted, DecisionTaken, ProblemType, Value},
};
use unticked_widget::state::{FormState, Phase, Trouble};

macro_rules! shop {
    ($($file:literal)*) => {
        [$(($file, include_str!(concat!("../../../examples/shop/definitions/", $file)))),*]
    };
}

const FILES: [(&str, &str); 15] = shop!(
    "banner.toml" "controller.toml" "destinations.toml" "forms/contact.toml" "forms/event.toml" "purposes/advertising.toml" "purposes/campaign.toml"
    "purposes/dietary.toml" "purposes/enquiry.toml" "purposes/event.toml" "purposes/media.toml" "purposes/newsletter.toml"
    "purposes/phone-offers.toml" "purposes/statistics.toml" "purposes/survey.toml"
);

/// A form's content and its states by name.
pub type Shown = (Content, Vec<(String, FormState)>);

/// The sample shop's definitions.
pub fn shop() -> Result<Definitions, String> {
    let files: BTreeMap<String, String> =
        FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let checked = definition::check(&files);
    checked.definitions.ok_or_else(|| format!("the sample has errors: {:?}", checked.findings))
}

/// What the script does to a banner: the parts it shows, and whether they are the settings.
pub const BANNER_STATES: [(&str, &[&str], bool); 4] = [
    ("first layer", &[], false),
    ("with Global Privacy Control", &["signal"], false),
    ("choosing", &["choices"], false),
    ("settings, something has changed", &["choices", "changed"], true),
];

/// The sample shop's banner in one language, once for each layout.
pub fn banners(definitions: &Definitions, language: &Language) -> Vec<Content> {
    let Some(banner) = &definitions.banner else { return Vec::new() };
    [Layout::Bar, Layout::Box, Layout::Corner]
        .map(|layout| {
            let banner = Banner { layout, ..banner.clone() };
            definition::banner_content(&banner, &definitions.purposes, &definitions.controllers, language)
        })
        .into()
}

/// The sample shop's forms in one language.
pub fn forms(definitions: &Definitions, language: &Language) -> Vec<Shown> {
    definitions
        .forms
        .iter()
        .map(|(id, form)| {
            let content = definition::content(id, form, &definitions.purposes, &definitions.controllers, language);
            let states = if content.steps.len() > 1 { paged(&content) } else { single(&content) };
            (content, states)
        })
        .collect()
}

/// Enters something acceptable into every field.
fn filled(content: &Content) -> FormState {
    use unticked_shared::placement::FieldKind as Kind;
    let mut state = FormState { live: true, ..FormState::default() };
    for field in content.fields() {
        let first = field.options.first().map(|option| option.value.clone()).unwrap_or_default();
        let value = match field.kind {
            Kind::Email => Value::One("maria@example.org".into()),
            Kind::Tel => Value::One("+359 2 123 4567".into()),
            Kind::Url => Value::One("https://example.org".into()),
            Kind::Number => Value::One(field.min.clone().unwrap_or_else(|| "2".into())),
            Kind::Date => Value::One(field.min.clone().unwrap_or_else(|| "2027-05-01".into())),
            Kind::Select | Kind::Radio => Value::One(first),
            Kind::Checkboxes => Value::Many(vec![first]),
            Kind::Country => Value::One("BG".into()),
            Kind::Hidden => continue,
            Kind::Text | Kind::Textarea => Value::One("Maria Ivanova".into()),
        };
        state.enter(content, &field.id, value);
    }
    state
}

fn single(content: &Content) -> Vec<(String, FormState)> {
    let fresh = FormState { live: true, ..FormState::default() };
    let mut refused = fresh.clone();
    if let Ok(email) = FieldId::parse("email") {
        refused.enter(content, &email, Value::One("maria@example".into()));
    }
    refused.may_send(content);
    let mut ticked = filled(content);
    if let Some(purpose) = content.asked().next() {
        ticked.decide(&purpose.id, true);
    }
    let sending = FormState { phase: Phase::Sending, ..ticked.clone() };
    let mut states = vec![
        ("before script".to_owned(), FormState::default()),
        ("fresh".to_owned(), fresh),
        ("filled in".to_owned(), ticked.clone()),
        ("with errors".to_owned(), refused),
        ("sending".to_owned(), sending),
    ];
    for trouble in troubles() {
        let mut state = ticked.clone();
        state.fail(trouble);
        let name = match trouble {
            Trouble::NoAnswer => "no-answer",
            Trouble::Problem(kind, _) => kind.slug(),
        };
        states.push((name.to_owned(), state));
    }
    let mut done = ticked;
    done.finish(accepted(content));
    states.push(("arrived".to_owned(), done));
    states
}

fn paged(content: &Content) -> Vec<(String, FormState)> {
    let mut states = vec![("before script".to_owned(), FormState::default())];
    let mut wrong = FormState { live: true, ..FormState::default() };
    wrong.go_on(content);
    states.push(("page 1 with errors".to_owned(), wrong));
    for step in 0..content.steps.len() {
        states.push((format!("page {}", step + 1), FormState { step, ..filled(content) }));
    }
    states
}

fn troubles() -> Vec<Trouble> {
    use ProblemType as P;
    let mut troubles = vec![Trouble::NoAnswer, Trouble::Problem(P::RateLimited, Some(42))];
    let kinds = [
        P::TicketExpired,
        P::DefinitionChanged,
        P::OriginNotAllowed,
        P::AlreadySubmitted,
        P::TooLarge,
        P::Unavailable,
        P::Internal,
    ];
    troubles.extend(kinds.map(|kind| Trouble::Problem(kind, None)));
    troubles
}

fn accepted(content: &Content) -> Accepted {
    let taken = |(id, name): (PurposeId, String), decision| DecisionTaken { purpose: id, name, decision };
    let outcomes = [Decision::GrantedUnconfirmed, Decision::Refused, Decision::Granted];
    let decisions = content
        .asked()
        .zip(outcomes.into_iter().cycle())
        .map(|(purpose, decision)| taken((purpose.id.clone(), purpose.name.clone()), decision))
        .collect();
    Accepted {
        id: "0198c0de".into(),
        reference: "K7QD-93XF".into(),
        received_at: "2026-11-23T12:00:00Z".into(),
        decisions,
        preferences: "https://forms.example/preferences#AZqyNL2rcAGAAAAAAAAAAdkq8s0Y3lqU1cYQ0rT6b4E".into(),
        receipt: "e30K".into(),
    }
}
