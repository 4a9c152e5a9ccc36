//! Forgetting a person (Art. 17 GDPR), in two steps.
//!
//! First the identity, at once: one transaction keeps the record of it, deletes values and bodies and notes a `pending` row
//! ([`forget`]); then the person's key goes, the files are emptied of what was overwritten, an entry is made in the journal
//! beside the key ring, and the row is `done` ([`finish`]). The evidence stays, restricted to legal claims, until the owner's
//! deadline; then the opening of part B goes, and a record names the leaves that it ends ([`deadline`]). Whoever starts next
//! ends what was begun ([`run`]), and a backup that brings somebody back is told by the journal to forget them again
//! ([`journal`]). What would single somebody out goes as well ([`decide`]).

mod deadline;
pub mod decide;
mod finish;
mod forget;
pub mod journal;
mod neighbours;
pub mod run;
pub mod sql;
mod standing;
mod suppression;

use std::path::PathBuf;

pub use finish::{finish, journal as journal_of};
pub use forget::{Look, Order, Report, forget, look, look_up};
pub use run::{Done, replay, run, run_as_trusted};
pub use standing::{Doubt, Standing, standing};
pub use suppression::{entry, suppressed_since};

use self::journal::JournalError;
use crate::{retention::RetentionError, store::StoreError, vault::VaultError};

/// What the owner has decided about forgetting.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Days for which the evidence of a forgotten person stays for legal claims (Art. 17(3)(e)).
    pub evidence_days: u32,
    /// So many persons must share what remains of one.
    pub k: u32,
    /// The journal that outlives the databases.
    pub journal: PathBuf,
}

impl Default for Rules {
    /// What holds where nobody has said anything else; without a journal nobody can be forgotten wholly.
    fn default() -> Self {
        Self { evidence_days: 1096, k: 5, journal: PathBuf::new() }
    }
}

/// Why somebody could not be forgotten, or not wholly.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The databases.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What belongs to a submission cannot be read or written.
    #[error(transparent)]
    Rules(#[from] RetentionError),
    /// The journal beside the key ring.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A law obliges the owner to keep it (Art. 17(3)(b)).
    #[error(
        "the purpose `{0}` rests on a legal obligation, and what a law obliges you to keep is not erased (Art. 17(3)(b)). Where \
         no law does any more, say `--despite-legal-obligation`"
    )]
    Obliged(String),
    /// The evidence is not all in the ledger yet, so that no record could name its leaves.
    #[error("the evidence of the submission {0} is not all in the ledger yet; `unticked serve` puts it there")]
    Unsequenced(uuid::Uuid),
    /// A reader holds the old state of a file.
    #[error(
        "a reader of the database was in the way for long, so that its log still holds what was overwritten; a running \
         collector, or the next `unticked erase`, ends this"
    )]
    NotFolded,
}

impl ErasureError {
    /// Whether the database is away, rather than one submission broken.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Store(error) | Self::Vault(VaultError::Store(error)) => error.is_unavailable(),
            Self::Rules(error) => error.is_unavailable(),
            _ => false,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
