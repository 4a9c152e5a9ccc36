//! A ticket as it travels: base64url(canonical JSON of [`Claims`]) `.` base64url(HMAC-SHA256(ticket key, those bytes)),
//! both without padding. Whoever takes one checks the tag before reading the claims; both stand here, and the keys
//! stay with the collector.

use serde::{Deserialize, Serialize};

use crate::{
    base64,
    id::{FormId, Language},
};

/// A ticket of ours stays far below; what is longer is not even decoded.
pub const LONGEST: usize = 2048;

/// What a ticket states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// A UUID version 7, its 16 bytes as base64url; names the submission that follows. No dot in it.
    // Sorted by time, so that the index of submissions grows at its end and stays fast.
    pub id: String,
    /// The name of the key that signed it.
    pub key: String,
    /// The form.
    pub form: FormId,
    /// The version that was shown.
    pub version: String,
    /// The language it was shown in.
    pub language: Language,
    /// The origin of the page that shows it, such as `https://shop.example`.
    pub origin: String,
    /// Unix seconds.
    pub issued_at: i64,
    /// Unix seconds; from this second on it has expired.
    pub expires_at: i64,
}

impl Claims {
    /// The bytes of the ticket's id; none where it is none of ours.
    pub fn id_bytes(&self) -> Option<[u8; 16]> {
        base64::decode_url(&self.id)?.try_into().ok()
    }
}

/// A ticket that nobody has vouched for yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The exact bytes that the tag is of.
    pub claims: Vec<u8>,
    /// The tag.
    pub tag: Vec<u8>,
}

impl Sealed {
    /// Reads a text; none where it is too long, or not written as [`Sealed::text`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (claims, tag) = text.split_once('.').filter(|_| text.len() <= LONGEST)?;
        Some(Self { claims: base64::decode_url(claims)?, tag: base64::decode_url(tag)? })
    }

    /// The text.
    pub fn text(&self) -> String {
        format!("{}.{}", base64::encode_url(&self.claims), base64::encode_url(&self.tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_has_one_text() {
        let sealed = Sealed { claims: b"{}?>".to_vec(), tag: vec![0xff; 32] };
        let text = sealed.text();
        assert!(!text.contains(['+', '/', '=']), "{text}");
        assert_eq!(Sealed::parse(&text), Some(sealed));
        let second_dot = format!("{text}.");
        for wrong in ["", "e30", "e30=.", "e30.AA=", "e31.", "e30.+w", &second_dot] {
            assert_eq!(Sealed::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Sealed::parse(&format!("{}.", "A".repeat(LONGEST))), None);
    }
}
