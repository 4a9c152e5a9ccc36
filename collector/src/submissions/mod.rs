//! What visitors send, from the post to the answer.
//!
//! `http` reads it, [`decide`] holds it against the ticket and the very version that the ticket names, [`record`] makes
//! and seals the rows that say what was decided, and the [`writer`] makes many of them durable in one transaction.
//! Nobody is answered before. The ticket's id names the submission: whoever sends the same again gets the first result,
//! whatever its age, rebuilt from what is kept; another body under the same id is refused.

pub mod decide;
pub mod http;
pub mod quarantine;
pub mod reached;
pub mod record;
pub mod reference;
pub mod sql;
pub mod sweep;
pub mod writer;

pub use http::{NativePost, accept_native, global_privacy_control};

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use tracing::{error, info};
use unticked_shared::{evidence::PartA, submission::Accepted};
use uuid::Uuid;

use self::{
    decide::{Acceptance, Arrival, Refusal, State, decide},
    reached::LastCommitted,
    sql::Kept,
    writer::{Tools, WriteError, Writer, Written},
};
use crate::{
    forms::{Forms, FormsError, Version},
    ledger::Ledger,
    metrics::Metrics,
    outbox::Outbox,
    placements::tickets::{Ticket, TicketKeys},
    preferences::Links,
    receipts::Receipts,
    store::{Store, StoreError, values::time},
    vault::{NewSubject, Vault, VaultError},
    world::Clock,
};

/// How often a record is made again because its reference was taken: with 30 random bits a day once is rare.
const ATTEMPTS: usize = 4;

/// What the room works with.
#[derive(Clone)]
pub struct Needs {
    /// Both databases.
    pub store: Store,
    /// Every version ever shown.
    pub forms: Forms,
    /// Opens tickets.
    pub tickets: TicketKeys,
    /// Seals what is kept.
    pub vault: Vault,
    /// Where its evidence goes.
    pub ledger: Ledger,
    /// Woken after each commit.
    pub outbox: Outbox,
    /// Told about each batch.
    pub metrics: Metrics,
    /// Whether the owner is told of new submissions by mail.
    pub by_mail: bool,
    /// Makes the personal link of each answer.
    pub links: Links,
    /// The clock.
    pub clock: Clock,
}

/// The room at work. Cloning is cheap.
#[derive(Clone)]
pub struct Submissions(Arc<Inner>);

struct Inner {
    needs: Needs,
    receipts: Receipts,
    writer: Writer,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// An accepted submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The answer to the visitor.
    pub accepted: Accepted,
    /// What happened, for the metrics; the visitor is not told.
    pub how: How,
}

/// How a submission came to be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Now.
    New,
    /// Now, and it waits for the owner.
    Quarantined,
    /// Before: this is the first result once more.
    Repeated,
}

/// Why a submission was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// By the rules.
    #[error(transparent)]
    Decided(#[from] Refusal),
    /// Its id was accepted with another body.
    #[error("its id was accepted with another body")]
    AlreadySubmitted,
    /// Nothing can be stored now, and nothing was.
    #[error("nothing can be stored now")]
    Unavailable,
    /// A defect; it was logged.
    #[error("a defect of the collector")]
    Internal,
}

/// The word in the metrics.
pub fn result_name(result: &Result<Submitted, Refused>) -> &'static str {
    match result {
        Ok(submitted) => match submitted.how {
            How::New => "accepted",
            How::Quarantined => "quarantined",
            How::Repeated => "repeated",
        },
        Err(Refused::Decided(refusal)) => match refusal {
            Refusal::TicketInvalid => "ticket-invalid",
            Refusal::TicketExpired => "ticket-expired",
            Refusal::DefinitionChanged => "definition-changed",
            Refusal::OriginNotAllowed => "origin-not-allowed",
            Refusal::SignatureInvalid => "signature-invalid",
            Refusal::Malformed(_) => "malformed",
            Refusal::Invalid(_) => "validation-failed",
        },
        Err(Refused::AlreadySubmitted) => "already-submitted",
        Err(Refused::Unavailable) => "unavailable",
        Err(Refused::Internal) => "internal",
    }
}

impl Submissions {
    /// Opens the room and starts its writer.
    pub fn start(needs: Needs) -> Self {
        let tools = Tools {
            store: needs.store.clone(),
            ledger: needs.ledger.clone(),
            outbox: needs.outbox.clone(),
            metrics: needs.metrics.clone(),
            reached: LastCommitted::default(),
            by_mail: needs.by_mail,
        };
        let (writer, task) = Writer::start(tools);
        let receipts =
            Receipts::new(needs.store.clone(), needs.vault.clone(), needs.ledger.clone(), needs.links.site());
        Self(Arc::new(Inner { needs, receipts, writer, task: Mutex::new(Some(task)) }))
    }

    /// Whether the writer takes submissions.
    pub fn is_open(&self) -> bool {
        self.0.writer.is_open()
    }

    /// Takes nothing more; returns when everything that was taken is written and answered.
    pub async fn close(&self) {
        self.0.writer.stop();
        let task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }

