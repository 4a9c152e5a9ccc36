use super::*;
use crate::sample;

fn id<T: TryFrom<String>>(text: &str) -> T {
    T::try_from(text.to_owned()).ok().unwrap()
}

fn one(text: &str) -> Value {
    Value::One(text.to_owned())
}

fn live() -> (Content, FormState) {
    (sample::content(), FormState { live: true, ..FormState::default() })
}

fn complete(content: &Content, state: &mut FormState) {
    for (field, text) in [("name", "Ann"), ("email", "ann@example.org"), ("way", "a")] {
        state.enter(content, &id(field), one(text));
    }
}

#[test]
fn nothing_is_granted_until_the_visitor_ticks_it() {
    let (content, mut state) = live();
    let news: PurposeId = id("news");
    assert!(state.decided(&content).values().all(|choice| *choice == Choice::Refused));
    assert_eq!(state.decided(&content).len(), 2, "a refusal is sent as carefully as a grant");
    state.decide(&news, true);
    assert_eq!(state.decided(&content)[&news], Choice::Granted);
    state.decide(&news, false);
    assert_eq!(state.decided(&content)[&news], Choice::Refused);
}

#[test]
fn it_may_be_sent_with_every_box_empty() {
    let (content, mut state) = live();
    complete(&content, &mut state);
    assert!(state.may_send(&content));
}

#[test]
fn the_first_page_with_an_error_is_shown() {
    let (content, mut state) = live();
    complete(&content, &mut state);
    state.enter(&content, &id("email"), one(""));
    state.step = 1;
    assert!(!state.may_send(&content));
    assert_eq!((state.step, state.errors.len(), state.tried), (0, 1, true));
}

#[test]
fn a_page_is_left_only_when_it_is_in_order_and_going_back_loses_nothing() {
    let (content, mut state) = live();
    assert!(!state.go_on(&content));
    assert_eq!(state.errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["name", "email"]);
    complete(&content, &mut state);
    assert!(!state.tried, "the summary leaves with the last error");
    assert!(state.go_on(&content) && state.is_last(&content));
    assert!(!state.go_on(&content), "there is no page after the last");
    let before = state.values.clone();
    state.go_back();
    assert_eq!((state.step, state.values == before), (0, true));
    state.go_back();
    assert_eq!(state.step, 0);
}

#[test]
fn an_empty_field_is_not_complained_about_before_the_visitor_tries_to_go_on() {
    let (content, mut state) = live();
    let email: FieldId = id("email");
    state.leave(&content, &email);
    assert!(state.errors.is_empty());
    state.enter(&content, &email, one("ann@"));
    assert!(state.errors.is_empty(), "nor is one that is being typed into");
    state.leave(&content, &email);
    assert_eq!(state.error_at("email").map(|error| error.rule), Some(Rule::Email));
    assert!(!state.has_summary());
    state.enter(&content, &email, one("ann@example.org"));
    assert!(state.errors.is_empty(), "it goes as soon as it is put right");
}

#[test]
fn errors_stand_in_the_order_of_the_form_whatever_the_order_of_typing() {
    let (content, mut state) = live();
    for field in ["amount", "email"] {
        state.enter(&content, &id(field), one("?"));
        state.leave(&content, &id(field));
    }
    assert_eq!(state.errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["email", "amount"]);
}

#[test]
fn a_field_that_does_not_apply_is_neither_shown_nor_sent_nor_wrong() {
    let (content, mut state) = live();
    let order: FieldId = id("order");
    let field = content.field("order").unwrap().clone();
    assert!(!state.shows(&content, &field));
    assert!(FormState::default().shows(&content, &field), "before script everything is shown");
    complete(&content, &mut state);
    state.enter(&content, &id("topic"), one("b"));
    assert!(state.shows(&content, &field));
    assert!(!state.may_send(&content), "it is required now");
    state.enter(&content, &id("topic"), one("a"));
    assert!(state.errors.is_empty(), "its error went with it");
    state.enter(&content, &order, one("17"));
    assert!(state.may_send(&content));
    assert!(!state.tidied(&content).contains_key(&order));
    assert!(state.values.contains_key(&order), "but it is kept, should the visitor change their mind");
}

#[test]
fn trouble_keeps_what_was_typed_and_arrival_forgets_it() {
    let (content, mut state) = live();
    complete(&content, &mut state);
    let typed = state.values.clone();
    state.phase = Phase::Sending;
    state.fail(Trouble::NoAnswer);
    assert_eq!((state.phase.clone(), state.values == typed), (Phase::Filling, true));
    assert!(state.has_summary());
    let accepted = Accepted {
        id: "1".into(),
        reference: "R".into(),
        received_at: String::new(),
        decisions: Vec::new(),
        preferences: String::new(),
        receipt: String::new(),
    };
    state.finish(accepted.clone());
    assert_eq!((state.values.len(), state.phase, state.live), (0, Phase::Done(accepted), true));
}

#[test]
fn every_problem_has_words() {
    use ProblemType as P;
    let words = sample::content().words;
    let kinds = [
        P::TicketExpired,
        P::TicketInvalid,
        P::DefinitionChanged,
        P::OriginNotAllowed,
        P::SignatureInvalid,
        P::AlreadySubmitted,
        P::ValidationFailed,
        P::RateLimited,
        P::TooLarge,
        P::NotFound,
        P::Malformed,
        P::MethodNotAllowed,
        P::Unavailable,
        P::Internal,
    ];
    for kind in kinds {
        assert!(Trouble::Problem(kind, None).message(&words).len() > 20, "{kind:?}");
    }
    let limited = Trouble::Problem(P::RateLimited, Some(42)).message(&words);
    assert!(limited.contains("42") && !limited.contains('{'), "{limited}");
    assert_ne!(Trouble::NoAnswer.message(&words), Trouble::Problem(P::Unavailable, None).message(&words));
}
