//! What a witness is sent (C2SP tlog-witness, `add-checkpoint`). No database.

use unticked_shared::{base64, merkle::Hash};

/// The media type of a request; the specification names none.
pub const KIND: &str = "text/plain; charset=utf-8";

/// The old size, the proof that the checkpoint continues it, and the checkpoint.
pub fn body(old: u64, proof: &[Hash], checkpoint: &str) -> Vec<u8> {
    let mut body = format!("old {old}\n");
    for hash in proof {
        body.push_str(&base64::encode(hash));
        body.push('\n');
    }
    body.push('\n');
    body.push_str(checkpoint);
    body.into_bytes()
}
