//! The rules, each by itself.

use proptest::prelude::*;
use unticked_shared::{decision::Decision, definition::form::Identifies, evidence::Method, validate::Rule};

use super::{
    super::decide::{Acceptance, State, decide},
    *,
};

async fn decided(change: impl FnOnce(Visitor) -> Visitor) -> Result<Acceptance, Refusal> {
    let house = House::new().await;
    let visitor = change(house.visitor());
    decide(visitor.signed(), &visitor.ticket, &house.version(), house.hour.now())
}

fn rules(refusal: Refusal) -> Vec<(String, Rule)> {
    match refusal {
        Refusal::Invalid(errors) => errors.into_iter().map(|error| (error.field, error.rule)).collect(),
        other => panic!("{other:?}"),
    }
}

fn fields(acceptance: &Acceptance) -> Vec<&str> {
    acceptance.values.iter().map(|kept| kept.field.as_str()).collect()
}

#[tokio::test]
async fn a_visitor_who_ticks_nothing_is_heard() {
    let acceptance = decided(|visitor| visitor).await.unwrap();
    assert_eq!(acceptance.state, State::Accepted);
    assert_eq!(acceptance.method, Method::Widget);
    assert_eq!(fields(&acceptance), ["email", "topic", "message"]);
    assert_eq!(acceptance.page, "https://shop.example/contact", "without query and fragment");
    assert_eq!(acceptance.contact.as_ref().unwrap().as_str(), "ann@example.org");
    let decisions: Vec<_> = acceptance.purposes.iter().map(|p| (p.id.as_str(), p.decision)).collect();
    assert_eq!(
        decisions,
        [("enquiry", None), ("newsletter", Some(Decision::Refused)), ("calls", Some(Decision::Refused))]
    );
}

#[tokio::test]
async fn a_refusal_is_kept_as_carefully_as_a_grant() {
    let granted = decided(|visitor| visitor.ticks("newsletter").ticks("calls")).await.unwrap();
    let refused = decided(|visitor| visitor).await.unwrap();
    assert_eq!(granted.purposes.len(), refused.purposes.len());
    for (granted, refused) in granted.purposes.iter().zip(&refused.purposes) {
        assert_eq!(granted.statement, refused.statement);
        assert_eq!(granted.statement.len(), 64);
    }
}

#[tokio::test]
async fn a_grant_that_needs_a_mail_stays_unconfirmed_and_others_do_not() {
    let acceptance = decided(|visitor| visitor.ticks("newsletter").ticks("calls")).await.unwrap();
    let decisions: Vec<_> = acceptance.purposes.iter().map(|p| p.decision).collect();
    assert_eq!(decisions, [None, Some(Decision::GrantedUnconfirmed), Some(Decision::Granted)]);
}

#[tokio::test]
async fn a_value_is_stored_only_for_a_purpose_that_was_granted_or_needs_no_consent() {
    let refused = decided(|visitor| visitor.enters("phone", "+353 1 234 5678")).await.unwrap();
    assert_eq!(fields(&refused), ["email", "topic", "message"]);
    assert!(refused.values.iter().all(|kept| kept.purposes.iter().all(|p| p.as_str() == "enquiry")));
    let granted = decided(|visitor| visitor.enters("phone", "+353 1 234 5678").ticks("calls")).await.unwrap();
    assert_eq!(fields(&granted), ["email", "phone", "topic", "message"]);
}

#[tokio::test]
async fn only_what_identifies_nobody_is_told_apart() {
    let acceptance = decided(|visitor| visitor).await.unwrap();
    let classes: Vec<_> = acceptance.values.iter().map(|kept| kept.identifies).collect();
    assert_eq!(classes, [Identifies::Direct, Identifies::No, Identifies::Direct]);
}

#[tokio::test]
async fn each_field_that_is_wrong_is_named_in_the_forms_order() {
    let refusal =
        decided(|visitor| visitor.enters("email", "ann").clears("topic").clears("message")).await.unwrap_err();
    let expected = [("email", Rule::Email), ("topic", Rule::Required), ("message", Rule::Required)];
    assert_eq!(rules(refusal), expected.map(|(field, rule)| (field.to_owned(), rule)));
}

