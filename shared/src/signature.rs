//! One HMAC scheme for both directions: submissions from the browser, events to the CRM.
//!
//! The content layout is that of the Standard Webhooks specification: `v1,` + base64(HMAC-SHA256(key,
//! `{id}.{timestamp}.{body}`)), the timestamp in Unix seconds, the body the exact bytes sent.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::base64;

/// Header names of a submission: id, timestamp, signature.
pub const SUBMISSION_HEADERS: [&str; 3] = ["unticked-id", "unticked-timestamp", "unticked-signature"];
/// Header names of an event, as the Standard Webhooks specification gives them.
pub const EVENT_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// A key for HMAC-SHA256. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Why a secret cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It does not start with `whsec_`.
    #[error("an event secret starts with `whsec_`")]
    Prefix,
    /// What follows is not base64 of 24 to 64 bytes (the specification's bounds).
    #[error("an event secret is `whsec_` and base64 of 24 to 64 bytes")]
    Body,
}

/// Why a signature was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no signature in the header matches")]
pub struct SignatureMismatch;

impl SigningKey {
    /// Any bytes make a key; 32 random ones a good key.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Reads `whsec_…`, the form in which event secrets are kept and shown.
    pub fn from_secret(text: &str) -> Result<Self, SecretError> {
        let body = text.trim().strip_prefix("whsec_").ok_or(SecretError::Prefix)?;
        let bytes = base64::decode(body).ok_or(SecretError::Body)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError::Body) }
    }

    /// Reads the `key` of a ticket's answer (base64 of 32 bytes).
    pub fn from_base64(text: &str) -> Result<Self, SecretError> {
        let bytes = base64::decode(text).ok_or(SecretError::Body)?;
        if bytes.len() == 32 { Ok(Self(bytes)) } else { Err(SecretError::Body) }
    }

    /// The key as base64, for the ticket's answer.
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }

    /// The submission key of a ticket: HKDF-SHA256(ticket key, salt = ticket id, info = "unticked submission v1").
    #[must_use]
    pub fn for_submission(&self, ticket_id: &str) -> Self {
        let mut bytes = [0u8; 32];
        Hkdf::<Sha256>::new(Some(ticket_id.as_bytes()), &self.0)
            .expand(b"unticked submission v1", &mut bytes)
            .expect("32 bytes are within what HKDF-SHA256 can give");
        Self(bytes.to_vec())
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(timestamp.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        mac
    }

    /// HMAC-SHA256 over plain bytes (ticket claims, blind indexes).
    pub fn tag(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// Checks a tag in constant time.
    pub fn tag_matches(&self, bytes: &[u8], tag: &[u8]) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(bytes);
        mac.verify_slice(tag).is_ok()
    }

    /// Checks the first bytes of a tag, at least 16, in constant time.
    pub fn tag_begins(&self, bytes: &[u8], start: &[u8]) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(bytes);
        start.len() >= 16 && mac.verify_truncated_left(start).is_ok()
    }

    /// Signs `{id}.{timestamp}.{body}`; `id` must hold no dot, `timestamp` is in Unix seconds.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        debug_assert!(!id.contains('.'), "an id with a dot would make the content ambiguous");
        format!("v1,{}", base64::encode(&self.mac(id, timestamp, body).finalize().into_bytes()))
    }

    /// Accepts when any of the space-separated `v1,…` signatures in `header` matches, in constant time each.
    pub fn verify(&self, id: &str, timestamp: i64, body: &[u8], header: &str) -> Result<(), SignatureMismatch> {
        if id.contains('.') {
            return Err(SignatureMismatch);
        }
        let matches = header
            .split(' ')
            .filter_map(|one| one.strip_prefix("v1,"))
            .filter_map(base64::decode)
            .any(|bytes| self.mac(id, timestamp, body).verify_slice(&bytes).is_ok());
        if matches { Ok(()) } else { Err(SignatureMismatch) }
    }
}

/// SHA-256 as 32 bytes.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

/// Reads lower-case hexadecimal of exactly 32 bytes.
pub fn unhex32(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let value = |d: u8| match d {
        b'0'..=b'9' => Some(d - b'0'),
        b'a'..=b'f' => Some(d - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::new([7u8; 32])
    }

    #[test]
    fn the_published_crate_accepts_what_we_sign() {
        let secret = format!("whsec_{}", STANDARD.encode([7u8; 32]));
        let referee = standardwebhooks::Webhook::new(&secret).unwrap();
        let body = br#"{"a":"\u00e9"}"#;
        let ours = SigningKey::from_secret(&secret).unwrap().sign("msg_1", 1_700_000_000, body);
        assert_eq!(ours, referee.sign("msg_1", 1_700_000_000, body).unwrap());
    }

    #[test]
    fn one_good_signature_among_several_is_enough_while_a_secret_is_rotated() {
        let old = SigningKey::new([1u8; 32]).sign("m", 5, b"x");
        let new = key().sign("m", 5, b"x");
        assert!(key().verify("m", 5, b"x", &format!("{old} v2,zzz {new}")).is_ok());
        assert!(key().verify("m", 5, b"x", &old).is_err());
        assert!(key().verify("m", 5, b"x", "").is_err());
    }

    #[test]
    fn an_id_with_a_dot_is_refused_since_the_content_would_be_ambiguous() {
        let content = key().sign("a", 1, b"2.x");
        assert!(key().verify("a.1", 2, b"x", &content).is_err());
    }

    #[test]
    fn keys_do_not_show_in_debug() {
        assert!(!format!("{:?}", key()).contains('7'));
    }

    proptest! {
        #[test]
        fn a_changed_byte_breaks_the_signature(body in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), flip in 1u8..) {
            let signature = key().sign("id", 42, &body);
            prop_assert!(key().verify("id", 42, &body, &signature).is_ok());
            let mut changed = body.clone();
            changed[at.index(body.len())] ^= flip;
            prop_assert!(key().verify("id", 42, &changed, &signature).is_err());
            prop_assert!(key().verify("id", 43, &body, &signature).is_err());
            prop_assert!(key().verify("ie", 42, &body, &signature).is_err());
        }

        #[test]
        fn hexadecimal_reads_back(bytes in any::<[u8; 32]>()) {
            prop_assert_eq!(unhex32(&hex(&bytes)), Some(bytes));
        }
    }
}
