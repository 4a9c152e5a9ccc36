//! From what was decided to the rows that say so: ids, evidence, seals, the event. No database: the work is done
//! before the writer's turn, so that its transaction is short.

use serde::Serialize;
use unticked_shared::{
    canonical::{self, CanonicalError},
    definition::{Destination, banner, form::Identifies},
    event::{Event, EvidenceReference, Lead, LeadDecision, LeadValue, Told},
    evidence::{self, Opening, PartA, PartB, SCHEMA},
    signature::hex,
    submission::{Accepted, Choices, DecisionTaken, Value},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    decide::{Acceptance, State},
    reference::random_reference,
};
use crate::{
    evidence::{Draft, EvidenceRow, Shown, seal_to_show},
    outbox::{
        decide::outgoing,
        sql::{NewDelivery, NewEvent},
        unseal::body_cell,
    },
    preferences::Links,
    retention::decide::first_end,
    store::values::{millis, rfc3339},
    vault::{Cell, Kind, NewSubject, Vault, WrappedKeys},
};

/// Everything that one submission writes, sealed.
#[derive(Debug, Clone)]
pub struct Record {
    /// For the key store; committed before the rest.
    pub keys: WrappedKeys,
    /// The person and what was sent.
    pub submission: SubmissionRow,
    /// What was entered.
    pub values: Vec<ValueRow>,
    /// Who decided what, when, how, seeing which version.
    pub evidence: EvidenceRow,
    /// For the destinations.
    pub event: NewEvent,
}

/// A row of `subject` and one of `submission`.
#[derive(Debug, Clone)]
pub struct SubmissionRow {
    /// The ticket's id.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// Keyed hash of the address.
    pub contact_index: Option<Vec<u8>>,
    /// What a person can read out.
    pub reference: String,
    /// The form.
    pub form: String,
    /// The version, hexadecimal.
    pub version: String,
    /// The language.
    pub language: String,
    /// `widget` or `page`.
    pub method: &'static str,
    /// `accepted` or `quarantined`.
    pub state: State,
    /// SHA-256 of what was sent.
    pub body_digest: [u8; 32],
    /// Milliseconds UTC.
    pub received_at: i64,
    /// When its first purpose ends, milliseconds UTC; none: the retention room looks for itself.
    pub due_at: Option<i64>,
}

/// A row of `value`.
#[derive(Debug, Clone)]
pub struct ValueRow {
    /// The field.
    pub field: String,
    /// `direct`, `quasi` or `no`.
    pub identifies: &'static str,
    /// The value as canonical JSON, sealed.
    pub content: Vec<u8>,
}

/// What `values_digest` is the digest of: what was kept and what was chosen. A value that nobody may store leaves no
/// trace here either.
#[derive(Serialize)]
struct Digested<'a> {
    values: std::collections::BTreeMap<&'a str, &'a Value>,
    choices: &'a Choices,
}

/// The place of a value: its row is the submission's 16 bytes and the field's name.
pub fn value_row(submission: Uuid, field: &str) -> Vec<u8> {
    [submission.as_bytes().as_slice(), field.as_bytes()].concat()
}

