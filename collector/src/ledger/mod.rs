//! The ledger: an append-only tree of commitments to the evidence, which nobody can change unnoticed.
//!
//! A record and its leaf become true in one transaction ([`append()`]); the head is read inside it and locked, so that any
//! number of appenders make one tree. After the commit, and before anybody is answered, the head is signed and kept in the
//! key store ([`Ledger::sign`]), where it moves only forward, over a head that it continues: a main database that has gone
//! back, or is another one, is refused at start ([`Ledger::open`]) and under running collectors ([`Ledger::continues`]). Nothing in a leaf tells of a person. Tiles are made from leaves and can be made anew.

mod append;
mod leads;
pub mod mend;
pub mod nodes;
mod open;
pub mod publish;
mod sign;
pub mod sql;
pub mod standing;
pub mod witness;

pub use append::{Appended, append};
pub use open::LedgerError;
pub use sign::{Ledger, Signed};

use unticked_shared::merkle::{
    Hash,
    note::{Signer, VerifierKey},
};

use crate::vault::Vault;

/// The key that checks what was signed under a name; none where it cannot be the name of a log.
pub fn verifier_of(vault: &Vault, origin: &str) -> Option<VerifierKey> {
    Signer::new(origin, &vault.ring().ledger_seed(origin)).ok().map(|signer| signer.verifier())
}

/// A head of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The root.
    pub root: Hash,
}

#[cfg(test)]
mod tests;
