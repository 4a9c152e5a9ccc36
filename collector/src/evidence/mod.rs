//! Who decided what, when, how, seeing which version: the records, sealed, and what follows from them.
//!
//! A submission makes the first record. Whatever changes a decision later (a withdrawal, the end of a retention period)
//! appends another that names only the purposes it changes; what a record says is never altered, and its part B is destroyed
//! once its deadline is over ([`crate::erasure`]), by a record that names it. What stands now is a fold of
//! them ([`standing()`]), kept nowhere else, so that evidence and practice cannot part. Part A lies open and identifies
//! nobody; part B lies sealed under the subject's evidence key, with the openings of both hashes.

mod seal;
pub mod sql;
mod standing;

use crate::{
    ledger::{Appended, Ledger, LedgerError},
    store::{Store, StoreError, Transaction},
};

pub use seal::{Draft, EvidenceRow, OpenError, Opened, Shown, open, seal, seal_to_show, show};
pub use standing::{Standing, standing, standing_of};

/// [`sql::insert`], and refuses where that does not continue what was signed, by whichever collector: on a main database
/// that has gone back under running ones nothing is committed.
pub async fn keep(tx: &mut Transaction, ledger: &Ledger, rows: &[&EvidenceRow]) -> Result<Appended, StoreError> {
    ledger.newest().await?;
    let appended = sql::insert(tx, rows).await?;
    ledger.continues(tx, &appended).await?;
    Ok(appended)
}

/// Records in one transaction of [`sequence_older`].
const BATCH: i64 = 256;

/// Puts records from before there was a ledger into it; answers how many there were.
pub async fn sequence_older(store: &Store, ledger: &Ledger) -> Result<usize, LedgerError> {
    let mut all = 0;
    loop {
        let mut tx = store.begin().await?;
        let sequenced = sql::sequence_older(&mut tx, BATCH).await?;
        tx.commit().await?;
        all += sequenced;
        if sequenced == 0 {
            break;
        }
    }
    ledger.catch_up().await?;
    Ok(all)
}

#[cfg(test)]
mod tests;
