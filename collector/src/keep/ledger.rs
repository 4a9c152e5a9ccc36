//! The ledger after a restore: what came after the copy may have been seen by others.
//!
//! One name must not have two histories. So a restored ledger goes on under a new name, with the last head that is known to
//! have been signed; unless the owner says that nothing was signed after the copy (the collector was stopped before it was
//! made, and has never run since) and the restored key store agrees.
//!
//! A restore may die before the new name has begun. So the key store gets its word with it, before it takes its place
//! ([`Word`]): until a new name has begun, no collector starts on it.

use jiff::Timestamp;
use unticked_shared::merkle::note::Note;

use super::{KeepError, sqlite};
use crate::{
    config::{Database, Settings},
    ledger::{
        LedgerError,
        mend::{self, Begun},
        sql::SignedRow,
        standing, verifier_of,
    },
    store::{Standing, Store},
    vault::{KeyRing, Vault},
    world::Random,
};

/// What became of the ledger.
#[derive(Debug, Clone)]
pub enum LedgerAfter {
    /// The copy is of a version that had none yet.
    Absent,
    /// The copy is of an older version: a new name can begin when it has been brought up to date, and must.
    AfterUpgrade,
    /// It goes on under a new name.
    Begun(Box<Begun>),
    /// It goes on under its own.
    GoesOn {
        /// The name.
        origin: String,
        /// How many entries there are.
        size: u64,
    },
    /// The databases stand, and no new name could be begun.
    NotBegun(String),
    /// The owner wants it to go on under its own name, and it does not fit: no collector starts on it.
    DoesNotFit(String),
}

/// What the owner says of a ledger that is brought back, and what this machine knows of it.
pub(super) struct Word {
    /// It goes on under its own name.
    pub same: bool,
    /// The head that was signed last here.
    pub seen: Option<SignedRow>,
}

impl Word {
    /// What stands in the restored key store as signed last: the newest head that is known; and whether no collector may go on
    /// from it. The word does not reach back behind the copy: where the ledger had no new name then, it has none now.
    pub fn on(&self, copied: SignedRow) -> (SignedRow, bool) {
        let seen = self.seen.clone().map(|row| row.before_restore().unwrap_or(row));
        let (copied, marked) = match copied.before_restore() {
            Some(before) => (before, true),
            None => (copied, !self.same),
        };
        let last = match seen {
            Some(seen) if seen.origin == copied.origin => {
                if seen.size > copied.size {
                    seen
                } else {
                    copied
                }
            }
            Some(seen) if seen.signed_at > copied.signed_at => seen,
            _ => copied,
        };
        (if marked { last.restored() } else { last }, marked)
    }
}

/// The head that was signed last here by the same ring, before the key store is moved aside; none where it cannot be read.
pub(super) async fn last_signed_here(settings: &Settings, vault: &Vault) -> Option<SignedRow> {
    let Database::Sqlite { file } = &settings.database.keys else { return None };
    if !file.is_file() {
        return None;
    }
    let row = sqlite::last_signed(file).await.ok().flatten()?;
    let row = row.before_restore().unwrap_or(row);
    let verifier = verifier_of(vault, &row.origin)?;
    Note::parse(&row.note).ok()?.verify(&[verifier]).is_ok().then_some(row)
}

/// Looks at what was restored, and begins a new name unless `same`.
pub(super) async fn after_restore(
    settings: &Settings,
    (ring, random): (KeyRing, &Random),
    (same, marked): (bool, bool),
    made_at: &str,
    now: Timestamp,
) -> Result<LedgerAfter, KeepError> {
    if Standing::of(&settings.database).await?.needs_upgrade() {
        // Only `serve` and `upgrade` migrate.
        return Ok(if marked { LedgerAfter::AfterUpgrade } else { LedgerAfter::Absent });
    }
    let store = Store::open_current(&settings.database).await?;
    let after = async {
        let standing = standing::look(&store).await?;
        let Some(origin) = standing.origins.last() else { return Ok(LedgerAfter::Absent) };
        if same {
            return Ok(match standing.trouble {
                Some(error) => LedgerAfter::DoesNotFit(error.to_string()),
                None => LedgerAfter::GoesOn { origin: origin.origin.clone(), size: standing.head.size },
            });
        }
        let vault = Vault::new(ring, random.clone());
        let reason = format!("the backup of {made_at} was restored");
        let begun = mend::begin(&store, &vault, None, &reason, now).await?;
        Ok::<_, LedgerError>(LedgerAfter::Begun(Box::new(begun)))
    }
    .await;
    store.close().await;
    Ok(after?)
}
