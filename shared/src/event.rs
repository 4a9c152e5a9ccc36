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
    /// `lead.submitted`.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// The lead.
    pub data: Lead,
}

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A visitor sent a form.
    #[serde(rename = "lead.submitted")]
    LeadSubmitted,
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

/// Where the proof lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceReference {
    /// The record's id (UUID).
    pub record: String,
    /// Its commitment, hexadecimal.
    pub commitment: String,
}
