//! What of a lead a destination may hold. A value leaves only for a purpose that the destination serves
//! and that rests on something now (Art. 5(1)(b), (c) GDPR).

use unticked_shared::{
    canonical::{self, CanonicalError},
    decision::{Decision, LegalBasis},
    definition::{Destination, destination::Unconfirmed},
    event::{Event, Lead, LeadDecision, LeadValue, Told},
    id::{DestinationId, PurposeId},
};

use crate::{evidence::Standing, store::values::rfc3339};

/// One body for one destination, before it is sealed. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Who receives it.
    pub destination: DestinationId,
    /// The event as canonical JSON, cut down to what the destination may hold.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("destination", &self.destination).finish_non_exhaustive()
    }
}

/// The bodies that a new event becomes: one for each of `destinations` that may hold anything of it.
pub fn outgoing<'a>(
    event: &Event,
    destinations: impl IntoIterator<Item = &'a Destination>,
) -> Result<Vec<Outgoing>, CanonicalError> {
    destinations
        .into_iter()
        .filter_map(|destination| {
            let told = match &event.told {
                Told::Lead(lead) => {
                    let lead = for_destination(lead, &destination.purposes)?;
                    Told::Lead(Box::new(spoken_of(lead, destination.unconfirmed)))
                }
                // It holds no value, and whoever receives it holds the lead.
                told @ (Told::Withdrawal(_) | Told::Erased(_)) => told.clone(),
            };
            Some((destination, told))
        })
        .map(|(destination, told)| {
            // Not a copy of the event: what it tells would be copied to be thrown away.
            let event = Event { id: event.id.clone(), timestamp: event.timestamp.clone(), told };
            let body = canonical::to_vec(&event)?;
            Ok(Outgoing { destination: destination.id.clone(), body })
        })
        .collect()
}

/// An event as it may be sent now, to a destination that serves `served`; nothing, when a lead rests on nothing any more.
///
/// What waited was cut when it was written. Since then a person may have taken consent back, or a period may be over:
/// from that moment on nothing is used for it (Art. 7(3), Art. 5(1)(e)), so nothing of it leaves. A lead never grows
/// here: what was left out then stays out.
pub fn as_it_stands(event: Event, served: &[PurposeId], standing: &[Standing]) -> Option<Event> {
    let Told::Lead(mut lead) = event.told else { return Some(event) };
    let usable: Vec<&PurposeId> = standing
        .iter()
        .filter(|now| now.may_be_used() && served.contains(&now.purpose))
        .map(|now| &now.purpose)
        .collect();
    if usable.is_empty() {
        return None;
    }
    for value in &mut lead.values {
        value.purposes.retain(|purpose| usable.contains(&purpose));
    }
    lead.values.retain(|value| !value.purposes.is_empty());
    for decided in &mut lead.decisions {
        if let Some(now) = standing.iter().find(|now| now.purpose == decided.purpose)
            && now.decision != decided.decision
        {
            decided.decision = now.decision;
            decided.decided_at = rfc3339(now.since);
        }
    }
    Some(Event { told: Told::Lead(lead), ..event })
}

/// The lead as a destination that serves `served` may hold it; nothing, when none of these purposes rests
/// on anything now.
///
/// Every decision stays in it, refusals and unconfirmed grants too: a CRM that is not told of a refusal
/// acts as though there were none.
pub fn for_destination(lead: &Lead, served: &[PurposeId]) -> Option<Lead> {
    let usable: Vec<&PurposeId> =
        lead.decisions.iter().filter(|d| may_be_used(d) && served.contains(&d.purpose)).map(|d| &d.purpose).collect();
    if usable.is_empty() {
        return None;
    }
    let values = lead.values.iter().filter_map(|value| {
        let purposes: Vec<_> = value.purposes.iter().filter(|p| usable.contains(p)).cloned().collect();
        (!purposes.is_empty()).then(|| LeadValue {
            purposes,
            field: value.field.clone(),
            label: value.label.clone(),
            value: value.value.clone(),
        })
    });
    Some(Lead {
        values: values.collect(),
        reference: lead.reference.clone(),
        subject: lead.subject.clone(),
        form: lead.form.clone(),
        version: lead.version.clone(),
        language: lead.language.clone(),
        page: lead.page.clone(),
        decisions: lead.decisions.clone(),
        evidence: lead.evidence.clone(),
    })
}

/// What of a lead's decisions a destination hears that wants unconfirmed ones held back or reported.
///
/// What is held back here goes out when it is confirmed: by [`outgoing`] once more, with the decision that then stands.
fn spoken_of(mut lead: Lead, unconfirmed: Unconfirmed) -> Lead {
    if unconfirmed == Unconfirmed::Hold {
        lead.decisions.retain(|decided| decided.decision != Some(Decision::GrantedUnconfirmed));
    }
    lead
}

