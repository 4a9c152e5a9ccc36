//! Writing a receipt: canonical JSON, put together from parts that are canonical already.

use std::collections::BTreeMap;

use super::SCHEMA;
use crate::{
    canonical::{self, CanonicalError},
    evidence::Opening,
    signature::{hex, sha256},
};

/// What a receipt is made of.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// In words: that it is personal, and what it reveals.
    pub about: &'a str,
    /// Part A as canonical JSON.
    pub part_a: &'a str,
    /// Part B as canonical JSON.
    pub part_b: &'a str,
    /// Blinds the hash of part A.
    pub opening_a: &'a Opening,
    /// Blinds the hash of part B.
    pub opening_b: &'a Opening,
    /// Blinds `contact_digest`, where there is one. What blinds `values_digest` is not given out: nobody needs it, and
    /// with it what was typed could be guessed.
    pub contact: Option<&'a Opening>,
    /// The statements of part A's purposes, by purpose.
    pub texts: &'a BTreeMap<&'a str, &'a str>,
    /// A C2SP tlog-proof of the record's leaf.
    pub proof: &'a str,
}

impl Draft<'_> {
    /// The file: one line of canonical JSON.
    pub fn write(&self) -> Result<String, CanonicalError> {
        let head = format!("{{\"about\":{},", canonical::to_string(self.about)?);
        let contact = self.contact.map(|salt| format!(",\"contact\":\"{}\"", hex(salt))).unwrap_or_default();
        let tail = format!(
            "\"openings\":{{\"a\":\"{}\",\"b\":\"{}\"{contact}}},\"proof\":{},\"record\":{{\"a\":{},\"b\":{}}},\
             \"schema\":\"{SCHEMA}\",\"texts\":{}}}",
            hex(self.opening_a),
            hex(self.opening_b),
            canonical::to_string(self.proof)?,
            self.part_a,
            self.part_b,
            canonical::to_string(self.texts)?,
        );
        let checksum = hex(&sha256(&[head.as_bytes(), tail.as_bytes()]));
        Ok(format!("{head}\"checksum\":\"{checksum}\",{tail}\n"))
    }
}
