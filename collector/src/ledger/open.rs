//! The start: is this the ledger whose head was signed last?

use unticked_shared::merkle::note::Signer;

use super::{
    Head,
    sign::{self, Ledger, Signed},
    sql::{self, Origin},
    standing::{self, Course},
};
use crate::{
    store::{Store, StoreError, values::millis},
    vault::Vault,
    world::Clock,
};

/// Why the ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The databases.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The main database lacks what was signed.
    #[error(
        "the ledger has {found} entries, and a head with {signed} was signed: the main database is older than its key \
         store. Put the newer one back. If it is lost for good, `unticked ledger new-origin --reason \"…\"` goes \
         on with what is left under a new name, and says so to everybody who looks"
    )]
    Behind {
        /// Entries that are there.
        found: u64,
        /// Entries that were signed.
        signed: u64,
    },
    /// The main database holds other entries than those that were signed.
    #[error(
        "the first {signed} entries of the ledger are not those that were signed: the main database is another one, or \
         was altered. `unticked verify` names what does not hold. Put the right one back; if it is lost for good, \
         `unticked ledger new-origin --reason \"…\"` goes on with what is left under a new name"
    )]
    Inconsistent {
        /// Entries that were signed.
        signed: u64,
    },
    /// The key store was signing for another log.
    #[error(
        "the key store belongs to the ledger `{signed}`, and the main database to `{found}`: they do not belong \
         together. Put the right one back; if it is lost for good, `unticked ledger new-origin --reason \"…\"` goes on with \
         what is left under a new name"
    )]
    Foreign {
        /// The name in the main database.
        found: String,
        /// The name in the key store.
        signed: String,
    },
    /// The key store has never signed what the main database has.
    #[error(
        "the ledger has {found} entries, and its key store knows of no signed head: it is older than the main database, \
         or another one. Put the right one back; if it is lost for good, `unticked ledger new-origin --reason \"…\"` goes on \
         with what is there under a new name"
    )]
    Unsigned {
        /// Entries that are there.
        found: u64,
    },
    /// The databases are of a backup, and others may have seen what came after it.
    #[error(
        "the databases came back from a backup, and the ledger has no new name yet: others may have seen what came after the \
         copy. `unticked ledger new-origin --reason \"…\"` begins one, and says so to everybody who looks; or restore again, \
         with `--same-ledger` where the collector was stopped before the copy was made and has never run since"
    )]
    Restored,
    /// Head, leaves and tiles do not fit together.
    #[error(
        "the head of the ledger does not follow from its tiles: `unticked verify` names what does not hold, and \
         `unticked ledger rebuild` makes the tiles anew from the leaves"
    )]
    Torn,
    /// There is none.
    #[error("there is no ledger yet; `unticked serve` begins it at its first start")]
    Absent,
    /// Names hold the time.
    #[error("the ledger has been named `{0}` this very second; wait for the next one")]
    JustBegun(String),
    /// The public address cannot name a log.
    #[error("`{0}` cannot be the name of a ledger: it holds a space or a plus sign")]
    Name(String),
}

impl Ledger {
    /// Opens the ledger; makes it where there is none. Refuses one that is not what was signed last.
    ///
    /// Whatever was committed and not signed, because somebody was stopped in between, is signed now. `public_url` names a
    /// new ledger; one that exists keeps its name.
    pub async fn open(store: &Store, vault: &Vault, public_url: &str, clock: &Clock) -> Result<Self, LedgerError> {
        let now = millis(clock.now());
        let origin = origin(store, public_url, now).await?;
        let seed = vault.ring().ledger_seed(&origin.origin);
        let signer = Signer::new(&origin.origin, &seed).map_err(|_| LedgerError::Name(origin.origin.clone()))?;
        let kept = sql::signed(&mut store.keys().read().await?).await?;
        // After the key store: what is signed meanwhile by another collector is in here, too.
        let mut connection = store.read().await?;
        let edge = sql::head(&mut connection).await?;
        let head = Head { size: edge.size(), root: edge.root() };
        let course = standing::course(&mut connection, &origin, &head, kept.as_ref()).await?;
        let last = match kept {
            Some(kept) if course == Course::GoesOn => Some(Signed { head: kept.head()?, note: kept.note }),
            _ => None,
        };
        drop(connection);
        let fresh = last.is_none();
        let last = match last {
            Some(last) => last,
            None => Signed { head, note: sign::sign(&signer, &head)? },
        };
        if fresh {
            let row = sign::row(&origin.origin, &last, now)?;
            let mut tx = store.keys().begin().await?;
            if course == Course::Begins {
                sql::replace_signed(&mut tx, &row).await?;
            } else {
                sql::keep_signed(&mut tx, &row).await?;
            }
            tx.commit().await?;
        }
        let ledger = Self::new(store.clone(), signer, clock.clone(), last);
        ledger.catch_up().await?;
        Ok(ledger)
    }
}

/// The log's name now; the first one is made from the public address.
async fn origin(store: &Store, public_url: &str, now: i64) -> Result<Origin, LedgerError> {
    if let Some(last) = sql::origins(&mut store.read().await?).await?.pop() {
        return Ok(last);
    }
    let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
    let first = Origin {
        number: 1,
        origin: format!("{}/ledger", host.trim_end_matches('/')),
        began_at_size: 0,
        began_at: now,
        reason: None,
        previous: None,
    };
    let mut tx = store.begin().await?;
    sql::insert_origin(&mut tx, &first).await?;
    tx.commit().await?;
    // Another collector may have been faster.
    Ok(sql::origins(&mut store.read().await?).await?.pop().unwrap_or(first))
}
