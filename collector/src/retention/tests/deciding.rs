//! What is due, and what is destroyed then.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;
use unticked_shared::{
    decision::{LegalBasis, RetentionFrom},
    evidence::{Ended, Ground},
    id::FieldId,
};

use super::*;
use crate::retention::decide::{Case, Held, Promises, Verdict, decide, end_of, forecast};

use RetentionFrom::{LastEngagement, Submission};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Received at noon of 31 January 2027.
fn received() -> Timestamp {
    at("2027-01-31T12:00:00Z")
}

/// The enquiry lasts a month, the newsletter two years from the last engagement, statistics a year.
fn promises() -> Promises {
    Promises::new(
        &[("enquiry", "P1M", Submission), ("news", "P2Y", LastEngagement), ("counting", "P1Y", Submission)],
        &[("email", &["enquiry", "news"]), ("message", &["enquiry"]), ("name", &["news"]), ("source", &["counting"])],
    )
}

fn standing_for(id: &str, legal_basis: LegalBasis, decision: Option<Decision>) -> Standing {
    Standing {
        purpose: purpose(id),
        statement: "ab".repeat(32),
        legal_basis,
        decision,
        ended: None,
        record: Uuid::nil(),
        since: received(),
    }
}

fn case(news: Decision) -> Case {
    let held = [("email", true), ("message", true), ("name", true), ("source", false)];
    Case {
        received_at: received(),
        released_until: None,
        standing: vec![
            standing_for("enquiry", LegalBasis::Contract, None),
            standing_for("news", LegalBasis::Consent, Some(news)),
            standing_for("counting", LegalBasis::LegitimateInterests, None),
        ],
        engaged: BTreeMap::new(),
        held: held
            .map(|(field, identifies)| Held { field: FieldId::parse(field).unwrap(), identifies })
            .into_iter()
            .filter(|held| news.allows_storing() || held.field.as_str() != "name")
            .collect(),
    }
}

fn names(fields: &[FieldId]) -> Vec<&str> {
    fields.iter().map(FieldId::as_str).collect()
}

fn ended(verdict: &Verdict) -> Vec<&str> {
    verdict.ended.iter().map(|ended| ended.standing.purpose.as_str()).collect()
}

#[test]
fn what_was_decided_at_a_banner_is_remembered_until_the_last_period_is_over() {
    let promises = promises().of_a_banner();
    for decision in [Decision::Refused, Decision::Withdrawn, Decision::Granted] {
        let told = standing_for("enquiry", LegalBasis::Contract, None);
        let standing = vec![told, standing_for("counting", LegalBasis::Consent, Some(decision))];
        let case = Case { standing, held: Vec::new(), ..case(decision) };
        let end = end_of(&promises, &case, &purpose("counting")).unwrap().at;
        for now in [received(), at("2027-06-01T12:00:00Z"), end - SignedDuration::from_secs(1)] {
            let verdict = decide(&promises, &case, now);
            assert!(!verdict.changes_anything() && !verdict.anonymous, "{decision:?} {now}: {verdict:?}");
            assert_eq!(verdict.next, Some(end), "what is only told ends nothing");
        }
        let over = decide(&promises, &case, end);
        assert!(over.anonymous && over.next.is_none());
        assert_eq!(over.ended.len(), usize::from(decision == Decision::Granted));
    }
}

#[test]
fn a_purpose_ends_when_its_own_period_runs_out_and_not_a_moment_earlier() {
    let (promises, case) = (promises(), case(Decision::Granted));
    let before = decide(&promises, &case, at("2027-02-28T11:59:59.999Z"));
    assert!(!before.changes_anything());
    assert_eq!(before.next, Some(at("2027-02-28T12:00:00Z")));
    let after = decide(&promises, &case, at("2027-02-28T12:00:00Z"));
    assert_eq!(ended(&after), ["enquiry"]);
    assert_eq!(after.kept, [purpose("news"), purpose("counting")]);
    assert_eq!(after.next, Some(at("2028-01-31T12:00:00Z")));
    let rule = after.ended[0].rule.as_ref().unwrap();
    assert_eq!(
        (rule.period.as_str(), rule.counted_from.as_str(), rule.ran_out.as_str()),
        ("P1M", "2027-01-31", "2027-02-28")
    );
}

