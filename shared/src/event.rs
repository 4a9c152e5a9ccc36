//! What the CRM is told.

use serde::{Deserialize, Serialize};

use crate::{
    decision::{Decision, LegalBasis},
    id::{FieldId, FormId, Language, PurposeId},
    submission::Value,
};

/// The body of a delivery, sent as canonical JSON; the same id on every attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The event's id (UUID), also the `webhook-id` header.
    pub id: String,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// `type` and `data`: what happened.
    #[serde(flatten)]
    pub told: Told,
}

/// What an event tells: its `type`, and the `data` that belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Told {
    /// A visitor sent a form.
    #[serde(rename = "lead.submitted")]
    Lead(Box<Lead>),
    /// A person took consent back (Art. 7(3) GDPR).
    #[serde(rename = "consent.withdrawn")]
    Withdrawal(Box<Withdrawal>),
    /// A person was forgotten, and whoever has their data shall forget them, too (Art. 17, 19 GDPR).
    #[serde(rename = "person.erased")]
    Erased(Box<PersonErased>),
}

impl Told {
    /// Where its proof lies.
    pub fn evidence_mut(&mut self) -> &mut EvidenceReference {
        match self {
            Self::Lead(lead) => &mut lead.evidence,
            Self::Withdrawal(withdrawal) => &mut withdrawal.evidence,
            Self::Erased(erased) => &mut erased.evidence,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Lead(_) => EventKind::LeadSubmitted,
            Self::Withdrawal(_) => EventKind::ConsentWithdrawn,
            Self::Erased(_) => EventKind::PersonErased,
        }
    }
}

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A visitor sent a form.
    LeadSubmitted,
    /// A person took consent back.
    ConsentWithdrawn,
    /// A person was forgotten.
    PersonErased,
}

impl EventKind {
    /// The word that goes over the wire and into the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeadSubmitted => "lead.submitted",
            Self::ConsentWithdrawn => "consent.withdrawn",
            Self::PersonErased => "person.erased",
        }
    }
}

/// One lead with the decisions attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// What the visitor was told, such as `K7QD-93XF`.
    pub reference: String,
    /// The subject's pseudonym (UUID).
    pub subject: String,
    /// The form.
    pub form: FormId,
    /// The version that was shown.
    pub version: String,
    /// The language it was shown in.
    pub language: Language,
    /// The page it was sent from.
    pub page: String,
    /// What was entered, in the form's order, as far as a purpose allows this destination to hold it.
    pub values: Vec<LeadValue>,
    /// Every purpose of the form and what it rests on.
    pub decisions: Vec<LeadDecision>,
    /// Points to the evidence record.
    pub evidence: EvidenceReference,
}

/// One value of a lead. `Debug` of [`Value`] hides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadValue {
    /// The field.
    pub field: FieldId,
    /// Its label as the visitor saw it.
    pub label: String,
    /// What was entered.
    pub value: Value,
    /// The purposes that allow holding it.
    pub purposes: Vec<PurposeId>,
}

/// One purpose of a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadDecision {
    /// The purpose.
    pub purpose: PurposeId,
    /// Its name as the visitor saw it.
    pub name: String,
    /// The statement as the visitor saw it.
    pub statement: String,
    /// What it rests on.
    pub legal_basis: LegalBasis,
    /// The decision; absent where the basis asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// RFC 3339.
    pub decided_at: String,
    /// When the data may no longer be used for it, as declared (ISO 8601 duration).
    pub retention: String,
}

/// Consent that was taken back. It holds no value: whoever has the lead knows it by reference and subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The lead's reference.
    pub reference: String,
    /// The lead's subject.
    pub subject: String,
    /// The lead's form.
    pub form: FormId,
    /// The version that was shown when consent was given.
    pub version: String,
    /// The language it was shown in.
    pub language: Language,
    /// The purposes that were withdrawn now, and no others; `decided_at` is the time of the withdrawal.
    pub decisions: Vec<LeadDecision>,
    /// Points to the evidence of the withdrawal.
    pub evidence: EvidenceReference,
}

/// A person who was forgotten. It holds nothing of theirs: whoever has the lead knows it by reference and subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonErased {
    /// The lead's reference.
    pub reference: String,
    /// The lead's subject.
    pub subject: String,
    /// The lead's form.
    pub form: FormId,
    /// RFC 3339: when they were forgotten here.
    pub erased_at: String,
    /// Points to the evidence of it.
    pub evidence: EvidenceReference,
}

/// Where the proof lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceReference {
    /// The record's id (UUID).
    pub record: String,
    /// Its commitment, hexadecimal.
    pub commitment: String,
    /// Its place in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<u64>,
    /// The head of the ledger when this was sent, with this record in it: a C2SP checkpoint, a signed note. Whoever keeps
    /// it can show later that nothing before it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

impl EvidenceReference {
    /// To a record that has no place in the ledger yet; it is known when the event is sent.
    pub fn new(record: String, commitment: String) -> Self {
        Self { record, commitment, leaf: None, checkpoint: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_carries_its_own_data_under_type_and_data() {
        let withdrawal = serde_json::json!({
            "reference": "K7QD-93XF", "subject": "s", "form": "contact", "version": "v", "language": "en",
            "decisions": [{"purpose": "news", "name": "News", "statement": "We write.", "legal_basis": "consent",
                           "decision": "withdrawn", "decided_at": "2026-11-24T08:00:00Z", "retention": "P2Y"}],
            "evidence": {"record": "r", "commitment": "c"}
        });
        let whole = serde_json::json!({
            "id": "1", "type": "consent.withdrawn", "timestamp": "2026-11-24T08:00:00Z", "data": withdrawal
        });
        let event: Event = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(event.told.kind(), EventKind::ConsentWithdrawn);
        let Told::Withdrawal(told) = &event.told else { panic!("it is a withdrawal") };
        assert_eq!(told.decisions[0].decision, Some(Decision::Withdrawn));
        assert_eq!(serde_json::to_value(&event).unwrap(), whole);
        let bytes = crate::canonical::to_vec(&event).unwrap();
        assert!(bytes.starts_with(br#"{"data":{"decisions""#) && bytes.ends_with(br#""type":"consent.withdrawn"}"#));
        let mut placed = event;
        let evidence = placed.told.evidence_mut();
        (evidence.leaf, evidence.checkpoint) = (Some(7), Some("forms.example/ledger\n8\n".to_owned()));
        let placed = serde_json::to_value(&placed).unwrap();
        let expected =
            serde_json::json!({"record": "r", "commitment": "c", "leaf": 7, "checkpoint": "forms.example/ledger\n8\n"});
        assert_eq!(placed["data"]["evidence"], expected);
        let mut mislabelled = whole;
        mislabelled["type"] = "lead.submitted".into();
        assert!(serde_json::from_value::<Event>(mislabelled).is_err(), "a withdrawal is no lead");
    }

    #[test]
    fn whoever_is_told_to_forget_somebody_hears_nothing_of_them() {
        let whole = serde_json::json!({
            "id": "1", "type": "person.erased", "timestamp": "2026-11-24T08:00:00Z", "data": {
                "reference": "K7QD-93XF", "subject": "s", "form": "contact", "erased_at": "2026-11-24T08:00:00Z",
                "evidence": {"record": "r", "commitment": "c"}}
        });
        let event: Event = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(event.told.kind().as_str(), "person.erased");
        assert_eq!(serde_json::to_value(&event).unwrap(), whole);
    }
}
