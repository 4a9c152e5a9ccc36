//! The tree, made anew from its leaves, one after the other; nothing of it is kept but its right edge and the tiles that
//! are not full yet. No database.

use unticked_shared::merkle::{
    Frontier, Hash,
    tile::{HEIGHT, WIDTH},
};

/// A tree that grows.
#[derive(Debug, Default)]
pub struct Tree {
    edge: Frontier,
    /// By level, the tile under way.
    under_way: Vec<UnderWay>,
}

#[derive(Debug, Default)]
struct UnderWay {
    index: u64,
    hashes: Vec<Hash>,
}

/// A tile as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeTile {
    /// Its level.
    pub level: u8,
    /// Its place within the level.
    pub index: u64,
    /// Up to 256.
    pub hashes: Vec<Hash>,
}

impl Tree {
    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Its root.
    pub fn root(&self) -> Hash {
        self.edge.root()
    }

    /// Its right edge.
    pub fn edge(&self) -> &Frontier {
        &self.edge
    }

    /// Adds a leaf by its hash; answers the tiles that are full now, from the leaves up.
    pub fn push(&mut self, leaf: Hash) -> Vec<MadeTile> {
        let Self { edge, under_way } = self;
        let mut full = Vec::new();
        edge.append(leaf, |level, _, hash| {
            if !level.is_multiple_of(HEIGHT) {
                return;
            }
            let level = level / HEIGHT;
            let at = usize::from(level);
            if under_way.len() == at {
                under_way.push(UnderWay::default());
            }
            under_way[at].hashes.push(*hash);
            if under_way[at].hashes.len() as u64 == WIDTH {
                let hashes = std::mem::take(&mut under_way[at].hashes);
                full.push(MadeTile { level, index: under_way[at].index, hashes });
                under_way[at].index += 1;
            }
        });
        full
    }

    /// The tiles that are not full, from the leaves up; none of them is empty.
    pub fn rest(&self) -> impl Iterator<Item = MadeTile> {
        (0u8..).zip(&self.under_way).filter(|(_, tile)| !tile.hashes.is_empty()).map(|(level, tile)| MadeTile {
            level,
            index: tile.index,
            hashes: tile.hashes.clone(),
        })
    }
}

/// The leaves under the peak of an edge: for each, the first and the last.
pub fn peaks(size: u64) -> Vec<(u64, u64)> {
    let mut first = 0;
    let mut peaks = Vec::new();
    for bit in (0..64).rev().filter(|bit| size >> bit & 1 == 1) {
        peaks.push((first, first + (1 << bit) - 1));
        first += 1 << bit;
    }
    peaks
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use unticked_shared::merkle::{leaf_hash, tile};

    use super::*;

    #[test]
    fn the_tiles_are_those_that_the_specification_lists() {
        let mut tree = Tree::default();
        let mut full: BTreeMap<(u8, u64), Vec<Hash>> = BTreeMap::new();
        for number in 0..70_000u64 {
            full.extend(
                tree.push(leaf_hash(&number.to_be_bytes())).into_iter().map(|t| ((t.level, t.index), t.hashes)),
            );
        }
        full.extend(tree.rest().map(|t| ((t.level, t.index), t.hashes)));
        let listed: Vec<_> = tile::tiles(70_000).map(|t| (t.level.unwrap(), t.index, t.width)).collect();
        let made: Vec<_> = full.iter().map(|((level, index), hashes)| (*level, *index, hashes.len() as u64)).collect();
        assert_eq!(made, listed);
        for ((level, index), hashes) in full.iter().filter(|((level, _), _)| *level > 0) {
            for (at, hash) in (index * WIDTH..).zip(hashes) {
                assert_eq!(tile::fold(&full[&(level - 1, at)]), Some(*hash));
            }
        }
    }

    #[test]
    fn the_peaks_cover_the_tree() {
        assert_eq!(peaks(0), []);
        assert_eq!(peaks(11), [(0, 7), (8, 9), (10, 10)]);
        assert_eq!(peaks(256), [(0, 255)]);
    }
}