/// A value's place, for whoever opens it or seals it anew.
pub fn value_cell<T>(submission: Uuid, field: &str, work: impl FnOnce(&Cell<'_>) -> T) -> T {
    work(&Cell { table: "value", row: &value_row(submission, field), column: "content" })
}

impl Record {
    /// Whether it is what a visitor decided at a banner, and no lead.
    pub fn is_banner(&self) -> bool {
        self.submission.form == banner::ID
    }

    /// Everything in it that lies under a key of the ring.
    pub fn sealed_by_the_ring(&self) -> impl Iterator<Item = (Kind, &[u8])> {
        let wrapped = [&self.keys.identity_key, &self.keys.evidence_key].into_iter().flatten();
        let values = self.values.iter().filter(|value| value.identifies == "no");
        wrapped
            .map(|key| (Kind::Wrap, key.as_slice()))
            .chain(values.map(|value| (Kind::Value, value.content.as_slice())))
    }
}

/// Makes the rows, with fresh ids, keys and openings.
///
/// What was decided at a banner stands under the ticket's id and no other: whoever refuses gets no pseudonym. The keys of that
/// id may be there already (`kept`), from an attempt whose main transaction did not come to be; they seal this one, too,
/// because the key store keeps the first ones that it is given.
///
/// With them comes what a receipt of the evidence shows.
pub fn record(
    acceptance: &Acceptance,
    vault: &Vault,
    destinations: &[Destination],
    kept: Option<NewSubject>,
) -> Result<(Record, Shown), CanonicalError> {
    let random = vault.random();
    let now = acceptance.received_at;
    let subject_id = if acceptance.version.banner.is_some() { acceptance.submission } else { random.uuid(now) };
    let subject = kept.unwrap_or_else(|| vault.new_subject(subject_id, millis(now)));
    let reference = random_reference(random, now);
    let (evidence, shown) = evidence(acceptance, subject_id, &subject, vault)?;
    let event = event(acceptance, subject_id, &reference, evidence.record_id, &hex(&evidence.commitment), vault);
    let event = seal_event(&event, acceptance, &subject, subject_id, vault, destinations)?;
    let record = Record {
        submission: SubmissionRow {
            submission_id: acceptance.submission,
            subject_id,
            contact_index: acceptance.contact.as_ref().map(|address| vault.contact_index(address)),
            reference,
            form: acceptance.version.form.to_string(),
            version: acceptance.version.digest.clone(),
            language: acceptance.language.to_string(),
            method: method_name(acceptance),
            state: acceptance.state,
            body_digest: acceptance.body_digest,
            received_at: millis(now),
            due_at: due_at(acceptance),
        },
        values: values(acceptance, &subject, vault)?,
        evidence,
        event,
        keys: subject.wrapped,
    };
    Ok((record, shown))
}

/// The answer to the visitor, the same whether it is given now or rebuilt later from the same decisions.
pub fn accepted(acceptance: &Acceptance, reference: &str, links: &Links) -> Accepted {
    let Acceptance { ticket_id, received_at, purposes, submission, .. } = acceptance;
    answer(ticket_id, reference, *received_at, purposes, acceptance.content(), links.address(*submission))
}

/// [`accepted`] from its stored parts.
pub fn answer(
    ticket_id: &str,
    reference: &str,
    received_at: jiff::Timestamp,
    purposes: &[evidence::PurposeDecision],
    content: &unticked_shared::placement::Content,
    preferences: String,
) -> Accepted {
    let taken = purposes.iter().filter_map(|purpose| {
        let decision = purpose.decision?;
        let text = content.purposes.iter().find(|text| text.id == purpose.id);
        let name = text.map_or(purpose.id.as_str(), |text| text.name.as_str());
        Some(DecisionTaken { purpose: purpose.id.clone(), name: name.to_owned(), decision })
    });
    Accepted {
        id: ticket_id.to_owned(),
        reference: reference.to_owned(),
        received_at: rfc3339(received_at),
        decisions: taken.collect(),
        preferences,
        receipt: String::new(),
    }
}

/// How long a suspected robot's waits is a setting of the retention room's.
fn due_at(acceptance: &Acceptance) -> Option<i64> {
    let accepted = acceptance.state == State::Accepted;
    let first = first_end(&acceptance.version, &acceptance.purposes, acceptance.received_at);
    first.filter(|_| accepted).map(millis)
}

fn method_name(acceptance: &Acceptance) -> &'static str {
    match acceptance.method {
        evidence::Method::Page => "page",
        _ => "widget",
    }
}

fn values(acceptance: &Acceptance, subject: &NewSubject, vault: &Vault) -> Result<Vec<ValueRow>, CanonicalError> {
    acceptance
        .values
        .iter()
        .map(|kept| {
            let row = value_row(acceptance.submission, kept.field.as_str());
            let cell = Cell { table: "value", row: &row, column: "content" };
            let plain = Zeroizing::new(canonical::to_vec(&kept.value)?);
            let (identifies, content) = match kept.identifies {
                Identifies::Direct => ("direct", subject.identity.seal(&cell, &plain, vault.random())),
                Identifies::Quasi => ("quasi", subject.identity.seal(&cell, &plain, vault.random())),
                Identifies::No => ("no", vault.ring().seal(&cell, &plain, vault.random())),
            };
            Ok(ValueRow { field: kept.field.to_string(), identifies, content })
        })
        .collect()
}