#[tokio::test]
async fn a_value_for_a_field_that_could_not_be_seen_is_refused_when_signed() {
    let refusal = decided(|visitor| visitor.enters("details", "chairs")).await.unwrap_err();
    assert_eq!(rules(refusal), [("details".to_owned(), Rule::NotShown)]);
    let refusal = decided(|visitor| visitor.enters("salary", "1")).await.unwrap_err();
    assert_eq!(rules(refusal), [("salary".to_owned(), Rule::NotShown)]);
    let shown = decided(|visitor| visitor.enters("topic", "other").enters("details", "chairs")).await.unwrap();
    assert!(fields(&shown).contains(&"details"));
}

#[tokio::test]
async fn the_native_form_shows_everything_and_what_did_not_apply_is_dropped() {
    let house = House::new().await;
    let mut visitor = house.visitor().enters("details", "chairs").enters("salary", "1");
    visitor.submission.choices.clear();
    let acceptance = decide(visitor.native(), &visitor.ticket, &house.version(), house.hour.now()).unwrap();
    assert_eq!(fields(&acceptance), ["email", "topic", "message"]);
    assert_eq!(acceptance.method, Method::Page);
    assert_eq!(acceptance.build, "page");
    assert_eq!(acceptance.submitted_at, house.hour.now());
    assert!(acceptance.purposes.iter().all(|p| p.decision.is_none_or(|d| d == Decision::Refused)));
}

#[tokio::test]
async fn every_purpose_that_was_asked_needs_an_answer_and_no_other_one() {
    let missing = decided(|mut visitor| {
        visitor.submission.choices.remove("calls");
        visitor
    });
    assert_eq!(rules(missing.await.unwrap_err()), [("calls".to_owned(), Rule::Option)]);
    let unknown = decided(|visitor| visitor.ticks("profiling")).await.unwrap_err();
    assert_eq!(rules(unknown), [("profiling".to_owned(), Rule::Option)]);
    // Consent to what rests on a contract would mislead.
    let not_asked = decided(|visitor| visitor.ticks("enquiry")).await.unwrap_err();
    assert_eq!(rules(not_asked), [("enquiry".to_owned(), Rule::Option)]);
}

#[tokio::test]
async fn a_signature_that_does_not_answer_the_ticket_is_refused() {
    let house = House::new().await;
    let visitor = house.visitor();
    let other = house.ticket();
    let attempt = |change: &dyn Fn(&mut Signed)| {
        let mut arrival = visitor.signed();
        let Proof::Signed(signed) = &mut arrival.proof else { unreachable!() };
        change(signed);
        decide(arrival, &visitor.ticket, &house.version(), house.hour.now()).unwrap_err()
    };
    assert_eq!(attempt(&|signed| signed.body = b"{}".as_slice().into()), Refusal::SignatureInvalid);
    assert_eq!(attempt(&|signed| signed.timestamp += 1), Refusal::SignatureInvalid);
    assert_eq!(attempt(&|signed| signed.signature = "v1,AAAA".to_owned()), Refusal::SignatureInvalid);
    assert_eq!(attempt(&|signed| signed.signature.clear()), Refusal::SignatureInvalid);
    assert_eq!(attempt(&|signed| signed.id.clone_from(&other.claims.id)), Refusal::SignatureInvalid);
    // Signed well, under another ticket's key.
    let mut forged = visitor.signed();
    let Proof::Signed(signed) = &mut forged.proof else { unreachable!() };
    signed.signature = other.submission_key().sign(&signed.id, signed.timestamp, &signed.body);
    let refused = decide(forged, &visitor.ticket, &house.version(), house.hour.now());
    assert_eq!(refused.unwrap_err(), Refusal::SignatureInvalid);
}

