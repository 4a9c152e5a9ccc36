//! Adding leaves, inside the transaction that makes true what they commit to.

use std::convert::Infallible;

use unticked_shared::{
    evidence,
    merkle::{
        Frontier, Hash, leaf_hash,
        proof::{self, Nodes},
        tile::{HEIGHT, WIDTH},
    },
};

use super::{
    Head,
    sql::{self, TileRow},
};
use crate::store::{StoreError, Transaction};

/// Leaves that were added in one go, with what proves each of them.
#[derive(Debug, Clone)]
pub struct Appended {
    before: Frontier,
    after: Frontier,
    /// By level, from the leaves up: every complete node that lies wholly or partly among the new leaves.
    levels: Vec<Level>,
}

#[derive(Debug, Clone)]
struct Level {
    /// The index of the first one within the level.
    first: u64,
    hashes: Vec<Hash>,
}

impl Appended {
    /// The index of the first of them.
    pub fn first(&self) -> u64 {
        self.before.size()
    }

    /// The head before.
    pub fn before(&self) -> Head {
        Head { size: self.before.size(), root: self.before.root() }
    }

    /// The head with them.
    pub fn head(&self) -> Head {
        Head { size: self.after.size(), root: self.after.root() }
    }

    /// The proof that the leaf `index`, one of these, is in the tree of [`Appended::head`]: hashes from its sibling up.
    pub fn inclusion(&self, index: u64) -> Option<Vec<Hash>> {
        if index < self.first() {
            return None;
        }
        let Ok(proof) = proof::inclusion(&mut Known(self), index, self.after.size());
        proof
    }
}

/// All nodes that such a proof needs are peaks of the tree before, or new.
struct Known<'a>(&'a Appended);

impl Nodes for Known<'_> {
    type Error = Infallible;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let Known(appended) = self;
        let new = appended.levels.get(usize::from(level)).filter(|new| index >= new.first);
        let new = new.and_then(|new| new.hashes.get(usize::try_from(index - new.first).ok()?));
        Ok(match new {
            Some(hash) => *hash,
            // Left of the new leaves: a subtree that the tree before ended with.
            None => appended.before.peak(level).unwrap_or_default(),
        })
    }
}

/// Adds a leaf for each commitment; answers where they are, and what proves them.
///
/// Commit it in the same transaction as the records it describes: a leaf without its record is a public statement that
/// nobody can back. Call it as late in the transaction as possible: from here until the commit nobody else appends.
pub async fn append(tx: &mut Transaction, commitments: &[Hash]) -> Result<Appended, StoreError> {
    let before = sql::lock_head(tx).await?;
    let appended = grow(before, commitments);
    let first = appended.first();
    sql::insert_leaves(tx, first, commitments).await?;
    keep_tiles(tx, &appended).await?;
    sql::move_head(tx, first, &appended.after).await?;
    Ok(appended)
}

/// The tree with these leaves.
fn grow(before: Frontier, commitments: &[Hash]) -> Appended {
    let mut after = before.clone();
    let mut levels: Vec<Level> = Vec::new();
    for commitment in commitments {
        after.append(leaf_hash(&evidence::leaf(commitment)), |level, index, hash| {
            let level = usize::from(level);
            if levels.len() == level {
                levels.push(Level { first: index, hashes: Vec::new() });
            }
            levels[level].hashes.push(*hash);
        });
    }
    Appended { before, after, levels }
}

/// Keeps the tiles that became full, and the hashes of higher levels that became known.
async fn keep_tiles(tx: &mut Transaction, appended: &Appended) -> Result<(), StoreError> {
    let (from, to) = (appended.before.size() / WIDTH, appended.after.size() / WIDTH);
    for index in from..to {
        let commitments = sql::leaves(tx, index * WIDTH, WIDTH).await?;
        let hashes: Vec<u8> =
            commitments.iter().flat_map(|commitment| leaf_hash(&evidence::leaf(commitment))).collect();
        sql::put_tile(tx, &TileRow::new(0, index, hashes)).await?;
    }
    for (level, new) in appended.levels.iter().enumerate().skip(1) {
        if level % usize::from(HEIGHT) != 0 {
            continue;
        }
        let level = u8::try_from(level).unwrap_or(u8::MAX) / HEIGHT;
        let mut at = new.first;
        let mut rest = new.hashes.as_slice();
        while !rest.is_empty() {
            let (tile, inside) = (at / WIDTH, at % WIDTH);
            let room = usize::try_from(WIDTH - inside).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(room);
            let mut hashes = sql::tile(tx, level, tile).await?.unwrap_or_default();
            // What lies behind, if anything does, was derived from a tree that did not come to be.
            hashes.truncate(usize::try_from(inside * 32).unwrap_or(usize::MAX));
            hashes.extend_from_slice(now.as_flattened());
            sql::put_tile(tx, &TileRow::new(level, tile, hashes)).await?;
            at += room as u64;
            rest = later;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use unticked_shared::merkle::node_hash;

    use super::*;

    fn commitment(number: u64) -> Hash {
        leaf_hash(&number.to_be_bytes())
    }

    /// As RFC 6962 defines it.
    fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [one] => *one,
            many => {
                let (left, right) = many.split_at(1 << (many.len() - 1).ilog2());
                node_hash(&root(left), &root(right))
            }
        }
    }

    #[test]
    fn every_new_leaf_is_proved_without_a_look_at_the_old_ones() {
        let mut edge = Frontier::default();
        let mut size = 0;
        for batch in [1, 1, 2, 3, 1, 250, 256, 7, 255, 1, 300, 64] {
            let commitments: Vec<Hash> = (size..size + batch).map(commitment).collect();
            let appended = grow(edge, &commitments);
            for (index, commitment) in (size..).zip(&commitments) {
                let leaf = leaf_hash(&evidence::leaf(commitment));
                let hashes = appended.inclusion(index).unwrap();
                let head = appended.head();
                assert_eq!(proof::verify_inclusion(&leaf, index, head.size, &hashes, &head.root), Ok(()), "{index}");
            }
            size += batch;
            assert_eq!(appended.inclusion(size), None);
            assert_eq!(appended.first().checked_sub(1).and_then(|old| appended.inclusion(old)), None);
            edge = appended.after;
        }
        // The same tree, node by node.
        let leaves: Vec<Hash> = (0..size).map(|n| leaf_hash(&evidence::leaf(&commitment(n)))).collect();
        assert_eq!(edge.root(), root(&leaves));
    }
}