/// The submission's evidence.
fn evidence(
    acceptance: &Acceptance,
    subject_id: Uuid,
    subject: &NewSubject,
    vault: &Vault,
) -> Result<(EvidenceRow, Shown), CanonicalError> {
    let random = vault.random();
    let record_id = random.uuid(acceptance.received_at);
    let part_a = PartA {
        schema: SCHEMA.to_owned(),
        form: acceptance.version.form.clone(),
        version: acceptance.version.digest.clone(),
        language: acceptance.language.clone(),
        purposes: acceptance.purposes.clone(),
        method: acceptance.method,
        day: acceptance.received_at.strftime("%F").to_string(),
        happened: None,
    };
    let values_salt: Opening = random.bytes();
    let digested = Digested {
        values: acceptance.values.iter().map(|kept| (kept.field.as_str(), &kept.value)).collect(),
        choices: &acceptance.choices,
    };
    let digested = Zeroizing::new(canonical::to_vec(&digested)?);
    let contact = acceptance.contact.as_ref().map(|address| (address, random.bytes::<32>()));
    let part_b = PartB {
        record_id: record_id.to_string(),
        subject: subject_id.to_string(),
        follows: None,
        values_digest: Some(evidence::salted_digest(&values_salt, &digested)),
        contact_digest: contact
            .as_ref()
            .map(|(address, salt)| evidence::salted_digest(salt, address.as_str().as_bytes())),
        origin: Some(acceptance.origin.clone()),
        page: Some(acceptance.page.clone()),
        ticket_issued_at: Some(rfc3339(acceptance.ticket_issued_at)),
        submitted_at: Some(rfc3339(acceptance.submitted_at)),
        received_at: rfc3339(acceptance.received_at),
        gpc: acceptance.gpc,
        build: Some(acceptance.build.clone()),
        client: acceptance.client.clone(),
        visitor: acceptance.visitor.clone(),
        request: None,
    };
    let (values_salt, contact_salt) = (Some(values_salt), contact.map(|(_, salt)| salt));
    let draft = Draft {
        record_id,
        submission_id: acceptance.submission,
        subject_id,
        part_a,
        part_b,
        values_salt,
        contact_salt,
    };
    seal_to_show(&draft, &subject.evidence, random)
}

fn event(
    acceptance: &Acceptance,
    subject: Uuid,
    reference: &str,
    record: Uuid,
    commitment: &str,
    vault: &Vault,
) -> Event {
    let content = acceptance.content();
    let decisions = acceptance.purposes.iter().filter_map(|decided| {
        let text = content.purposes.iter().find(|text| text.id == decided.id)?;
        Some(LeadDecision {
            purpose: text.id.clone(),
            name: text.name.clone(),
            statement: text.statement.clone(),
            legal_basis: text.legal_basis,
            decision: decided.decision,
            decided_at: rfc3339(acceptance.submitted_at),
            retention: text.retention_period.clone(),
        })
    });
    let values = acceptance.values.iter().map(|kept| LeadValue {
        field: kept.field.clone(),
        label: kept.label.clone(),
        value: kept.value.clone(),
        purposes: kept.purposes.clone(),
    });
    Event {
        id: vault.random().uuid(acceptance.received_at).to_string(),
        timestamp: rfc3339(acceptance.received_at),
        told: Told::Lead(Box::new(Lead {
            reference: reference.to_owned(),
            subject: subject.to_string(),
            form: acceptance.version.form.clone(),
            version: acceptance.version.digest.clone(),
            language: acceptance.language.clone(),
            page: acceptance.page.clone(),
            values: values.collect(),
            decisions: decisions.collect(),
            evidence: EvidenceReference::new(record.to_string(), commitment.to_owned()),
        })),
    }
}

fn seal_event(
    event: &Event,
    acceptance: &Acceptance,
    subject: &NewSubject,
    subject_id: Uuid,
    vault: &Vault,
    destinations: &[Destination],
) -> Result<NewEvent, CanonicalError> {
    let named = &acceptance.version.definition.destinations;
    let receivers = destinations.iter().filter(|destination| named.contains(&destination.id));
    let deliveries = outgoing(event, receivers)?.into_iter().map(|outgoing| {
        let id = vault.random().uuid(acceptance.received_at);
        let plain = Zeroizing::new(outgoing.body);
        let body = subject.identity.seal(&body_cell(&id), &plain, vault.random());
        NewDelivery { id, destination: outgoing.destination, body, after: None }
    });
    Ok(NewEvent {
        id: Uuid::parse_str(&event.id).expect("it was made from a UUID"),
        submission: acceptance.submission,
        subject: subject_id,
        kind: event.told.kind(),
        created_at: acceptance.received_at,
        held: acceptance.state == State::Quarantined,
        deliveries: deliveries.collect(),
    })
}