#[tokio::test]
async fn a_timestamp_belongs_into_the_tickets_life_and_the_visitors_clock_changes_nothing() {
    let house = House::new().await;
    let visitor = house.visitor();
    let claims = &visitor.ticket.claims;
    for (at, accepted) in [
        (claims.issued_at - 61, false),
        (claims.issued_at - 60, true),
        (claims.expires_at + 60, true),
        (claims.expires_at + 61, false),
        (i64::MIN, false),
        (i64::MAX, false),
    ] {
        let visitor = Visitor { sent_at: at, ..visitor.clone() };
        let decided = decide(visitor.signed(), &visitor.ticket, &house.version(), house.hour.now());
        assert_eq!(decided.is_ok(), accepted, "{at}");
    }
}

#[tokio::test]
async fn nothing_is_decided_after_it_has_arrived() {
    let house = House::new().await;
    let visitor = house.visitor();
    let now = house.hour.now();
    let tomorrow = Visitor { sent_at: visitor.ticket.claims.expires_at, ..visitor.clone() };
    let acceptance = decide(tomorrow.signed(), &visitor.ticket, &house.version(), now).unwrap();
    assert_eq!(acceptance.submitted_at, now, "else a withdrawal of tonight would come before it");
}

#[tokio::test]
async fn the_origin_is_the_one_that_the_ticket_went_to() {
    let house = House::new().await;
    for (origin, signed, native) in [
        (Some("https://shop.example"), true, true),
        (Some("https://shop.example:8443"), false, false),
        (Some("http://shop.example"), false, false),
        (Some("https://evil.example"), false, false),
        (Some("null"), false, true),
        (None, false, true),
    ] {
        let visitor = Visitor { origin: origin.map(str::to_owned), ..house.visitor() };
        for (arrival, accepted) in [(visitor.signed(), signed), (visitor.native(), native)] {
            let decided = decide(arrival, &visitor.ticket, &house.version(), house.hour.now());
            assert_eq!(decided.is_ok(), accepted, "{origin:?}");
            if !accepted {
                assert_eq!(decided.unwrap_err(), Refusal::OriginNotAllowed);
            }
        }
    }
}

#[tokio::test]
async fn a_ticket_of_another_form_version_or_language_does_not_hold_here() {
    let house = House::new().await;
    let visitor = house.visitor();
    let version = house.version();
    let elsewhere = Arrival { form: FormId::parse("other").unwrap(), ..visitor.signed() };
    let refused = decide(elsewhere, &visitor.ticket, &version, house.hour.now());
    assert_eq!(refused.unwrap_err(), Refusal::TicketInvalid);
    let newer = Arc::new(Version { digest: "0".repeat(64), ..(*version).clone() });
    let refused = decide(visitor.signed(), &visitor.ticket, &newer, house.hour.now());
    assert_eq!(refused.unwrap_err(), Refusal::TicketInvalid);
    let mut foreign = visitor.clone();
    foreign.ticket.claims.language = Language::parse("bg").unwrap();
    let refused = decide(foreign.signed(), &foreign.ticket, &version, house.hour.now());
    assert_eq!(refused.unwrap_err(), Refusal::TicketInvalid);
}

#[tokio::test]
async fn a_day_is_enough_for_slow_readers_and_no_more() {
    let house = House::new().await;
    let visitor = house.visitor();
    house.hour.pass(24 * 3600 - 21);
    assert!(decide(visitor.signed(), &visitor.ticket, &house.version(), house.hour.now()).is_ok());
    house.hour.pass(1);
    let late = decide(visitor.signed(), &visitor.ticket, &house.version(), house.hour.now());
    assert_eq!(late.unwrap_err(), Refusal::TicketExpired);
}

#[tokio::test]
async fn a_withdrawn_version_accepts_nothing() {
    let house = House::new().await;
    let visitor = house.visitor();
    let withdrawn = Arc::new(Version { withdrawn: true, ..(*house.version()).clone() });
    let refused = decide(visitor.signed(), &visitor.ticket, &withdrawn, house.hour.now());
    assert_eq!(refused.unwrap_err(), Refusal::DefinitionChanged);
}

