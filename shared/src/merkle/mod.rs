//! The ledger's tree: RFC 6962 hashing, proofs, tiles, checkpoints.
//!
//! Whoever holds a signed [checkpoint](Checkpoint) can be shown that a leaf is in the tree ([inclusion](proof::inclusion))
//! and that a later tree only added to it ([consistency](proof::consistency)), without trusting who shows it. Writers
//! keep the right edge of the tree ([`Frontier`]) and the nodes that tiles are made of; everything else is computed.
//! Formats are those of C2SP (tlog-tiles, tlog-checkpoint, tlog-proof, signed-note), so that tools we did not write read them.

mod checkpoint;
#[cfg(feature = "ledger")]
pub mod cosignature;
mod frontier;
mod logproof;
#[cfg(feature = "ledger")]
pub mod note;
pub mod proof;
pub mod tile;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use frontier::{Frontier, FrontierError};
pub use logproof::{LogProof, LogProofError};

use crate::signature::sha256;

/// SHA-256, 32 bytes.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ entry) (RFC 6962, section 2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The greatest power of two below `n`, which is at least 2: where RFC 6962 splits a tree.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

#[cfg(test)]
mod tests;
