//! The rules alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use unticked_shared::{
    decision::{Decision, LegalBasis},
    evidence::{Ended, Ground},
    id::{FieldId, PurposeId},
};
use uuid::Uuid;

use crate::{
    erasure::decide::{Neighbour, deadline, evidence_ends, forget, obligations, shared_by_enough},
    evidence::Standing,
    retention::decide::Held,
};

fn field(id: &str) -> FieldId {
    FieldId::parse(id).unwrap()
}

fn stands(id: &str, legal_basis: LegalBasis, decision: Option<Decision>, ended: Option<Ended>) -> Standing {
    Standing {
        purpose: PurposeId::parse(id).unwrap(),
        statement: "ab".repeat(32),
        legal_basis,
        decision,
        ended,
        record: Uuid::nil(),
        since: Timestamp::UNIX_EPOCH,
    }
}

fn held(id: &str, identifies: bool) -> Held {
    Held { field: field(id), identifies }
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<FieldId, Vec<u8>> {
    pairs.iter().map(|(id, value)| (field(id), value.as_bytes().to_vec())).collect()
}

fn neighbour(person: u8, pairs: &[(&str, &str)]) -> Neighbour {
    Neighbour { person: vec![person], values: values(pairs) }
}

fn names(fields: &BTreeSet<FieldId>) -> Vec<&str> {
    fields.iter().map(FieldId::as_str).collect()
}

#[test]
fn everything_that_stood_ends_and_nothing_else_is_said_of_what_did_not() {
    let standing = [
        stands("enquiry", LegalBasis::Contract, None, None),
        stands("news", LegalBasis::Consent, Some(Decision::Granted), None),
        stands("calls", LegalBasis::Consent, Some(Decision::Refused), None),
        stands("post", LegalBasis::Consent, Some(Decision::Granted), Some(Ended::Retention)),
    ];
    let held = [held("email", true), held("topic", false), held("size", false)];
    let staying = BTreeSet::from([field("topic")]);
    for (ground, news) in [
        (Ground::ConsentWithdrawn, Decision::Withdrawn),
        (Ground::NoLongerNecessary, Decision::Granted),
        (Ground::Unlawful, Decision::Granted),
    ] {
        let verdict = forget(&standing, &held, &staying, ground, 5);
        let ended: Vec<_> = verdict.purposes.iter().map(|one| (one.id.as_str(), one.decision, one.ended)).collect();
        let over = Some(Ended::Erasure);
        assert_eq!(ended, [("enquiry", None, over), ("news", Some(news), over)]);
        assert_eq!((verdict.erasure.ground, verdict.erasure.identity), (ground, true));
        assert_eq!(verdict.erasure.destroyed, [field("email"), field("size")]);
        let singled_out = verdict.erasure.singled_out.unwrap();
        assert_eq!((singled_out.k, singled_out.dropped), (5, vec![field("size")]));
        assert_eq!(verdict.stays, [field("topic")]);
        assert!(verdict.erasure.leaves.is_empty(), "the first step ends no leaf");
    }
}

#[test]
fn what_identifies_goes_even_if_many_share_it() {
    let verdict = forget(&[], &[held("postcode", true)], &BTreeSet::from([field("postcode")]), Ground::Objection, 5);
    assert_eq!(verdict.erasure.destroyed, [field("postcode")]);
    assert!(verdict.stays.is_empty() && verdict.erasure.singled_out.is_none());
}

#[test]
fn a_legal_obligation_is_seen_as_long_as_it_stands() {
    let invoices = |ended| stands("invoices", LegalBasis::LegalObligation, None, ended);
    assert_eq!(obligations(&[invoices(None)]).len(), 1);
    assert!(obligations(&[invoices(Some(Ended::Retention))]).is_empty());
    assert!(obligations(&[stands("enquiry", LegalBasis::Contract, None, None)]).is_empty());
}

#[test]
fn what_too_few_share_goes_and_as_little_of_it_as_possible() {
    let own = values(&[("colour", "red"), ("size", "XL"), ("topic", "tea")]);
    let mut others: Vec<_> = (0..3).map(|one| neighbour(one, &[("colour", "red"), ("topic", "tea")])).collect();
    assert_eq!(names(&shared_by_enough(&own, others.clone(), 5)), [""; 0], "four persons are not five");
    others.push(neighbour(9, &[("colour", "red"), ("topic", "tea"), ("size", "S")]));
    assert_eq!(names(&shared_by_enough(&own, others.clone(), 5)), ["colour", "topic"]);
    assert_eq!(names(&shared_by_enough(&own, others.clone(), 6)), [""; 0]);
    // Each value alone is common enough, together they are not.
    let apart = (0..8).map(|one| neighbour(one, if one < 4 { &[("colour", "red")] } else { &[("size", "XL")] }));
    let kept = shared_by_enough(&values(&[("colour", "red"), ("size", "XL")]), apart, 5);
    assert_eq!(kept.len(), 1);
}

#[test]
fn who_sends_often_is_one_person() {
    let own = values(&[("topic", "tea")]);
    let often = (0..20).map(|_| neighbour(1, &[("topic", "tea")]));
    assert!(shared_by_enough(&own, often, 3).is_empty());
    assert!(shared_by_enough(&BTreeMap::new(), [], 2).is_empty());
}

#[test]
fn the_deadline_counts_days_from_when_somebody_was_forgotten() {
    let at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    assert_eq!(evidence_ends(at, 1096).to_string(), "2029-11-23T12:00:00Z");
    assert_eq!(evidence_ends(at, 0), at);
    let said = deadline(at, 1096);
    assert_eq!((said.days, said.counted_from.as_str(), said.ran_out.as_str()), (1096, "2026-11-23", "2029-11-23"));
    assert_eq!(evidence_ends(Timestamp::MAX, 36_500), Timestamp::MAX);
}

proptest! {
    /// By counting, for every combination of what stays: nobody is singled out.
    #[test]
    fn no_combination_of_what_stays_is_held_by_fewer_than_k(
        own in prop::collection::vec(0u8..3, 1..5),
        others in prop::collection::vec(prop::collection::vec(0u8..3, 5), 0..30),
        k in 2u32..6,
    ) {
        let named = |values: &[u8]| -> BTreeMap<FieldId, Vec<u8>> {
            values.iter().enumerate().map(|(at, value)| (field(&format!("f{at}")), vec![*value])).collect()
        };
        let own = named(&own);
        let others: Vec<Neighbour> = others
            .iter()
            .map(|values| Neighbour { person: vec![values[4]; 1 + values.len()], values: named(&values[..4]) })
            .collect();
        let kept: Vec<FieldId> = shared_by_enough(&own, others.clone(), k).into_iter().collect();
        for mask in 1u32..1 << kept.len() {
            let some: Vec<&FieldId> =
                kept.iter().enumerate().filter(|(at, _)| mask & (1 << at) != 0).map(|(_, field)| field).collect();
            let sharing: BTreeSet<&Vec<u8>> = others
                .iter()
                .filter(|other| some.iter().all(|field| other.values.get(*field) == own.get(*field)))
                .map(|other| &other.person)
                .collect();
            prop_assert!(sharing.len() + 1 >= k as usize, "{some:?} of {own:?}");
        }
    }
}