    /// Decides on what arrived and, when it is accepted, makes it durable.
    pub async fn submit(&self, arrival: Arrival) -> Result<Submitted, Refused> {
        let needs = &self.0.needs;
        let ticket = needs.tickets.open(&arrival.submission.ticket).map_err(|_| Refusal::TicketInvalid)?;
        let version = needs.forms.version(&ticket.claims.version).await.map_err(forms_failed)?;
        let version = version.ok_or(Refusal::TicketInvalid)?;
        let body_digest = arrival.body_digest;
        match decide(arrival, &ticket, &version, needs.clock.now()) {
            // Its keys lie under the ticket's id: none are made for one that stands already, perhaps of a person who is
            // forgotten by now.
            Ok(acceptance) if version.banner.is_some() => match self.known(&ticket).await? {
                Some(kept) => self.repeat(&kept, body_digest, &ticket, &version).await,
                None => self.keep(&acceptance, &ticket).await,
            },
            Ok(acceptance) => self.keep(&acceptance, &ticket).await,
            Err(refusal @ (Refusal::TicketExpired | Refusal::DefinitionChanged)) => match self.known(&ticket).await? {
                Some(kept) => self.repeat(&kept, body_digest, &ticket, &version).await,
                None => Err(refusal.into()),
            },
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn known(&self, ticket: &Ticket) -> Result<Option<Kept>, Refused> {
        let id = ticket.submission_id().ok_or(Refusal::TicketInvalid)?;
        let mut connection = self.0.needs.store.read().await.map_err(|error| store_failed(&error))?;
        let kept = sql::find(&mut connection, id).await.map_err(|error| store_failed(&error))?;
        drop(connection);
        if kept.is_some() {
            // Whoever wrote it may have been stopped before the head was signed.
            self.0.needs.ledger.catch_up().await.map_err(|error| store_failed(&error))?;
        }
        Ok(kept)
    }

    async fn keep(&self, acceptance: &Acceptance, ticket: &Ticket) -> Result<Submitted, Refused> {
        let needs = &self.0.needs;
        for _ in 0..ATTEMPTS {
            let keys =
                if acceptance.version.banner.is_some() { self.keys_of(acceptance.submission).await? } else { None };
            let (record, shown) =
                record::record(acceptance, &needs.vault, &needs.forms.destinations(), keys).map_err(|error| {
                    error!(%error, "an accepted submission has no canonical form");
                    Refused::Internal
                })?;
            let reference = record.submission.reference.clone();
            match self.0.writer.write(record).await {
                Ok(Written::New(place)) => {
                    let quarantined = acceptance.state == State::Quarantined;
                    info!(form = %acceptance.version.form, id = %acceptance.submission, quarantined, "accepted a submission");
                    let how = if quarantined { How::Quarantined } else { How::New };
                    let mut accepted = record::accepted(acceptance, &reference, &needs.links);
                    // In this task, and not in the writer's: others wait for that one.
                    let (proved_by, content) = ((&*place.appended, &*place.signed), acceptance.content());
                    let Inner { receipts, .. } = &*self.0;
                    accepted.receipt = receipts.fresh(&shown, &acceptance.purposes, content, proved_by, place.index);
                    return Ok(Submitted { accepted, how });
                }
                Ok(Written::Known(kept)) => {
                    return self.repeat(&kept, acceptance.body_digest, ticket, &acceptance.version).await;
                }
                Err(WriteError::ReferenceTaken) => {}
                Err(WriteError::Unavailable) => return Err(Refused::Unavailable),
                Err(WriteError::Defect) => return Err(Refused::Internal),
            }
        }
        error!("no free reference was found; the source of randomness repeats itself");
        Err(Refused::Internal)
    }

    /// The keys that an attempt under the same id has left.
    async fn keys_of(&self, subject: Uuid) -> Result<Option<NewSubject>, Refused> {
        let needs = &self.0.needs;
        let kept = needs.vault.kept_subject(&needs.store, subject).await;
        kept.map_err(|error| match error {
            VaultError::Store(error) => store_failed(&error),
            error => {
                error!(%error, "the keys of a submission cannot be used");
                Refused::Internal
            }
        })
    }
}

impl Submissions {
    /// The first result once more, its receipt made anew for as long as one may be given.
    async fn repeat(
        &self,
        kept: &Kept,
        body_digest: [u8; 32],
        ticket: &Ticket,
        version: &Version,
    ) -> Result<Submitted, Refused> {
        let mut submitted = repeated(kept, body_digest, ticket, version, &self.0.needs.links)?;
        let submission = ticket.submission_id().ok_or(Refusal::TicketInvalid)?;
        let content = &version.face(Some(&ticket.claims.language)).1.content;
        submitted.accepted.receipt = self.0.receipts.again(submission, None, content).await;
        Ok(submitted)
    }
}

/// The first result once more, or the refusal of another body under the same id.
fn repeated(
    kept: &Kept,
    body_digest: [u8; 32],
    ticket: &Ticket,
    version: &Version,
    links: &Links,
) -> Result<Submitted, Refused> {
    // Of a person who was forgotten nothing is kept that could confirm what somebody guesses; whoever holds the ticket hears
    // what they were told, and nothing begins anew.
    if !kept.body_digest.is_empty() && kept.body_digest != body_digest {
        return Err(Refused::AlreadySubmitted);
    }
    let defect = |what: &'static str| {
        error!(id = %ticket.claims.id, what, "a kept submission cannot be read");
        Refused::Internal
    };
    let part_a: PartA = serde_json::from_slice(&kept.part_a).map_err(|_| defect("part A"))?;
    let received_at = time(kept.received_at).map_err(|_| defect("received_at"))?;
    let content = &version.face(Some(&part_a.language)).1.content;
    let id = ticket.submission_id().ok_or(Refusal::TicketInvalid)?;
    let preferences = links.address(id);
    let accepted =
        record::answer(&ticket.claims.id, &kept.reference, received_at, &part_a.purposes, content, preferences);
    Ok(Submitted { accepted, how: How::Repeated })
}

fn store_failed(error: &StoreError) -> Refused {
    if error.is_unavailable() {
        Refused::Unavailable
    } else {
        error!(%error, "a submission could not be looked up");
        Refused::Internal
    }
}

fn forms_failed(error: FormsError) -> Refused {
    match error {
        FormsError::Store(error) => store_failed(&error),
        error => {
            error!(%error, "a version cannot be read");
            Refused::Internal
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
