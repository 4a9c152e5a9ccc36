//! The ledger after a restore: what came after the copy may have been seen by others.
//!
//! One name must not have two histories. So a restored ledger goes on under a new name, with the last head that is known to
//! have been signed; unless the owner says that nothing was signed after the copy (the collector was stopped before it was
//! made, and has never run since) and the restored key store agrees.

use jiff::Timestamp;

use super::{KeepError, sqlite};
use crate::{
    config::{Database, Settings},
    ledger::{
        LedgerError,
        mend::{self, Begun},
        sql::{self as ledger_sql, SignedRow},
        standing,
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

/// The head that was signed last here, before the key store is moved aside; none where it cannot be read.
pub(super) async fn last_signed_here(settings: &Settings) -> Option<SignedRow> {
    match &settings.database.keys {
        Database::Sqlite { file } if file.is_file() => sqlite::last_signed(file).await.ok().flatten(),
        _ => None,
    }
}

/// Looks at what was restored, and begins a new name unless `same`.
pub(super) async fn after_restore(
    settings: &Settings,
    (ring, random): (KeyRing, &Random),
    (same, seen): (bool, Option<SignedRow>),
    made_at: &str,
    now: Timestamp,
) -> Result<LedgerAfter, KeepError> {
    if Standing::of(&settings.database).await?.needs_upgrade() {
        // Only `serve` and `upgrade` migrate; whoever goes back to an older version has no ledger.
        return Ok(LedgerAfter::Absent);
    }
    let store = Store::open_current(&settings.database).await?;
    let after = async {
        let standing = standing::look(&store).await?;
        let Some(origin) = standing.origins.last() else { return Ok(LedgerAfter::Absent) };
        if same {
            // What another key store here has signed counts, too.
            let ahead =
                seen.as_ref().filter(|seen| ledger_sql::number(seen.size).is_ok_and(|size| size > standing.head.size));
            return Ok(match (standing.trouble, ahead) {
                (Some(error), _) => LedgerAfter::DoesNotFit(error.to_string()),
                (None, Some(seen)) => LedgerAfter::DoesNotFit(
                    LedgerError::Behind {
                        found: standing.head.size,
                        signed: ledger_sql::number(seen.size).unwrap_or_default(),
                    }
                    .to_string(),
                ),
                (None, None) => LedgerAfter::GoesOn { origin: origin.origin.clone(), size: standing.head.size },
            });
        }
        let vault = Vault::new(ring, random.clone());
        let reason = format!("the backup of {made_at} was restored");
        let begun = mend::begin(&store, &vault, None, &reason, seen, now).await?;
        Ok::<_, LedgerError>(LedgerAfter::Begun(Box::new(begun)))
    }
    .await;
    store.close().await;
    Ok(after?)
}