#[test]
fn a_value_goes_with_the_last_purpose_that_uses_it() {
    let (promises, case) = (promises(), case(Decision::Granted));
    let first = decide(&promises, &case, at("2027-03-01T00:00:00Z"));
    assert_eq!(names(&first.destroyed), ["message"]);
    assert!(!first.unfindable && !first.anonymous);
    let all = decide(&promises, &case, at("2029-01-31T12:00:00Z"));
    assert_eq!(names(&all.destroyed), ["email", "message", "name", "source"]);
    assert!(all.unfindable && all.anonymous);
    assert_eq!((all.kept.len(), all.next), (0, None));
}

#[test]
fn what_was_refused_keeps_nothing_and_ends_nothing() {
    let verdict = decide(&promises(), &case(Decision::Refused), at("2027-03-01T00:00:00Z"));
    assert_eq!(ended(&verdict), ["enquiry"]);
    assert_eq!(names(&verdict.destroyed), ["email", "message"]);
    assert!(verdict.unfindable && verdict.anonymous, "what is counted points to nobody");
    assert_eq!(verdict.kept, [purpose("counting")]);
}

#[test]
fn what_was_withdrawn_is_destroyed_at_once_where_nothing_else_uses_it() {
    let mut withdrawn = case(Decision::Granted);
    withdrawn.standing[1].decision = Some(Decision::Withdrawn);
    let verdict = decide(&promises(), &withdrawn, received());
    assert!(verdict.ended.is_empty(), "the person ended it, no rule did");
    assert_eq!(names(&verdict.destroyed), ["name"]);
    assert_eq!(verdict.ground(&withdrawn), Ground::Withdrawal);
    assert!(!verdict.unfindable, "the enquiry still needs the address");
}

#[test]
fn an_objection_ends_another_basis_than_consent_too() {
    let mut objected = case(Decision::Granted);
    objected.standing[2].decision = Some(Decision::Withdrawn);
    assert_eq!(names(&decide(&promises(), &objected, received()).destroyed), ["source"]);
}

#[test]
fn an_unconfirmed_grant_keeps_its_values_until_its_period_is_over() {
    let waiting = case(Decision::GrantedUnconfirmed);
    assert_eq!(names(&decide(&promises(), &waiting, at("2027-03-01T00:00:00Z")).destroyed), ["message"]);
    assert!(decide(&promises(), &waiting, at("2029-01-31T12:00:00Z")).anonymous);
}

#[test]
fn an_engagement_moves_the_end_of_what_counts_from_it_alone() {
    let promises = promises();
    let mut case = case(Decision::Granted);
    case.engaged = ["enquiry", "news"].map(|id| (purpose(id), at("2028-02-29T00:00:00Z"))).into();
    assert_eq!(end_of(&promises, &case, &purpose("enquiry")).unwrap().at, at("2027-02-28T12:00:00Z"));
    assert_eq!(end_of(&promises, &case, &purpose("news")).unwrap().at, at("2030-02-28T00:00:00Z"));
    // Before the submission there was nothing to engage in.
    case.engaged = [(purpose("news"), at("2020-01-01T00:00:00Z"))].into();
    assert_eq!(end_of(&promises, &case, &purpose("news")).unwrap().at, at("2029-01-31T12:00:00Z"));
}

