//! Whether the tree that the main database holds leads to a head.

use unticked_shared::merkle::proof;

use super::{Head, nodes, sql};
use crate::store::{Connection, StoreError};

/// Refuses where it does not: then the main database has gone back, or is another one, under a running collector.
///
/// Ask the key store for the head before the main database is read: whatever was signed was committed before.
pub(super) async fn leads_to(connection: &mut Connection, head: &Head) -> Result<(), StoreError> {
    let found = sql::head(connection).await?.size();
    if found < head.size {
        return Err(gone_back(found, head.size));
    }
    if nodes::with_nodes(connection, |nodes| proof::root(nodes, head.size)).await? == head.root {
        Ok(())
    } else {
        Err(StoreError::Defect(format!(
            "the first {} entries of the ledger are not those that were signed: the main database has gone back, or is \
             another one, under a running collector; nothing more is kept. Stop every collector and say `unticked verify`",
            head.size
        )))
    }
}

pub(super) fn gone_back(found: u64, signed: u64) -> StoreError {
    StoreError::Defect(format!(
        "the ledger has {found} entries where {signed} were signed: the main database has gone back under a running \
         collector; nothing more is kept. Stop every collector and say `unticked verify`"
    ))
}
