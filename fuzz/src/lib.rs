//! What each fuzz target holds against bytes from anywhere: no panic, one text for one value, nothing believed that
//! nobody signed, and, where somebody else has written the same, the same verdict.

mod bundle;
mod ledger;
mod receipt;
mod submission;
mod ticket;

pub use bundle::bundle;
pub use ledger::{checkpoint, log_proof, note, proof, tile};
pub use receipt::{good_receipt, receipt};
pub use submission::{canonical, submission};
pub use ticket::{signature, ticket};

/// The bytes as text; what is none is not what these readers are given.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
