//! How the collector proves at its public address that it is itself, to whoever holds the same key ring.
//!
//! The doctor asks `/healthz` with a number that nobody has used and a proof that it holds the ring; the answer carries the
//! proof for that number, and what the collector saw of the request. Everybody else gets the plain answer. Nothing of it is
//! secret or lasts: who overhears it learns how somebody else's request looked.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use unticked_shared::signature::{SigningKey, hex};

use crate::{vault::KeyRing, world::Random};

/// The header of the question.
pub const HEADER: &str = "unticked-challenge";

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

/// What the collector saw of a request that came to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Proves that it holds the ring.
    pub proof: String,
    /// Who connected.
    pub peer: IpAddr,
    /// For whom, as far as that was believed.
    pub client: IpAddr,
    /// What does not agree with the settings, each with what to do.
    pub amiss: Vec<String>,
}

impl Challenge {
    /// One that nobody has used.
    pub fn new(random: &Random) -> Self {
        Self(hex(&random.bytes::<16>()))
    }

    /// The header's value.
    pub fn header(&self, ring: &KeyRing) -> String {
        format!("{}.{}", self.0, tag(ring, "asks", &self.0))
    }

    /// The challenge in a header, if whoever wrote it holds the ring.
    pub fn read(header: &str, ring: &KeyRing) -> Option<Self> {
        let (number, proof) = header.split_once('.')?;
        let well_formed = number.len() == 32 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
        (well_formed && equal(&tag(ring, "asks", number), proof)).then(|| Self(number.to_owned()))
    }

    /// What proves that the answerer holds the ring.
    pub fn proof(&self, ring: &KeyRing) -> String {
        tag(ring, "answers", &self.0)
    }

    /// Whether an answer proves it.
    pub fn is_answered_by(&self, proof: &str, ring: &KeyRing) -> bool {
        equal(&self.proof(ring), proof)
    }
}

fn tag(ring: &KeyRing, who: &str, number: &str) -> String {
    let key: SigningKey = ring.index_key("doctor", who);
    hex(&key.tag(number.as_bytes())[..16])
}

/// In a time that tells nothing of where they differ.
fn equal(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
