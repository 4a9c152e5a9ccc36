//! Tiles from leaves.

use unticked_shared::{
    evidence,
    merkle::{
        Frontier, Hash, leaf_hash,
        tile::{HEIGHT, WIDTH},
    },
};

use super::sql;
use crate::{
    ledger::{
        LedgerError,
        sql::{self as ledger_sql, TileRow},
    },
    store::{Connection, Store, StoreError, Transaction},
};

/// Leaves that are read at once: a whole tile of level 1.
const PAGE: u64 = WIDTH * WIDTH;
/// Levels of tiles that a tree can have.
const LEVELS: u8 = 64 / HEIGHT;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// Leaves that were read.
    pub leaves: u64,
    /// Tiles that were written.
    pub tiles: u64,
}

/// Tiles as they become full while leaves are added.
#[derive(Default)]
pub(super) struct Tiles {
    edge: Frontier,
    /// By level: the hashes of the tile that is not full yet.
    open: Vec<Vec<Hash>>,
    full: Vec<TileRow>,
}

impl Tiles {
    pub(super) fn edge(&self) -> &Frontier {
        &self.edge
    }

    fn add(&mut self, commitments: &[Hash]) {
        let Self { edge, open, full } = self;
        for commitment in commitments {
            edge.append(leaf_hash(&evidence::leaf(commitment)), |level, index, hash| {
                if level % HEIGHT != 0 {
                    return;
                }
                let level = level / HEIGHT;
                if open.len() <= usize::from(level) {
                    open.resize_with(usize::from(level) + 1, Vec::new);
                }
                let tile = &mut open[usize::from(level)];
                tile.push(*hash);
                if tile.len() as u64 == WIDTH {
                    full.push(TileRow::new(level, index / WIDTH, tile.as_flattened().to_vec()));
                    tile.clear();
                }
            });
        }
    }

    /// Adds the leaves up to `size`, in pages.
    pub(super) async fn read(
        &mut self,
        connection: &mut Connection,
        size: u64,
        mut page: impl FnMut(&mut Self),
    ) -> Result<(), StoreError> {
        while self.edge.size() < size {
            let first = self.edge.size();
            let commitments = ledger_sql::leaves(connection, first, PAGE.min(size - first)).await?;
            if commitments.is_empty() {
                return Err(StoreError::Defect(format!("leaf {first} of the ledger is missing")));
            }
            self.add(&commitments);
            page(self);
        }
        Ok(())
    }

    /// Keeps what became full; answers how many tiles.
    pub(super) async fn keep_full(&mut self, tx: &mut Transaction) -> Result<u64, StoreError> {
        for tile in &self.full {
            ledger_sql::put_tile(tx, tile).await?;
        }
        let kept = self.full.len() as u64;
        self.full.clear();
        Ok(kept)
    }

    /// Keeps those of higher levels that are not full, and removes what no tree of this size has. The head must be locked.
    pub(super) async fn keep_rest(&mut self, tx: &mut Transaction) -> Result<u64, StoreError> {
        let mut kept = self.keep_full(tx).await?;
        for level in 0..LEVELS {
            let hashes = self.edge.size().checked_shr(u32::from(level) * u32::from(HEIGHT)).unwrap_or(0);
            // Of level 0 full ones only are kept.
            let open = self.open.get(usize::from(level)).filter(|open| level > 0 && !open.is_empty());
            if let Some(open) = open {
                ledger_sql::put_tile(tx, &TileRow::new(level, hashes / WIDTH, open.as_flattened().to_vec())).await?;
                kept += 1;
            }
            sql::remove_tiles(tx, level, hashes / WIDTH + u64::from(open.is_some())).await?;
        }
        sql::remove_levels(tx, LEVELS - 1).await?;
        Ok(kept)
    }
}

/// Makes all tiles anew from the leaves, beside a collector at work; `progress` hears how many leaves of how many were
/// read. Nothing is changed where the leaves do not lead to the head, or to the one that was signed last.
pub async fn rebuild(store: &Store, mut progress: impl FnMut(u64, u64)) -> Result<Rebuilt, LedgerError> {
    let signed = ledger_sql::signed(&mut store.keys().read().await?).await?;
    let head = ledger_sql::head(&mut store.read().await?).await?;
    let (size, total) = (head.size(), head.size() * 2);
    // First whether they are the right ones: twice the work, and no harm in it.
    let mut seen = Tiles::default();
    let mut connection = store.read().await?;
    if let Some(signed) = &signed {
        let then = ledger_sql::number(signed.size)?;
        if then > size {
            return Err(LedgerError::Behind { found: size, signed: then });
        }
        seen.read(&mut connection, then, |seen| forget_full(seen, total, &mut progress)).await?;
        if seen.edge.root().as_slice() != signed.root {
            return Err(LedgerError::Inconsistent { signed: then });
        }
    }
    seen.read(&mut connection, size, |seen| forget_full(seen, total, &mut progress)).await?;
    if seen.edge != head {
        return Err(LedgerError::Torn);
    }
    let (mut tiles, mut written) = (Tiles::default(), 0);
    while tiles.edge.size() + PAGE <= size {
        let until = tiles.edge.size() + PAGE;
        tiles.read(&mut connection, until, |_| ()).await?;
        let mut tx = store.begin().await?;
        written += tiles.keep_full(&mut tx).await?;
        tx.commit().await?;
        progress(size + tiles.edge.size(), total);
    }
    drop(connection);
    // The right edge under the lock: who appends meanwhile writes there, too.
    let mut tx = store.begin().await?;
    let now = ledger_sql::lock_head(&mut tx).await?;
    tiles.read(&mut tx, now.size(), |_| ()).await?;
    if tiles.edge != now {
        return Err(LedgerError::Torn);
    }
    written += tiles.keep_rest(&mut tx).await?;
    tx.commit().await?;
    progress(total, total);
    Ok(Rebuilt { leaves: now.size(), tiles: written })
}

fn forget_full(seen: &mut Tiles, total: u64, progress: &mut impl FnMut(u64, u64)) {
    seen.full.clear();
    progress(seen.edge.size(), total);
}
