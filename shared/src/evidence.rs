//! An evidence record: who decided what, when, how, seeing which version.
//!
//! Two parts with an opening each. Part A identifies nobody and stays provable when the person is
//! forgotten; part B holds what points to the person, and its opening is destroyed then. Fields follow
//! ISO/IEC TS 27560 through the W3C DPV 2.3 guide.

use serde::{Deserialize, Serialize};

use crate::{
    canonical::{self, CanonicalError},
    decision::{Decision, LegalBasis},
    id::{FormId, Language, PurposeId},
    signature::{hex, sha256},
};

/// The `schema` of the records this build writes.
pub const SCHEMA: &str = "unticked evidence v1";

/// How the decision reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The widget, with a signed body.
    Widget,
    /// A native post of the form; the ticket alone, the body unsigned.
    Page,
    /// A link in a mail.
    MailLink,
    /// The staff's console.
    Console,
    /// The signed interface.
    Api,
    /// Said to a member of staff.
    Oral,
    /// Brought from another system.
    Import,
}

/// What was decided for one purpose, and on which words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurposeDecision {
    /// The purpose.
    pub id: PurposeId,
    /// SHA-256 of the statement that was shown, hexadecimal.
    pub statement: String,
    /// The legal basis that was named.
    pub legal_basis: LegalBasis,
    /// The decision; absent where the basis asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// The part that identifies nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartA {
    /// [`SCHEMA`].
    pub schema: String,
    /// The form.
    pub form: FormId,
    /// The version that was shown, hexadecimal SHA-256 of its bundle.
    pub version: String,
    /// The language it was shown in.
    pub language: Language,
    /// Every purpose of the form, in its order.
    pub purposes: Vec<PurposeDecision>,
    /// How.
    pub method: Method,
    /// The day (UTC) it was received, `YYYY-MM-DD`.
    pub day: String,
}

/// The part that points to a person. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartB {
    /// The record's id (UUID).
    pub record_id: String,
    /// The subject's pseudonym (UUID).
    pub subject: String,
    /// Hexadecimal SHA-256 of 32 random bytes and the canonical submission.
    pub values_digest: String,
    /// Likewise of the normalised address alone, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_digest: Option<String>,
    /// The site.
    pub origin: String,
    /// The page, without query and fragment.
    pub page: String,
    /// RFC 3339, UTC, to the second.
    pub ticket_issued_at: String,
    /// RFC 3339: the submission's own timestamp; the time of receipt where the body was not signed.
    pub submitted_at: String,
    /// RFC 3339.
    pub received_at: String,
    /// The Global Privacy Control signal, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpc: Option<bool>,
    /// The widget build; `page` for a native post.
    pub build: String,
    /// The client's truncated address, only where the owner configured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

impl std::fmt::Debug for PartB {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartB").field("record_id", &self.record_id).finish_non_exhaustive()
    }
}

/// 32 random bytes that blind a hash until they are shown.
pub type Opening = [u8; 32];

/// SHA-256(opening ‖ part), the part as canonical JSON.
pub fn part_hash<T: Serialize>(opening: &Opening, part: &T) -> Result<[u8; 32], CanonicalError> {
    Ok(sha256(&[opening, &canonical::to_vec(part)?]))
}

/// The commitment that a ledger leaf carries: SHA-256("unticked evidence v1\0" ‖ hash A ‖ hash B).
pub fn commitment(hash_a: &[u8; 32], hash_b: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"unticked evidence v1\0", hash_a, hash_b])
}

/// The digest of a statement as it was shown, hexadecimal.
pub fn statement_digest(statement: &str) -> String {
    hex(&sha256(&[statement.as_bytes()]))
}

/// A digest that only the holder of the salt can repeat: SHA-256(salt ‖ bytes), hexadecimal.
pub fn salted_digest(salt: &Opening, bytes: &[u8]) -> String {
    hex(&sha256(&[salt, bytes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commitment_is_bound_to_both_parts_and_to_their_order() {
        let (a, b) = ([1; 32], [2; 32]);
        assert_ne!(commitment(&a, &b), commitment(&b, &a));
        let part = serde_json::json!({"b": 1, "a": 2});
        assert_eq!(part_hash(&a, &part).unwrap(), sha256(&[&a, br#"{"a":2,"b":1}"#]));
    }
}
