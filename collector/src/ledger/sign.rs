//! Signing heads, and proving leaves against the last one.
//!
//! Several collectors may sign, each what it has appended. None of them signs over a head of which it does not know that
//! its own tree continues it: mostly it knows from its last append, under the lock, which costs nothing here; else it
//! looks once more.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use unticked_shared::merkle::{
    Checkpoint, LogProof,
    note::{Signer, VerifierKey},
    proof,
};

use super::{
    Appended, Head, LedgerError,
    leads::{gone_back, leads_to},
    nodes,
    sql::{self, SignedRow},
};
use crate::{
    store::{Store, StoreError, Transaction, values::millis},
    world::Clock,
};

/// So often others may sign while we look whether ours continues theirs.
const MOST_LOOKS: usize = 16;

/// The ledger at work. Cloning is cheap.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    store: Store,
    signer: Signer,
    clock: Clock,
    /// The largest head that this process knows to be signed and kept, by whomever.
    last: RwLock<Arc<Signed>>,
    /// What the last append found.
    found: Mutex<Found>,
}

/// What an append found under the lock: heads that the tree led to then, and that whatever it added continues.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// The head that was known to be signed.
    signed: Head,
    /// The head of the tree before.
    before: Head,
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
    /// With the head that the key store holds now, which the main database leads to.
    pub(super) fn new(store: Store, signer: Signer, clock: Clock, last: Signed) -> Self {
        let found = Mutex::new(Found { signed: last.head, before: last.head });
        Self(Arc::new(Inner { store, signer, clock, last: RwLock::new(Arc::new(last)), found }))
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.0.signer.name()
    }

    /// The key that others check with.
    pub fn verifier(&self) -> VerifierKey {
        self.0.signer.verifier()
    }

    /// The largest head that this process knows to be signed and kept.
    pub fn last_signed(&self) -> Arc<Signed> {
        Arc::clone(&self.0.last.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The head that the key store holds now, another collector's maybe: from here on whatever is appended must continue
    /// it. Ask for it before the head of the tree is locked, so that nobody waits for the answer.
    pub async fn newest(&self) -> Result<Arc<Signed>, StoreError> {
        let kept = sql::signed(&mut self.0.store.keys().read().await?).await?;
        let kept = kept.ok_or_else(|| {
            StoreError::Defect(
                "the key store has no signed head any more; stop the collector and start it again".into(),
            )
        })?;
        if kept.origin != self.origin() {
            return Err(StoreError::Defect(format!(
                "the ledger goes on under another name, {}; stop this collector and start it again",
                kept.origin
            )));
        }
        let kept = Arc::new(Signed { head: kept.head()?, note: kept.note });
        let last = self.last_signed().head;
        if kept.head.size == last.size && kept.head.root != last.root {
            return Err(StoreError::Defect(
                "another head of the same size was signed before: the ledger would fork. Stop every collector and say \
                 `unticked verify`"
                    .to_owned(),
            ));
        }
        self.remember(&kept);
        Ok(kept)
    }

    /// Looks, before a commit, whether what was appended in `tx` continues what was signed. Where it does not the main
    /// database has gone back under a running collector, and a commit would fork the ledger.
    pub async fn continues(&self, tx: &mut Transaction, appended: &Appended) -> Result<(), StoreError> {
        let (signed, before) = (self.last_signed().head, appended.before());
        if before.size < signed.size {
            return Err(gone_back(before.size, signed.size));
        }
        // Mostly they are the same: then nothing needs to be read.
        if before != signed {
            leads_to(tx, &signed).await?;
        }
        *self.0.found.lock().unwrap_or_else(PoisonError::into_inner) = Found { signed, before };
        Ok(())
    }

    /// Signs a head and keeps it in the key store, where it moves only forward. Call it after the commit of what it holds,
    /// and before anybody hears of it.
    pub async fn sign(&self, head: &Head) -> Result<Arc<Signed>, StoreError> {
        let mut tx = self.0.store.keys().begin().await?;
        if let Some(signed) = self.sign_in(&mut tx, head).await? {
            tx.commit().await?;
            return Ok(self.kept(signed));
        }
        tx.rollback().await?;
        self.sign_after_others(head).await
    }

    /// [`Ledger::sign`] in a transaction of the key store that has other things to bring, too. After its commit, and not
    /// before, call [`Ledger::kept`]. None where another collector has signed what the last append here did not find: then
    /// say [`Ledger::sign`] after the commit, which looks.
    pub async fn sign_in(&self, tx: &mut Transaction, head: &Head) -> Result<Option<Signed>, StoreError> {
        let Found { signed, before } = *self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.sign_over(tx, head, [signed, before]).await
    }

    /// Signs a head in the place of one of these, and of no other.
    async fn sign_over(
        &self,
        tx: &mut Transaction,
        head: &Head,
        before: [Head; 2],
    ) -> Result<Option<Signed>, StoreError> {
        let signed = Signed { head: *head, note: sign(&self.0.signer, head)? };
        let row = row(self.origin(), &signed, millis(self.0.clock.now()))?;
        Ok((sql::move_signed(tx, &row, before).await? == 1).then_some(signed))
    }

    /// Looks which head is kept, and whether the main database leads to it and to ours. No transaction is held meanwhile:
    /// an appender asks the key store while it holds the main database, and nobody may wait the other way round.
    async fn sign_after_others(&self, head: &Head) -> Result<Arc<Signed>, StoreError> {
        for _ in 0..MOST_LOOKS {
            let kept = self.newest().await?;
            let mut main = self.0.store.read().await?;
            leads_to(&mut main, &kept.head).await?;
            leads_to(&mut main, head).await?;
            drop(main);
            if kept.head == *head {
                return Ok(kept);
            }
            if kept.head.size > head.size {
                // What is kept moves only forward, and holds ours.
                return Ok(Arc::new(Signed { head: *head, note: sign(&self.0.signer, head)? }));
            }
            let mut tx = self.0.store.keys().begin().await?;
            if let Some(signed) = self.sign_over(&mut tx, head, [kept.head; 2]).await? {
                tx.commit().await?;
                return Ok(self.kept(signed));
            }
            tx.rollback().await?;
        }
        Err(StoreError::Unavailable("other collectors sign faster than this one can look".to_owned()))
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
        self.sign_after_others(&Head { size: edge.size(), root: edge.root() }).await
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
