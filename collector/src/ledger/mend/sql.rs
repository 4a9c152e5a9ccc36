//! The statements of mending.

use crate::store::{Connection, StoreError, Transaction, execute, fetch_optional};
use unticked_shared::merkle::Frontier;

use crate::ledger::sql::count;

/// Removes the tiles of a level from `index` on, which no tree of this size has.
pub async fn remove_tiles(tx: &mut Transaction, level: u8, index: u64) -> Result<u64, StoreError> {
    let (level, index) = (i64::from(level), count(index)?);
    execute!(
        tx,
        "delete from ledger_tile
         where level = $1
           and tile_index >= $2",
        level,
        index,
    )
    .await
}

/// Removes the tiles above a level, which no tree has.
pub async fn remove_levels(tx: &mut Transaction, above: u8) -> Result<u64, StoreError> {
    execute!(tx, "delete from ledger_tile where level > $1", i64::from(above)).await
}

/// The first leaf that is missing: how many there are without a gap.
pub async fn first_gap(connection: &mut Connection) -> Result<i64, StoreError> {
    let gap: Option<(i64,)> = fetch_optional!(
        connection,
        (i64,),
        "select case
             when not exists (select 1 from ledger_leaf where leaf_index = 0) then 0
             else (select min(one.leaf_index) + 1
                   from ledger_leaf as one
                   left join ledger_leaf as next on next.leaf_index = one.leaf_index + 1
                   where next.leaf_index is null)
         end",
    )
    .await?;
    Ok(gap.map_or(0, |(gap,)| gap))
}

/// Removes the leaves from `first` on; answers how many. Their records have no place then, until they are put into the
/// ledger again.
pub async fn remove_leaves(tx: &mut Transaction, first: i64) -> Result<u64, StoreError> {
    execute!(tx, "update evidence set leaf_index = null where leaf_index >= $1", first).await?;
    execute!(tx, "delete from ledger_leaf where leaf_index >= $1", first).await
}

/// Puts another right edge in the place of the one that does not follow from the leaves.
pub async fn set_head(tx: &mut Transaction, edge: &Frontier) -> Result<u64, StoreError> {
    let (size, bytes) = (count(edge.size())?, edge.to_bytes());
    execute!(tx, "update ledger_head set size = $1, edge = $2 where one = 1", size, bytes.as_slice()).await
}
