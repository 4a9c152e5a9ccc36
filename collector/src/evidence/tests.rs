use jiff::Timestamp;
use unticked_shared::{
    decision::{Decision, LegalBasis},
    evidence::{Ended, Method, PartA, PartB, PurposeDecision, SCHEMA, commitment, part_hash},
    id::{FormId, Language, PurposeId},
};
use uuid::Uuid;

use super::{Draft, OpenError, open, seal, standing};
use crate::{vault::Key, world::Random};

fn purpose(id: &str, legal_basis: LegalBasis, decision: Option<Decision>, ended: Option<Ended>) -> PurposeDecision {
    PurposeDecision { id: PurposeId::parse(id).unwrap(), statement: "ab".repeat(32), legal_basis, decision, ended }
}

fn part_a(purposes: Vec<PurposeDecision>) -> PartA {
    PartA {
        schema: SCHEMA.to_owned(),
        form: FormId::parse("contact").unwrap(),
        version: "cd".repeat(32),
        language: Language::parse("en").unwrap(),
        purposes,
        method: Method::Page,
        day: "2026-11-23".to_owned(),
        happened: None,
    }
}

fn record_at(second: i64) -> Uuid {
    Random::system().uuid(Timestamp::from_second(second).unwrap())
}

fn newsletter(decision: Decision) -> PurposeDecision {
    purpose("newsletter", LegalBasis::Consent, Some(decision), None)
}

#[test]
fn a_later_record_replaces_only_what_it_names() {
    let first = part_a(vec![
        purpose("enquiry", LegalBasis::Contract, None, None),
        newsletter(Decision::Granted),
        purpose("offers", LegalBasis::Consent, Some(Decision::Refused), None),
    ]);
    let later = part_a(vec![newsletter(Decision::Withdrawn)]);
    let (one, two) = (record_at(1_000), record_at(2_000));
    let now = standing([(one, &first), (two, &later)]);
    let seen: Vec<_> = now.iter().map(|s| (s.purpose.as_str(), s.decision, s.may_be_used())).collect();
    assert_eq!(
        seen,
        [
            ("enquiry", None, true),
            ("newsletter", Some(Decision::Withdrawn), false),
            ("offers", Some(Decision::Refused), false)
        ]
    );
    assert_eq!((now[0].record, now[1].record), (one, two));
    assert_eq!(now[1].since, Timestamp::from_second(2_000).unwrap());
}

#[test]
fn what_has_ended_stays_ended_and_may_neither_be_used_nor_kept() {
    let granted = part_a(vec![newsletter(Decision::Granted)]);
    let ended =
        part_a(vec![purpose("newsletter", LegalBasis::Consent, Some(Decision::Granted), Some(Ended::Retention))]);
    let now = standing([(record_at(1), &granted), (record_at(2), &ended), (record_at(3), &granted)]);
    assert_eq!(now[0].ended, Some(Ended::Retention));
    assert!(!now[0].may_be_used() && !now[0].may_be_kept());
}

#[test]
fn an_unconfirmed_grant_is_kept_and_not_used() {
    let now = standing([(record_at(1), &part_a(vec![newsletter(Decision::GrantedUnconfirmed)]))]);
    assert!(now[0].may_be_kept() && !now[0].may_be_used());
}

#[test]
fn a_record_opens_to_what_was_sealed_and_only_with_its_key_and_in_its_place() {
    let random = Random::system();
    let key = Key::random(&random);
    let part_b = PartB {
        record_id: "019abfd2-0000-7000-8000-000000000001".to_owned(),
        subject: "019abfd2-0000-7000-8000-000000000002".to_owned(),
        follows: Some("019abfd2-0000-7000-8000-000000000003".to_owned()),
        values_digest: None,
        contact_digest: None,
        origin: None,
        page: None,
        ticket_issued_at: None,
        submitted_at: None,
        received_at: "2026-11-23T12:00:00Z".to_owned(),
        gpc: None,
        build: None,
        client: None,
        visitor: None,
        request: None,
    };
    let draft = Draft {
        record_id: record_at(1),
        submission_id: record_at(2),
        subject_id: record_at(3),
        part_a: part_a(vec![newsletter(Decision::Withdrawn)]),
        part_b: part_b.clone(),
        values_salt: None,
        contact_salt: Some([7; 32]),
    };
    let row = seal(&draft, &key, &random).unwrap();
    let opened = open(&row, &key).unwrap();
    assert_eq!((&opened.part, opened.contact_salt), (&part_b, Some([7; 32])));
    let opening_a = row.opening_a.as_slice().try_into().unwrap();
    let hashes = (part_hash(&opening_a, &draft.part_a).unwrap(), part_hash(&opened.opening, &part_b).unwrap());
    assert_eq!(row.commitment, commitment(&hashes.0, &hashes.1));

    assert!(matches!(open(&row, &Key::random(&random)), Err(OpenError::NotOpened(_))));
    let moved = super::EvidenceRow { record_id: record_at(4), ..row };
    assert!(matches!(open(&moved, &key), Err(OpenError::NotOpened(_))));
}
