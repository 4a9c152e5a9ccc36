//! What was promised ends by itself.
//!
//! Each purpose lasts as long as the version said that the person saw ([`decide`]). When its period runs out, use stops:
//! an evidence record says so, and from then on nothing is forwarded for it. A value goes with the last purpose that may
//! keep it, from its table and from what waits in the outbox, and when nothing that identifies is left the person's
//! identity key is destroyed ([`carry_out`]). A submission carries the time at which it has to be looked at again
//! (`due_at`); whoever dies half-way leaves it due, and the next run ends the work ([`run`]), as far as the clock may be
//! trusted ([`clock`]). Withdrawals bring their own
//! ends to the same place ([`destroy_unused`]). What an engagement pushes on is [`crate::engagements`]' business.

pub mod calendar;
mod carry_out;
mod case;
pub mod clock;
pub mod decide;
pub mod due;
pub mod run;
pub mod sql;

pub use carry_out::destroy_unused;
pub(crate) use carry_out::{Hands, carry_out, follow_up, follow_up_on_request, id_after};
pub(crate) use case::{Loaded, load};
pub use run::{Done, Retention};

use std::sync::{Arc, atomic::AtomicBool};

use jiff::SignedDuration;

use crate::{
    erasure::Rules,
    forms::{Forms, FormsError},
    ledger::Ledger,
    store::{Store, StoreError},
    vault::{Vault, VaultError},
};

/// What the room works with. Cloning is cheap.
#[derive(Clone)]
pub struct Tools {
    /// Both databases.
    pub store: Store,
    /// Every version ever shown.
    pub forms: Forms,
    /// Opens and seals.
    pub vault: Vault,
    /// Where the records go.
    pub ledger: Ledger,
    /// How long a suspected robot's submission waits for the owner.
    pub unreleased_after: SignedDuration,
    /// What holds for people who are forgotten.
    pub forgetting: Rules,
    /// SQLite's logs still hold what was destroyed: a reader was in the way.
    unfolded: Arc<AtomicBool>,
}

impl Tools {
    /// For a store and what belongs to it; `suspects_days` is how long a suspected robot's submission waits.
    pub fn new(store: Store, forms: Forms, vault: Vault, ledger: Ledger, suspects_days: u32) -> Self {
        let unreleased_after = SignedDuration::from_hours(24 * i64::from(suspects_days));
        Self { store, forms, vault, ledger, unreleased_after, forgetting: Rules::default(), unfolded: Arc::default() }
    }

    /// The same, with what the owner has decided about forgetting.
    #[must_use]
    pub fn forgetting(self, forgetting: Rules) -> Self {
        Self { forgetting, ..self }
    }
}

/// Why a rule could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive.
    #[error(transparent)]
    Forms(#[from] FormsError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The version that was shown is not in the archive: what was promised is not known.
    #[error("the version {0} is not in the archive")]
    UnknownVersion(String),
    /// Something kept cannot be read or written.
    #[error("{0}")]
    Defect(String),
}

impl RetentionError {
    /// Whether the database is away, rather than one submission broken.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Store(error) | Self::Vault(VaultError::Store(error)) | Self::Forms(FormsError::Store(error)) => {
                error.is_unavailable()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
