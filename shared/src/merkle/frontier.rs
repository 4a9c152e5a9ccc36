//! The right edge of a tree: all that a writer needs in order to append.

use super::{Hash, empty_root, node_hash};

/// The roots of the complete subtrees that a tree consists of, the largest first: as many as its size has bits set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// Bytes that are no frontier of a tree of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has an edge of {expected} hashes, not of {bytes} bytes")]
pub struct FrontierError {
    size: u64,
    expected: u32,
    bytes: usize,
}

impl Frontier {
    /// From stored bytes: the peaks, one after the other.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, FrontierError> {
        let (peaks, rest) = bytes.as_chunks::<32>();
        if rest.is_empty() && peaks.len() == size.count_ones() as usize {
            Ok(Self { size, peaks: peaks.to_vec() })
        } else {
            Err(FrontierError { size, expected: size.count_ones(), bytes: bytes.len() })
        }
    }

    /// The peaks, one after the other: at most 2,048 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The root of the complete subtree of `1 << level` leaves among those that the tree consists of, if there is one.
    pub fn peak(&self, level: u8) -> Option<Hash> {
        if self.size.checked_shr(level.into())? & 1 == 0 {
            return None;
        }
        let larger = self.size.checked_shr(u32::from(level) + 1).unwrap_or(0).count_ones();
        self.peaks.get(larger as usize).copied()
    }

    /// Appends a leaf by its hash; answers its index. `completed` hears each node that becomes complete by it, the
    /// leaf's own included: its level (leaves are 0), its index within the level, its hash. These never change again.
    pub fn append(&mut self, leaf: Hash, mut completed: impl FnMut(u8, u64, &Hash)) -> u64 {
        let index = self.size;
        let (mut node, mut level) = (leaf, 0);
        completed(level, index, &node);
        while index >> level & 1 == 1 {
            let left = self.peaks.pop().expect("a bit of the size stands for a peak");
            node = node_hash(&left, &node);
            level += 1;
            completed(level, index >> level, &node);
        }
        self.peaks.push(node);
        self.size += 1;
        index
    }
}