#[tokio::test]
async fn a_trap_for_robots_holds_and_never_drops() {
    let trapped = decided(|mut visitor| {
        visitor.submission.trap = "http://spam.example".to_owned();
        visitor
    });
    let trapped = trapped.await.unwrap();
    assert_eq!(trapped.state, State::Quarantined);
    assert_eq!(trapped.values.len(), 3);
    let house = House::new().await;
    for (seconds, state) in [(2, State::Quarantined), (3, State::Accepted)] {
        let ticket = house.ticket();
        house.hour.pass(seconds);
        let hasty = Visitor::with(ticket, house.hour.now());
        let acceptance = decide(hasty.signed(), &hasty.ticket, &house.version(), house.hour.now()).unwrap();
        assert_eq!(acceptance.state, state, "{seconds}");
    }
}

#[tokio::test]
async fn a_page_elsewhere_is_not_written_down_as_ours() {
    for (page, kept) in [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/a?mail=ann@example.org", "https://shop.example/a"),
        ("https://shop.example.evil.example/", ""),
        ("about:srcdoc", ""),
        ("", ""),
    ] {
        let acceptance = decided(|mut visitor| {
            visitor.submission.page = page.to_owned();
            visitor
        });
        assert_eq!(acceptance.await.unwrap().page, kept, "{page}");
    }
    for page in [format!("{SITE}/{}", "a".repeat(3000)), format!("{SITE}/a\nb")] {
        let refused = decided(|mut visitor| {
            visitor.submission.page = page;
            visitor
        });
        assert!(matches!(refused.await, Err(Refusal::Malformed(_))));
    }
}

#[tokio::test]
async fn the_signal_is_recorded_and_overrides_nothing_that_was_ticked() {
    let acceptance = decided(|mut visitor| {
        visitor.submission.gpc = Some(true);
        visitor.ticks("calls")
    });
    let acceptance = acceptance.await.unwrap();
    assert_eq!(acceptance.gpc, Some(true));
    assert_eq!(acceptance.purposes[2].decision, Some(Decision::Granted));
}

#[tokio::test]
async fn whatever_is_sent_gets_an_answer_and_no_panic() {
    let house = House::new().await;
    let visitor = house.visitor();
    let version = house.version();
    let texts = prop::collection::btree_map("[a-z]{1,12}|email|phone|topic|details|message", ".{0,40}", 0..8);
    let ticks = prop::collection::btree_map("newsletter|calls|enquiry|[a-z]{1,8}", any::<bool>(), 0..5);
    let mut runner = proptest::test_runner::TestRunner::default();
    let strategy = (texts, ticks, ".{0,60}", ".{0,20}", any::<i64>(), any::<bool>());
    runner
        .run(&strategy, |(texts, ticks, page, build, sent_at, native)| {
            let mut visitor = Visitor { sent_at, ..visitor.clone() };
            for (field, text) in texts {
                visitor = visitor.enters(&field, &text);
            }
            for (purpose, ticked) in ticks {
                visitor = if ticked { visitor.ticks(&purpose) } else { visitor.leaves(&purpose) };
            }
            visitor.submission.page = page;
            visitor.submission.build = build;
            let arrival = if native { visitor.native() } else { visitor.signed() };
            if let Ok(acceptance) = decide(arrival, &visitor.ticket, &version, house.hour.now()) {
                // Nothing is ever kept without a purpose that allows it, and no asked purpose goes unanswered.
                prop_assert!(acceptance.values.iter().all(|kept| !kept.purposes.is_empty()));
                prop_assert_eq!(acceptance.purposes.iter().filter(|p| p.decision.is_some()).count(), 2);
                let phone = acceptance.values.iter().any(|kept| kept.field.as_str() == "phone");
                prop_assert!(!phone || acceptance.purposes[2].decision == Some(Decision::Granted));
            }
            Ok(())
        })
        .unwrap();
}