#[test]
fn what_nobody_let_go_ends_after_its_time_or_its_promise_whichever_is_first() {
    let promises = promises();
    let suspect = Case { released_until: Some(at("2027-03-02T12:00:00Z")), ..case(Decision::Granted) };
    assert_eq!(decide(&promises, &suspect, received()).next, Some(at("2027-02-28T12:00:00Z")));
    let first = decide(&promises, &suspect, at("2027-02-28T12:00:00Z"));
    assert_eq!((ended(&first), first.ended[0].why), (vec!["enquiry"], Ended::Retention));
    assert_eq!(first.next, Some(at("2027-03-02T12:00:00Z")));
    let suspect = Case { released_until: Some(at("2027-02-10T12:00:00Z")), ..suspect };
    let unreleased = decide(&promises, &suspect, at("2027-02-10T12:00:00Z"));
    assert_eq!(ended(&unreleased), ["enquiry", "news", "counting"]);
    assert!(unreleased.ended.iter().all(|ended| ended.why == Ended::Unreleased && ended.rule.is_none()));
    assert_eq!(unreleased.ground(&suspect), Ground::Unreleased);
    assert!(unreleased.anonymous && unreleased.destroyed.len() == 4 && unreleased.next.is_none());
}

#[test]
fn a_clock_that_is_set_back_takes_nothing_back_and_one_that_is_set_forward_ends_what_is_due_then() {
    let (promises, mut case) = (promises(), case(Decision::Granted));
    case.standing[0].ended = Some(Ended::Retention);
    case.held.retain(|held| held.field.as_str() != "message");
    let earlier = decide(&promises, &case, at("2027-02-28T11:00:00Z"));
    assert!(!earlier.changes_anything());
    assert_eq!(earlier.kept, [purpose("news"), purpose("counting")]);
    let later = decide(&promises, &case, at("2027-02-28T13:00:00Z"));
    assert!(!later.changes_anything(), "it ends once");
}

#[test]
fn a_forecast_says_what_will_be_destroyed_when_and_changes_nothing() {
    let promises = promises();
    let falling = forecast(&promises, &case(Decision::Granted), at("2030-01-01T00:00:00Z"));
    let said: Vec<_> =
        falling.iter().map(|f| (f.at.to_string(), ended(&f.verdict), names(&f.verdict.destroyed))).collect();
    assert_eq!(
        said,
        [
            ("2027-02-28T12:00:00Z".to_owned(), vec!["enquiry"], vec!["message"]),
            ("2028-01-31T12:00:00Z".to_owned(), vec!["counting"], vec!["source"]),
            ("2029-01-31T12:00:00Z".to_owned(), vec!["news"], vec!["email", "name"]),
        ]
    );
    assert_eq!(forecast(&promises, &case(Decision::Granted), at("2027-02-28T11:59:59Z")), []);
}

#[test]
fn a_period_that_never_ends_or_cannot_be_read_ends_nothing() {
    let promises = Promises::new(&[("enquiry", "P10000Y", Submission)], &[("email", &["enquiry"])]);
    let only = Case { standing: vec![standing_for("enquiry", LegalBasis::Contract, None)], ..case(Decision::Refused) };
    let verdict = decide(&promises, &only, at("9999-01-01T00:00:00Z"));
    assert!(verdict.ended.is_empty());
    assert_eq!(verdict.next, None);
}

