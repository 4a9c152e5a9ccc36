//! Taking consent back: one transaction keeps the record of it and tells whoever has the lead.

use jiff::Timestamp;
use tracing::info;
use unticked_shared::{
    canonical::{self, CanonicalError},
    decision::Decision,
    event::{Event, EventKind, EvidenceReference, LeadDecision, Told, Withdrawal},
    evidence::{Method, PartA, PartB, PurposeDecision, SCHEMA},
    id::DestinationId,
    signature::hex,
};
use uuid::Uuid;

use super::{
    Personal, Preferences, Refused,
    decide::{self, Asked},
    sql,
};
use crate::{
    evidence::{self, Draft, EvidenceRow, Shown},
    outbox::{
        self,
        sql::{LeadDelivery, NewDelivery, NewEvent},
        unseal::{body_cell, key_for},
    },
    retention,
    store::values::{millis, rfc3339},
    vault::{Key, SubjectKeys},
};

/// How it was asked for; the evidence says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The page or the interface.
    pub method: Method,
    /// The client's truncated address, where the owner wants it in the evidence.
    pub client: Option<String>,
}

/// What a withdrawal came to.
#[derive(Debug, Clone)]
pub struct Withdrawn {
    /// How everything stands then.
    pub personal: Personal,
    /// What was taken back just now: nothing, where all of it had been before.
    pub purposes: Vec<PurposeDecision>,
    /// The receipt of the record that took it back, now or before, base64; empty where none can be given.
    pub receipt: String,
}

/// What a withdrawal keeps.
struct Rows {
    evidence: EvidenceRow,
    shown: Shown,
    event: NewEvent,
    /// Leads that something waits behind.
    hurried: Vec<Uuid>,
}

impl Preferences {
    /// Takes back what whoever holds this token asks for. Answers how everything stands then, and which purposes were
    /// withdrawn just now: none, where all of it had been before.
    ///
    /// When it returns `Ok` it is durable. Whoever heard no answer asks again: the same withdrawal makes one record.
    pub async fn withdraw(&self, token: &str, asked: &Asked, by: &By) -> Result<Withdrawn, Refused> {
        let needs = &self.0;
        let submission = needs.links.open(token).ok_or(Refused::WrongToken)?;
        // Before the transaction: SQLite's only writer is not kept waiting while keys are opened and words are read.
        let (keys, before) = self.keys_and_kept(submission).await?;
        if before.is_of_a_banner() {
            return Err(Refused::OnTheSite);
        }
        let changes = decide::withdraw(&before.standing, asked)?;
        if changes.is_empty() {
            // Whoever took it back may have been stopped before the ledger's head was signed.
            needs.ledger.catch_up().await?;
            return Ok(self.nothing_new(before, asked).await);
        }
        let mut tx = needs.store.begin().await?;
        let kept = sql::lock(&mut tx, submission).await?.ok_or(Refused::Gone)?;
        // Once more, now that nobody else can change it.
        let records = evidence::sql::of_submission(&mut tx, submission).await?;
        let first = records.first().map(|record| record.record_id);
        let standing = evidence::standing_of(&mut tx, submission).await?;
        let changes = decide::withdraw(&standing, asked)?;
        let before = Personal { standing, ..before };
        if changes.is_empty() {
            tx.rollback().await?;
            needs.ledger.catch_up().await?;
            return Ok(self.nothing_new(before, asked).await);
        }
        let deliveries = outbox::sql::lead_deliveries(&mut tx, submission).await?;
        let at = decide::recorded_at(&before.standing, needs.clock.now());
        let rows = self.rows(&before, &changes, &keys, first, &deliveries, at, by).map_err(|error| {
            tracing::error!(%submission, %error, "a withdrawal cannot be written");
            Refused::Internal
        })?;
        outbox::sql::insert(&mut tx, std::slice::from_ref(&rows.event)).await?;
        for lead in &rows.hurried {
            outbox::sql::hurry(&mut tx, *lead, millis(needs.clock.now())).await?;
        }
        let appended = evidence::keep(&mut tx, &needs.ledger, &[&rows.evidence]).await?;
        // Without consent there may be no ground left to keep them (Art. 17(1)(b)).
        let now = needs.clock.now();
        let destroyed =
            retention::destroy_unused(&mut tx, submission, &before.version, &needs.vault, &needs.ledger, &keys, now)
                .await?;
        let standing = evidence::standing_of(&mut tx, submission).await?;
        tx.commit().await?;
        // Nobody hears of it before the head that holds it is signed and kept.
        needs.ledger.catch_up().await?;
        needs.outbox.wake();
        needs.retention.wake();
        info!(form = %before.version.form, id = %submission, purposes = changes.len(), destroyed, "consent was taken back");
        let personal = self.personal(submission, kept, standing).await?;
        // Of a person of whom nothing is left now it is the last word, so it is made from what is still at hand.
        let receipt = self.receipts().kept(&rows.shown, &changes, personal.content(), appended.first()).await;
        Ok(Withdrawn { personal, purposes: changes, receipt })
    }

