//! Receipts: one record with its proof, for the visitor to keep (`shared::receipt` is the file itself).
//!
//! The answer to a submission carries one, put together after the head was signed from what the writer knows, without a
//! look at any database. Later it can be made again, for as long as part B of the record can be opened: for whoever sends
//! the same once more, and on the personal page. `/receipt` is a page that checks one in the browser.

pub mod http;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tracing::{error, warn};
use unticked_shared::{
    evidence::{PartA, PurposeDecision},
    merkle::LogProof,
    placement::Content,
};
pub use unticked_shared::{
    receipt::{Draft, LARGEST, Receipt, ReceiptError, Report, SameAddress, Verified, english, verify},
    texts::receipt::Says,
};
use uuid::Uuid;

use crate::{
    evidence::{self, Shown},
    ledger::{Appended, Ledger, LedgerError, Signed},
    store::{Store, StoreError},
    vault::{SubjectKeys, Vault, VaultError},
};

/// Makes receipts. Cloning is cheap.
#[derive(Clone)]
pub struct Receipts {
    store: Store,
    vault: Vault,
    ledger: Ledger,
    /// Where one can be checked.
    page: String,
}

/// Why a receipt cannot be made again now.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Open(#[from] evidence::OpenError),
    #[error("part A of the record cannot be read")]
    PartA,
}

impl Receipts {
    /// `public_url` is the collector's origin.
    pub fn new(store: Store, vault: Vault, ledger: Ledger, public_url: &str) -> Self {
        Self { store, vault, ledger, page: format!("{public_url}/receipt") }
    }

    /// The receipt of a record that was appended just now, base64: from what its writer knows. `content` is what was shown.
    pub fn fresh(
        &self,
        shown: &Shown,
        purposes: &[PurposeDecision],
        content: &Content,
        (appended, signed): (&Appended, &Signed),
        index: u64,
    ) -> String {
        // Another head than that of these leaves proves nothing about them.
        let hashes = appended.inclusion(index).filter(|_| signed.head.size == appended.head().size);
        let Some(hashes) = hashes else { return String::new() };
        let proof = LogProof { extra: None, index, hashes, checkpoint: signed.note.clone() };
        self.written(shown, purposes, content, &proof)
    }

    /// The receipt of a record that is kept at `index`, from what its writer still holds.
    pub async fn kept(&self, shown: &Shown, purposes: &[PurposeDecision], content: &Content, index: u64) -> String {
        match self.ledger.prove(index).await {
            Ok(Some(proof)) => self.written(shown, purposes, content, &proof),
            Ok(None) => String::new(),
            Err(cause) => {
                warn!(index, %cause, "the proof for a receipt could not be made");
                String::new()
            }
        }
    }

    /// The receipt of a record of a submission once more: of the one named, else of its first. Empty where none can be
    /// given any more, since part B was destroyed; or not now, which is logged.
    pub async fn again(&self, submission: Uuid, record: Option<Uuid>, content: &Content) -> String {
        match self.made_again(submission, record, content).await {
            Ok(receipt) => receipt.unwrap_or_default(),
            Err(Failed::Store(cause)) if cause.is_unavailable() => {
                warn!(%submission, %cause, "a receipt could not be made again now");
                String::new()
            }
            Err(cause) => {
                error!(%submission, %cause, "a receipt cannot be made again; `unticked verify` says what does not hold");
                String::new()
            }
        }
    }

    async fn made_again(
        &self,
        submission: Uuid,
        record: Option<Uuid>,
        content: &Content,
    ) -> Result<Option<String>, Failed> {
        let rows = evidence::sql::rows_of_submission(&mut self.store.read().await?, submission).await?;
        let row = match record {
            Some(record) => rows.iter().find(|row| row.record_id == record),
            None => rows.first(),
        };
        let Some(row) = row.filter(|row| !row.part_b.is_empty()) else { return Ok(None) };
        let keys = self.vault.keys_of(&self.store, row.subject_id).await?;
        // Of a person who was forgotten it is restricted to legal claims, even while it can still be opened.
        let Some(SubjectKeys { identity: Some(_), evidence: Some(key), .. }) = keys else { return Ok(None) };
        let shown = evidence::show(row, &key)?;
        let Some(index) = row.leaf_index.and_then(|index| u64::try_from(index).ok()) else { return Ok(None) };
        let Some(proof) = self.ledger.prove(index).await? else { return Ok(None) };
        let part_a: PartA = serde_json::from_slice(&row.part_a).map_err(|_| Failed::PartA)?;
        Ok(Some(self.written(&shown, &part_a.purposes, content, &proof)))
    }

    fn written(&self, shown: &Shown, purposes: &[PurposeDecision], content: &Content, proof: &LogProof) -> String {
        let statement = |id: &str| content.purposes.iter().find(|text| text.id.as_str() == id);
        let texts: BTreeMap<&str, &str> = purposes
            .iter()
            .filter_map(|purpose| Some((purpose.id.as_str(), statement(purpose.id.as_str())?.statement.as_str())))
            .collect();
        let draft = Draft {
            about: &Says::About.text(&content.language).replace("{page}", &self.page),
            part_a: &shown.part_a,
            part_b: &shown.part_b,
            opening_a: &shown.opening_a,
            opening_b: &shown.opening_b,
            contact: shown.contact_salt.as_ref(),
            texts: &texts,
            proof: &proof.text(),
        };
        match draft.write() {
            Ok(text) => STANDARD.encode(text),
            Err(cause) => {
                error!(%cause, "a receipt has no canonical form; this is a defect of the collector");
                String::new()
            }
        }
    }
}