fn any_case() -> impl Strategy<Value = (Promises, Case)> {
    let period = prop_oneof![Just("P1D"), Just("P1W"), Just("P1M"), Just("P6M"), Just("P1Y"), Just("P1Y1M1D")];
    let from = prop_oneof![Just(Submission), Just(LastEngagement)];
    let decision = prop_oneof![
        Just(None),
        Just(Some(Decision::Granted)),
        Just(Some(Decision::GrantedUnconfirmed)),
        Just(Some(Decision::Refused)),
        Just(Some(Decision::Withdrawn))
    ];
    let purposes = proptest::collection::vec((period, from, decision, proptest::option::of(0i64..400)), 4);
    let uses = proptest::collection::vec((proptest::collection::vec(any::<bool>(), 4), any::<bool>()), 5);
    (purposes, uses, proptest::option::of(0i64..60)).prop_map(|(purposes, uses, released)| {
        const IDS: [&str; 4] = ["a", "b", "c", "d"];
        const FIELDS: [&str; 5] = ["email", "f", "g", "h", "i"];
        let declared: Vec<_> =
            IDS.iter().zip(&purposes).map(|(id, (period, from, ..))| (*id, *period, *from)).collect();
        let named: Vec<Vec<&str>> = uses
            .iter()
            .map(|(uses, _)| IDS.iter().zip(uses).filter(|(_, used)| **used).map(|(id, _)| *id).collect())
            .collect();
        let fields: Vec<(&str, &[&str])> =
            FIELDS.iter().zip(&named).map(|(field, named)| (*field, &named[..])).collect();
        let basis = |decision: Option<_>| if decision.is_some() { LegalBasis::Consent } else { LegalBasis::Contract };
        let standing =
            IDS.iter().zip(&purposes).map(|(id, (_, _, decision, _))| standing_for(id, basis(*decision), *decision));
        let engaged = IDS
            .iter()
            .zip(&purposes)
            .filter_map(|(id, (.., days))| Some((purpose(id), received() + SignedDuration::from_hours((*days)? * 24))));
        let held = FIELDS
            .iter()
            .zip(&uses)
            .map(|(field, (_, identifies))| Held { field: FieldId::parse(field).unwrap(), identifies: *identifies });
        let case = Case {
            received_at: received(),
            released_until: released.map(|days| received() + SignedDuration::from_hours(days * 24)),
            standing: standing.collect(),
            engaged: engaged.collect(),
            held: held.collect(),
        };
        (Promises::new(&declared, &fields), case)
    })
}

proptest! {
    /// Whoever looks at every end as it comes and whoever looks once, later, make the same true.
    #[test]
    fn it_does_not_matter_how_often_anybody_looks((promises, case) in any_case(), hours in 0i64..24 * 900) {
        let until = received() + SignedDuration::from_hours(hours);
        let mut stepwise: Vec<FieldId> = Vec::new();
        let mut stopped: Vec<PurposeId> = Vec::new();
        for falling in forecast(&promises, &case, until) {
            prop_assert!(falling.at <= until);
            stepwise.extend(falling.verdict.destroyed);
            stopped.extend(falling.verdict.ended.into_iter().map(|ended| ended.standing.purpose));
        }
        let once = decide(&promises, &case, until);
        stepwise.sort();
        stopped.sort();
        let mut destroyed = once.destroyed.clone();
        destroyed.sort();
        let mut ended: Vec<_> = once.ended.iter().map(|ended| ended.standing.purpose.clone()).collect();
        ended.sort();
        prop_assert_eq!(stepwise, destroyed);
        prop_assert_eq!(stopped, ended);
    }

    /// Nothing outlives its promise, and nothing goes that somebody may still keep.
    #[test]
    fn nothing_is_kept_too_long_and_nothing_goes_too_early((promises, case) in any_case(), hours in 0i64..24 * 900) {
        let now = received() + SignedDuration::from_hours(hours);
        let verdict = decide(&promises, &case, now);
        for kept in &verdict.kept {
            prop_assert!(end_of(&promises, &case, kept).unwrap().at > now);
            prop_assert!(case.released_until.is_none_or(|until| until > now));
        }
        for ended in &verdict.ended {
            let over = end_of(&promises, &case, &ended.standing.purpose).unwrap().at <= now;
            prop_assert!(over || case.released_until.is_some_and(|until| until <= now));
            prop_assert!(ended.standing.may_be_kept());
        }
        prop_assert!(verdict.next.is_none_or(|next| next > now));
        prop_assert_eq!(verdict.next.is_none(), verdict.kept.is_empty());
        let left = case.held.iter().filter(|held| !verdict.destroyed.contains(&held.field));
        prop_assert_eq!(verdict.anonymous, !left.into_iter().any(|held| held.identifies));
    }
}