    /// Whoever asks again gets the receipt of the first time.
    async fn nothing_new(&self, personal: Personal, asked: &Asked) -> Withdrawn {
        let receipt = match decide::taken_back_by(&personal.standing, asked) {
            Some(record) => self.receipts().again(personal.submission, Some(record), personal.content()).await,
            None => String::new(),
        };
        Withdrawn { personal, purposes: Vec::new(), receipt }
    }

    #[expect(clippy::too_many_arguments, reason = "what one record is made of")]
    fn rows(
        &self,
        before: &Personal,
        changes: &[PurposeDecision],
        keys: &SubjectKeys,
        first: Option<Uuid>,
        deliveries: &[LeadDelivery],
        at: Timestamp,
        by: &By,
    ) -> Result<Rows, Unwritable> {
        let vault = &self.0.vault;
        let page = self.0.links.page();
        let record_id = vault.random().uuid(at);
        let draft = Draft {
            record_id,
            submission_id: before.submission,
            subject_id: before.subject,
            part_a: PartA {
                schema: SCHEMA.to_owned(),
                form: before.version.form.clone(),
                version: before.version.digest.clone(),
                language: before.content().language.clone(),
                purposes: changes.to_vec(),
                method: by.method,
                day: at.strftime("%F").to_string(),
                happened: None,
            },
            part_b: PartB {
                record_id: record_id.to_string(),
                subject: before.subject.to_string(),
                follows: first.map(|first| first.to_string()),
                values_digest: None,
                contact_digest: None,
                origin: page.strip_suffix("/preferences").map(str::to_owned),
                page: Some(page.to_owned()),
                ticket_issued_at: None,
                submitted_at: None,
                received_at: rfc3339(at),
                gpc: None,
                build: None,
                client: by.client.clone(),
                visitor: None,
                request: None,
            },
            values_salt: None,
            contact_salt: None,
        };
        let key = keys.evidence.as_ref().ok_or(Unwritable::NoKey)?;
        let (evidence, shown) = evidence::seal_to_show(&draft, key, vault.random())?;
        let event = Event {
            id: vault.random().uuid(at).to_string(),
            timestamp: rfc3339(at),
            told: Told::Withdrawal(Box::new(told(before, changes, &evidence, at))),
        };
        let receivers = decide::receivers(deliveries);
        let hurried = receivers.iter().filter_map(|receiver| receiver.after).collect();
        let sealing = key_for(EventKind::ConsentWithdrawn.as_str(), keys).ok_or(Unwritable::NoKey)?;
        let deliveries = self.deliveries(&event, receivers, sealing, at)?;
        let event = NewEvent {
            id: Uuid::parse_str(&event.id).expect("it was made from a UUID"),
            submission: before.submission,
            subject: before.subject,
            kind: event.told.kind(),
            // Due now: `at` may lie ahead of a clock that was set back.
            created_at: self.0.clock.now(),
            held: false,
            deliveries,
        };
        Ok(Rows { evidence, shown, event, hurried })
    }

    fn deliveries(
        &self,
        event: &Event,
        receivers: Vec<decide::Told>,
        key: &Key,
        at: Timestamp,
    ) -> Result<Vec<NewDelivery>, Unwritable> {
        let random = self.0.vault.random();
        let body = canonical::to_vec(event)?;
        receivers
            .into_iter()
            .map(|receiver| {
                let id = random.uuid(at);
                let destination = DestinationId::parse(&receiver.destination).map_err(|_| Unwritable::Destination)?;
                let body = key.seal(&body_cell(&id), &body, random);
                Ok(NewDelivery { id, destination, body, after: receiver.after })
            })
            .collect()
    }
}

/// What the destinations are told.
fn told(before: &Personal, changes: &[PurposeDecision], evidence: &EvidenceRow, at: Timestamp) -> Withdrawal {
    let content = before.content();
    let decisions = content.purposes.iter().filter(|text| changes.iter().any(|one| one.id == text.id));
    Withdrawal {
        reference: before.reference.clone(),
        subject: before.subject.to_string(),
        form: before.version.form.clone(),
        version: before.version.digest.clone(),
        language: content.language.clone(),
        decisions: decisions
            .map(|text| LeadDecision {
                purpose: text.id.clone(),
                name: text.name.clone(),
                statement: text.statement.clone(),
                legal_basis: text.legal_basis,
                decision: Some(Decision::Withdrawn),
                decided_at: rfc3339(at),
                retention: text.retention_period.clone(),
            })
            .collect(),
        evidence: EvidenceReference::new(evidence.record_id.to_string(), hex(&evidence.commitment)),
    }
}

/// Why a withdrawal cannot be written: each of them a defect.
#[derive(Debug, thiserror::Error)]
enum Unwritable {
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    #[error("the person's evidence key is gone, although their identity key is there")]
    NoKey,
    #[error("a delivery names a destination that cannot be one")]
    Destination,
}
