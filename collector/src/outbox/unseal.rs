//! Opens the bodies of deliveries with the vault, and cuts them down to what stands now.

use unticked_shared::{
    canonical,
    event::{Event, EventKind},
    id::PurposeId,
};
use uuid::Uuid;

use super::{
    decide::as_it_stands,
    sql::{self, Claimed},
    worker::{Opener, Opening, Unopened},
};
use crate::{
    evidence::{self, Standing},
    ledger,
    store::{Store, StoreError, values::millis},
    vault::{Cell, Key, SubjectKeys, Vault},
    world::Clock,
};

/// The key that seals the bodies of a kind of event.
///
/// A lead goes with the identity. The word that consent was taken back must outlive it: when the last consent is
/// withdrawn the values and their key may be destroyed at once, and whoever has a copy must be told all the same; that they
/// shall forget the person, likewise. Such a body holds no value, only a reference and a pseudonym, and lies under the
/// evidence key.
pub fn key_for<'a>(kind: &str, keys: &'a SubjectKeys) -> Option<&'a Key> {
    let outlives = [EventKind::ConsentWithdrawn, EventKind::PersonErased].iter().any(|one| one.as_str() == kind);
    if outlives { keys.evidence.as_ref() } else { keys.identity.as_ref() }
}

/// The place that a delivery's body is sealed for, under the key that [`key_for`] names.
pub fn body_cell(delivery: &Uuid) -> Cell<'_> {
    Cell { table: "delivery", row: delivery.as_bytes(), column: "body" }
}

/// The vault as the worker needs it.
pub struct Unseal {
    /// Where the wrapped keys lie.
    pub store: Store,
    /// What unwraps them.
    pub vault: Vault,
    /// Says whether a period is over.
    pub clock: Clock,
}

impl Unseal {
    /// What the submission's records say at this moment.
    async fn standing(&self, claimed: &Claimed) -> Result<Vec<Standing>, StoreError> {
        let Some(submission) = claimed.submission_id else { return Ok(Vec::new()) };
        evidence::standing_of(&mut self.store.read().await?, submission).await
    }

    /// Says where the record stands in the ledger, and hands on the ledger's head: a log that only its owner has seen could
    /// be rewritten by its owner.
    async fn place(&self, event: &mut Event) -> Result<(), StoreError> {
        let evidence = event.told.evidence_mut();
        let Ok(record) = Uuid::parse_str(&evidence.record) else { return Ok(()) };
        let leaf = evidence::sql::leaf_of(&mut self.store.read().await?, record).await?;
        let Some(leaf) = leaf.and_then(|leaf| u64::try_from(leaf).ok()) else { return Ok(()) };
        evidence.leaf = Some(leaf);
        // After the record: it is in this head, unless whoever wrote it has not signed it yet.
        let signed = ledger::sql::signed(&mut self.store.keys().read().await?).await?;
        let signed = signed.filter(|signed| u64::try_from(signed.size).is_ok_and(|size| size > leaf));
        evidence.checkpoint = signed.map(|signed| signed.note);
        Ok(())
    }

    /// Whether something of it is over that no record says yet. A machine that slept wakes the outbox as early as the
    /// rules; what was promised to end is not sent in between.
    async fn is_due(&self, claimed: &Claimed) -> Result<bool, StoreError> {
        let Some(submission) = claimed.submission_id else { return Ok(false) };
        sql::is_due(&mut self.store.read().await?, submission, millis(self.clock.now())).await
    }
}

impl Opener for Unseal {
    fn open<'a>(&'a self, claimed: &'a Claimed, served: &'a [PurposeId]) -> Opening<'a> {
        Box::pin(async move {
            let locked = |error: &dyn std::fmt::Display| Unopened::Locked(error.to_string());
            let keys = self.vault.keys_of(&self.store, claimed.subject_id).await.map_err(|error| locked(&error))?;
            let key = keys.as_ref().and_then(|keys| key_for(&claimed.kind, keys)).ok_or(Unopened::Forgotten)?;
            let body = key.open(&body_cell(&claimed.delivery_id), &claimed.body).map_err(|error| locked(&error))?;
            // serde's own message may quote what is in it.
            let event: Event = serde_json::from_slice(&body).map_err(|_| Unopened::Unreadable)?;
            // First: what is carried out between the two looks is in the records by the second.
            let due = self.is_due(claimed).await.map_err(|error| locked(&error))?;
            // Looked at after the claim was committed, so that a withdrawal either is seen here or saw the attempt begin.
            let standing = self.standing(claimed).await.map_err(|error| locked(&error))?;
            let mut event = as_it_stands(event, served, &standing).ok_or(Unopened::Groundless)?;
            if due && event.told.kind() == EventKind::LeadSubmitted {
                return Err(Unopened::Due);
            }
            self.place(&mut event).await.map_err(|error| locked(&error))?;
            canonical::to_vec(&event).map_err(|_| Unopened::Unreadable)
        })
    }
}
