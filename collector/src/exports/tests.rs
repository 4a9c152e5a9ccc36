use std::collections::BTreeSet;

use unticked_shared::{
    decision::{Decision, LegalBasis},
    definition::{Period, purpose::PurposeKind},
    placement::FieldKind,
};

use super::{
    When,
    history::State,
    jsonld::{self, xsd_duration},
    terms,
};

const STATES: [State; 9] = [
    State::Given,
    State::Waiting,
    State::Doubtful,
    State::Refused,
    State::Withdrawn,
    State::Expired,
    State::Dropped,
    State::Forgotten,
    State::Informed,
];

fn vocabulary() -> BTreeSet<&'static str> {
    let lines = include_str!("vocabulary.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap()).collect()
}

/// Every `dpv:…`, `eu-gdpr:…` and `pd:…` in a text.
fn used(text: &'static str) -> BTreeSet<&'static str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
    let words = text.split(|c: char| !word(c));
    let ours = |word: &&str| {
        let prefix = word.split(':').next().unwrap_or_default();
        ["dpv", "eu-gdpr", "pd"].contains(&prefix) && word.split(':').nth(1).is_some_and(|rest| !rest.is_empty())
    };
    words.filter(ours).collect()
}

#[test]
fn no_term_is_used_that_the_vocabulary_lacks_and_none_is_listed_for_nothing() {
    let sources = [include_str!("jsonld.rs"), include_str!("terms.rs"), jsonld::CONTEXT, super::SHAPES];
    let used: BTreeSet<&str> = sources.into_iter().flat_map(used).collect();
    assert_eq!(used.difference(&vocabulary()).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(vocabulary().difference(&used).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn only_what_may_be_used_has_a_status_that_allows_use() {
    for state in STATES.into_iter().filter(|state| *state != State::Informed) {
        assert_eq!(terms::consent_status(state) == "dpv:ConsentGiven", state.stands(), "{state:?}");
    }
    // Of the statuses of other bases none says that something goes on after it was objected to or ended.
    for basis in [
        LegalBasis::Contract,
        LegalBasis::LegalObligation,
        LegalBasis::VitalInterests,
        LegalBasis::PublicTask,
        LegalBasis::LegitimateInterests,
    ] {
        for state in [State::Withdrawn, State::Expired] {
            let status = terms::other_status(basis, state).unwrap_or_default();
            let goes_on = status.ends_with("Ongoing") || status.ends_with("Informed");
            // An obligation of the law knows no objection.
            assert!(
                !goes_on || (basis == LegalBasis::LegalObligation && state == State::Withdrawn),
                "{basis:?} {state:?}"
            );
        }
    }
    for kind in [PurposeKind::Service, PurposeKind::Profiling, PurposeKind::Legal] {
        assert!(terms::purpose(kind).is_none_or(|term| term.starts_with("dpv:")));
    }
    assert_eq!(terms::data_category(FieldKind::Text, Some("given-name")), Some("pd:Name"));
    assert_eq!(Decision::Refused.as_str(), State::Refused.as_str());
}

#[test]
fn periods_are_written_as_xml_schema_knows_them() {
    let xsd = |text| xsd_duration(Period::parse(text).unwrap());
    assert_eq!(xsd("P2Y"), "P2Y");
    assert_eq!(xsd("P1Y6M"), "P1Y6M");
    assert_eq!(xsd("P6W"), "P42D", "it has no weeks");
    assert_eq!(xsd("P1M2W3D"), "P1M17D");
}

#[test]
fn a_day_alone_is_a_time_for_those_who_ask_for_seconds() {
    assert_eq!(When::Day("2026-11-23").seconds(), Some(1_795_392_000));
    assert_eq!(When::Time("2026-11-23T00:00:01.5Z").seconds(), Some(1_795_392_001));
    assert_eq!(When::Day("yesterday").seconds(), None);
}
