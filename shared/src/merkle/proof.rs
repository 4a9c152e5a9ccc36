//! Proofs: made from complete nodes (RFC 6962, section 2.1), checked without any (RFC 9162, sections 2.1.3.2, 2.1.4.2).

use super::{Hash, empty_root, node_hash, split};

/// Where complete nodes are read from: a store, tiles, a map.
pub trait Nodes {
    /// Why a node cannot be read.
    type Error;

    /// The hash of the complete node `index` of `level`: the root of the leaves from `index << level` on, `1 << level`
    /// of them.
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf would lie outside the tree.
    #[error("leaf {index} lies outside a tree of {size}")]
    Outside {
        /// The leaf.
        index: u64,
        /// The tree.
        size: u64,
    },
    /// A tree does not shrink.
    #[error("a tree of {new} leaves cannot follow one of {old}")]
    Shrunk {
        /// The earlier size.
        old: u64,
        /// The later size.
        new: u64,
    },
    /// Too many or too few hashes.
    #[error("the proof has {0} hashes, which does not fit its place in the tree")]
    Length(usize),
    /// The hashes lead elsewhere.
    #[error("the proof does not lead to the root")]
    Root,
}

/// The root of the leaves from `begin` to before `end`; `begin` is a multiple of the range's greatest subtree.
fn subtree<N: Nodes + ?Sized>(nodes: &mut N, begin: u64, end: u64) -> Result<Hash, N::Error> {
    let count = end - begin;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return nodes.node(u8::try_from(level).unwrap_or(u8::MAX), begin >> level);
    }
    let middle = begin + split(count);
    let left = subtree(nodes, begin, middle)?;
    Ok(node_hash(&left, &subtree(nodes, middle, end)?))
}

/// The root of a tree.
pub fn root<N: Nodes + ?Sized>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(empty_root()) } else { subtree(nodes, 0, size) }
}

/// The proof that leaf `index` is in the tree of `size`: from the leaf's sibling up; none where there is no such leaf.
pub fn inclusion<N: Nodes + ?Sized>(nodes: &mut N, index: u64, size: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if index >= size {
        return Ok(None);
    }
    let (mut begin, mut end, mut proof) = (0, size, Vec::new());
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            proof.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree(nodes, begin, middle)?);
            begin = middle;
        }
    }
    proof.reverse();
    Ok(Some(proof))
}

/// The proof that the tree of `new` only added to that of `old`; none where `old` is greater.
pub fn consistency<N: Nodes + ?Sized>(nodes: &mut N, old: u64, new: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if old > new {
        return Ok(None);
    }
    if old == 0 {
        return Ok(Some(Vec::new()));
    }
    let (mut begin, mut end, mut proof) = (0, new, Vec::new());
    // Left of here the verifier knows the old root itself.
    let mut known = true;
    while old != end {
        let middle = begin + split(end - begin);
        if old <= middle {
            proof.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree(nodes, begin, middle)?);
            begin = middle;
            known = false;
        }
    }
    if !known {
        proof.push(subtree(nodes, begin, end)?);
    }
    proof.reverse();
    Ok(Some(proof))
}

/// The root that the proof leads to for leaf `index` with this hash.
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::Outside { index, size });
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length(proof.len()));
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            skip_missing(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(hash) } else { Err(ProofError::Length(proof.len())) }
}

/// Checks that the leaf with this hash is leaf `index` of the tree with that size and root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if root_from_inclusion(leaf, index, size, proof)? == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of `new` leaves only added to that of `old`.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let length = ProofError::Length(proof.len());
    let agree = |same: bool| if same { Ok(()) } else { Err(ProofError::Root) };
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == new {
        return if proof.is_empty() { agree(old_root == new_root) } else { Err(length) };
    }
    if old == 0 {
        return if proof.is_empty() { agree(*old_root == empty_root()) } else { Err(length) };
    }
    let mut hashes = proof.iter();
    let start = if old.is_power_of_two() { old_root } else { hashes.next().ok_or(length)? };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*start, *start);
    for hash in hashes {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(hash, &from_old);
            from_new = node_hash(hash, &from_new);
            skip_missing(&mut node, &mut last);
        } else {
            from_new = node_hash(&from_new, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    agree(from_old == *old_root && from_new == *new_root)
}

/// A node at the right edge has no sibling on some levels; it stands there unchanged.
fn skip_missing(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}