/// Whether data may be used for a purpose now. An unconfirmed grant is stored and reported, never used:
/// until the mail is answered nobody knows that the address belongs to whoever typed it.
fn may_be_used(decision: &LeadDecision) -> bool {
    match decision.legal_basis {
        LegalBasis::Consent => decision.decision == Some(Decision::Granted),
        // Another basis asks for no consent, but an objection ends it (Art. 21).
        _ => !matches!(decision.decision, Some(Decision::Refused | Decision::Withdrawn)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unticked_shared::{
        definition::destination::DestinationKind,
        event::EvidenceReference,
        evidence::Ended,
        id::{FieldId, FormId, Language},
        submission::Value,
    };

    fn purpose(id: &str) -> PurposeId {
        PurposeId::parse(id).unwrap()
    }

    fn decided(id: &str, legal_basis: LegalBasis, decision: Option<Decision>) -> LeadDecision {
        LeadDecision {
            purpose: purpose(id),
            name: id.to_owned(),
            statement: format!("We use it for {id}."),
            legal_basis,
            decision,
            decided_at: "2026-11-23T15:00:00Z".to_owned(),
            retention: "P2Y".to_owned(),
        }
    }

    fn value(field: &str, purposes: &[&str]) -> LeadValue {
        LeadValue {
            field: FieldId::parse(field).unwrap(),
            label: field.to_owned(),
            value: Value::One(format!("the {field}")),
            purposes: purposes.iter().map(|p| purpose(p)).collect(),
        }
    }

    /// Answering rests on a contract, the newsletter on `newsletter`; the birthday serves the newsletter alone.
    fn lead(newsletter: Decision) -> Lead {
        Lead {
            reference: "K7QD-93XF".to_owned(),
            subject: "019a0000-0000-7000-8000-000000000001".to_owned(),
            form: FormId::parse("contact").unwrap(),
            version: "0".repeat(64),
            language: Language::parse("en").unwrap(),
            page: "https://shop.example/contact".to_owned(),
            values: vec![value("email", &["answer", "newsletter"]), value("birthday", &["newsletter"])],
            decisions: vec![
                decided("answer", LegalBasis::Contract, None),
                decided("newsletter", LegalBasis::Consent, Some(newsletter)),
            ],
            evidence: EvidenceReference::new("r".to_owned(), "c".to_owned()),
        }
    }

    fn fields(lead: &Lead) -> Vec<&str> {
        lead.values.iter().map(|v| v.field.as_str()).collect()
    }

    fn told(event: &Event) -> &Lead {
        let Told::Lead(lead) = &event.told else { panic!("it is a lead") };
        lead
    }

    /// The lead on its way, and what the records say now.
    fn later(newsletter: Decision, ended: Option<Ended>) -> (Event, Vec<Standing>) {
        let event = Event {
            id: "019a0000-0000-7000-8000-000000000002".to_owned(),
            timestamp: "2026-11-23T15:00:00Z".to_owned(),
            told: Told::Lead(Box::new(lead(Decision::Granted))),
        };
        let now = |id: &str, legal_basis, decision, ended| Standing {
            purpose: purpose(id),
            statement: String::new(),
            legal_basis,
            decision,
            ended,
            record: uuid::Uuid::nil(),
            since: "2026-11-24T08:00:00Z".parse().unwrap(),
        };
        let standing = vec![
            now("answer", LegalBasis::Contract, None, ended),
            now("newsletter", LegalBasis::Consent, Some(newsletter), None),
        ];
        (event, standing)
    }

    #[test]
    fn a_lead_that_waited_is_sent_as_it_stands_now() {
        let both = [purpose("answer"), purpose("newsletter")];
        let (event, unchanged) = later(Decision::Granted, None);
        assert_eq!(as_it_stands(event.clone(), &both, &unchanged), Some(event.clone()));

        let (_, withdrawn) = later(Decision::Withdrawn, None);
        let cut = as_it_stands(event.clone(), &both, &withdrawn).unwrap();
        assert_eq!((fields(told(&cut)), cut.id.as_str()), (vec!["email"], event.id.as_str()));
        assert_eq!(told(&cut).values[0].purposes, [purpose("answer")]);
        let decision = &told(&cut).decisions[1];
        assert_eq!(
            (decision.decision, decision.decided_at.as_str()),
            (Some(Decision::Withdrawn), "2026-11-24T08:00:00Z")
        );
        assert_eq!(told(&cut).decisions[0], told(&event).decisions[0], "what did not change keeps its time");
    }

    #[test]
    fn a_lead_that_rests_on_nothing_any_more_is_not_sent() {
        let (event, withdrawn) = later(Decision::Withdrawn, Some(Ended::Retention));
        assert_eq!(as_it_stands(event.clone(), &[purpose("answer"), purpose("newsletter")], &withdrawn), None);
        let (_, unchanged) = later(Decision::Granted, None);
        assert_eq!(
            as_it_stands(event.clone(), &[purpose("profiling")], &unchanged),
            None,
            "it serves nothing of it now"
        );
        assert_eq!(as_it_stands(event, &[purpose("answer")], &[]), None, "no record, no basis");
    }

    #[test]
    fn a_granted_purpose_carries_its_values() {
        let held = for_destination(&lead(Decision::Granted), &[purpose("answer"), purpose("newsletter")]).unwrap();
        assert_eq!(held, lead(Decision::Granted));
    }

    #[test]
    fn a_value_that_only_a_refused_purpose_uses_stays_at_home() {
        let held = for_destination(&lead(Decision::Refused), &[purpose("answer"), purpose("newsletter")]).unwrap();
        assert_eq!(fields(&held), ["email"]);
        assert_eq!(held.values[0].purposes, [purpose("answer")]);
    }

    #[test]
    fn a_refusal_is_reported_as_carefully_as_a_grant() {
        let held = for_destination(&lead(Decision::Refused), &[purpose("answer")]).unwrap();
        assert_eq!(held.decisions, lead(Decision::Refused).decisions);
    }

    #[test]
    fn an_unconfirmed_grant_is_marked_and_not_used() {
        let held =
            for_destination(&lead(Decision::GrantedUnconfirmed), &[purpose("answer"), purpose("newsletter")]).unwrap();
        assert_eq!(fields(&held), ["email"]);
        assert_eq!(held.values[0].purposes, [purpose("answer")]);
        assert_eq!(held.decisions[1].decision, Some(Decision::GrantedUnconfirmed));
    }

    #[test]
    fn a_granted_purpose_of_others_is_no_reason_to_send() {
        let held = for_destination(&lead(Decision::Granted), &[purpose("answer")]).unwrap();
        assert_eq!(fields(&held), ["email"]);
        assert_eq!(for_destination(&lead(Decision::Granted), &[purpose("profiling")]), None);
        assert_eq!(for_destination(&lead(Decision::Granted), &[]), None);
    }

    #[test]
    fn a_destination_without_any_basis_hears_nothing_at_all() {
        for no in [Decision::Refused, Decision::Withdrawn, Decision::GrantedUnconfirmed] {
            assert_eq!(for_destination(&lead(no), &[purpose("newsletter")]), None, "{no:?}");
        }
    }

    #[test]
    fn an_objection_ends_another_basis_too() {
        let mut objected = lead(Decision::Refused);
        objected.decisions[0] = decided("answer", LegalBasis::LegitimateInterests, Some(Decision::Withdrawn));
        assert_eq!(for_destination(&objected, &[purpose("answer")]), None);
    }

    #[test]
    fn a_decision_that_is_missing_is_no_grant() {
        let mut silent = lead(Decision::Granted);
        silent.decisions[1].decision = None;
        assert_eq!(for_destination(&silent, &[purpose("newsletter")]), None);
        silent.decisions.clear();
        assert_eq!(for_destination(&silent, &[purpose("answer")]), None);
    }

    #[test]
    fn an_unconfirmed_grant_is_reported_or_not_spoken_of_as_declared() {
        for (unconfirmed, heard) in [(Unconfirmed::Report, 2), (Unconfirmed::Hold, 1)] {
            for (decision, heard) in [
                (Decision::GrantedUnconfirmed, heard),
                (Decision::Granted, 2),
                (Decision::Refused, 2),
                (Decision::Withdrawn, 2),
            ] {
                let held = for_destination(&lead(decision), &[purpose("answer"), purpose("newsletter")]).unwrap();
                assert_eq!(spoken_of(held, unconfirmed).decisions.len(), heard, "{unconfirmed:?} {decision:?}");
            }
        }
    }

    #[test]
    fn each_destination_gets_a_body_of_its_own_under_the_same_event_id() {
        let event = Event {
            id: "019a0000-0000-7000-8000-000000000002".to_owned(),
            timestamp: "2026-11-23T15:00:00Z".to_owned(),
            told: Told::Lead(Box::new(lead(Decision::Granted))),
        };
        let destination = |id: &str, served: &[&str]| Destination {
            id: DestinationId::parse(id).unwrap(),
            kind: DestinationKind::Webhook,
            url: "https://crm.example/hook".to_owned(),
            secret: "crm".to_owned(),
            purposes: served.iter().map(|p| purpose(p)).collect(),
            unconfirmed: Unconfirmed::Report,
        };
        let all = [destination("crm", &["answer"]), destination("mailer", &["newsletter"]), destination("none", &[])];
        let bodies = outgoing(&event, &all).unwrap();
        let names: Vec<_> = bodies.iter().map(|b| b.destination.as_str()).collect();
        assert_eq!(names, ["crm", "mailer"]);
        let read: Vec<Event> = bodies.iter().map(|b| serde_json::from_slice(&b.body).unwrap()).collect();
        assert_eq!(read[0].id, read[1].id);
        assert_eq!(fields(told(&read[0])), ["email"]);
        assert_eq!(fields(told(&read[1])), ["email", "birthday"]);
        assert!(!format!("{:?}", bodies[0]).contains("the email"));
    }
}
