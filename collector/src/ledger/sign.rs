//! Signing heads, and proving leaves against the last one.

use std::sync::{Arc, PoisonError, RwLock};

use unticked_shared::merkle::{
    Checkpoint, LogProof,
    note::{Signer, VerifierKey},
    proof,
};

use super::{
    Appended, Head, LedgerError, nodes,
    sql::{self, SignedRow},
};
use crate::{
    store::{Store, StoreError, Transaction, values::millis},
    world::Clock,
};

/// The ledger at work. Cloning is cheap.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    store: Store,
    signer: Signer,
    clock: Clock,
    /// The largest head that this process has signed and kept.
    last: RwLock<Arc<Signed>>,
}

/// A signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The head.
    pub head: Head,
    /// The checkpoint: a C2SP signed note.
    pub note: String,
}

impl Ledger {
    /// With the head that the key store holds now.
    pub(super) fn new(store: Store, signer: Signer, clock: Clock, last: Signed) -> Self {
        Self(Arc::new(Inner { store, signer, clock, last: RwLock::new(Arc::new(last)) }))
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.0.signer.name()
    }

    /// The key that others check with.
    pub fn verifier(&self) -> VerifierKey {
        self.0.signer.verifier()
    }

    /// The largest head that this process has signed and kept.
    pub fn last_signed(&self) -> Arc<Signed> {
        Arc::clone(&self.0.last.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks, before a commit, whether what was appended continues what this process has signed. Where it does not the
    /// main database has gone back under a running collector, and a commit would fork the ledger.
    pub fn continues(&self, appended: &Appended) -> Result<(), StoreError> {
        let (last, before) = (self.last_signed().head, appended.before());
        if before.size < last.size || (before.size == last.size && before.root != last.root) {
            return Err(StoreError::Defect(format!(
                "the ledger has {} entries where {} were signed: the main database has gone back under a running \
                 collector; nothing more is kept. Stop it and say `unticked verify`",
                before.size, last.size
            )));
        }
        Ok(())
    }

    /// Signs a head and keeps it in the key store, where it moves only forward. Call it after the commit of what it holds,
    /// and before anybody hears of it.
    pub async fn sign(&self, head: &Head) -> Result<Arc<Signed>, StoreError> {
        let mut tx = self.0.store.keys().begin().await?;
        let signed = self.sign_in(&mut tx, head).await?;
        tx.commit().await?;
        Ok(self.kept(signed))
    }

    /// [`Ledger::sign`] in a transaction of the key store that has other things to bring, too. After its commit, and not
    /// before, call [`Ledger::kept`].
    pub async fn sign_in(&self, tx: &mut Transaction, head: &Head) -> Result<Signed, StoreError> {
        let signed = Signed { head: *head, note: sign(&self.0.signer, head)? };
        let row = row(self.origin(), &signed, millis(self.0.clock.now()))?;
        if sql::keep_signed(tx, &row).await? == 0 {
            let kept = sql::signed(tx).await?;
            kept_is_no_other(kept.as_ref(), &row)?;
        }
        Ok(signed)
    }

    /// Takes note that the key store has kept a head.
    pub fn kept(&self, signed: Signed) -> Arc<Signed> {
        let signed = Arc::new(signed);
        self.remember(&signed);
        signed
    }

    /// Signs the head that the main database has now, unless it was signed before.
    pub async fn catch_up(&self) -> Result<Arc<Signed>, StoreError> {
        let edge = sql::head(&mut self.0.store.read().await?).await?;
        let last = self.last_signed();
        if edge.size() == last.head.size && edge.root() == last.head.root {
            return Ok(last);
        }
        self.sign(&Head { size: edge.size(), root: edge.root() }).await
    }

    fn remember(&self, signed: &Arc<Signed>) {
        let mut last = self.0.last.write().unwrap_or_else(PoisonError::into_inner);
        if signed.head.size > last.head.size {
            *last = Arc::clone(signed);
        }
    }

    /// The proof of a leaf at the last signed head; none where the tree has no such leaf.
    pub async fn prove(&self, index: u64) -> Result<Option<LogProof>, LedgerError> {
        let mut signed = self.last_signed();
        if index >= signed.head.size {
            // Another collector's, or an appender's that was stopped before it signed.
            signed = self.catch_up().await?;
        }
        let size = signed.head.size;
        let mut connection = self.0.store.read().await?;
        let hashes = nodes::with_nodes(&mut connection, |nodes| proof::inclusion(nodes, index, size)).await?;
        Ok(hashes.map(|hashes| LogProof { extra: None, index, hashes, checkpoint: signed.note.clone() }))
    }
}

/// A head smaller than the one that is kept is another appender's business; one of the same size has the same root.
fn kept_is_no_other(kept: Option<&SignedRow>, ours: &SignedRow) -> Result<(), StoreError> {
    match kept {
        Some(kept) if kept.origin != ours.origin => Err(StoreError::Defect(format!(
            "the ledger goes on under another name, {}; stop this collector and start it again",
            kept.origin
        ))),
        Some(kept) if kept.size == ours.size && kept.root != ours.root => Err(StoreError::Defect(
            "another head of the same size was signed before: the ledger would fork. Stop the collector and say \
             `unticked verify`"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The checkpoint of a head.
pub(super) fn sign(signer: &Signer, head: &Head) -> Result<String, StoreError> {
    let checkpoint = Checkpoint { origin: signer.name().to_owned(), size: head.size, root: head.root };
    signer.sign(&checkpoint.text()).map_err(|error| StoreError::Defect(format!("a head cannot be signed: {error}")))
}

/// As the key store keeps it.
pub(super) fn row(origin: &str, signed: &Signed, now: i64) -> Result<SignedRow, StoreError> {
    Ok(SignedRow {
        origin: origin.to_owned(),
        size: sql::count(signed.head.size)?,
        root: signed.head.root.to_vec(),
        note: signed.note.clone(),
        signed_at: now,
    })
}
