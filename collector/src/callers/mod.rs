//! Destinations that call us: a CRM that says whom it heard of, a mailer that asks what it may track.
//!
//! Whoever calls signs the body as the Standard Webhooks specification lays it out, with the secret under which events to it
//! are signed ([`verify`]); while one secret replaces another, either one holds. A stranger learns nothing, not even which
//! destinations there are ([`http::caller`]). What a destination may then say or ask is for the room that it calls.

pub(crate) mod http;

use jiff::{SignedDuration, Timestamp};
use unticked_shared::signature::SigningKey;

/// How far a message's timestamp may lie from now, as the Standard Webhooks libraries have it.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// The longest id of a message, in bytes.
const LONGEST_ID: usize = 256;

/// The headers of a signed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`, as it came.
    pub timestamp: &'a str,
    /// `webhook-signature`
    pub signature: &'a str,
}

/// Why a message is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// A header that no library would write.
    #[error("the headers are not those of a signed message")]
    Headers,
    /// The clocks differ, or somebody kept it.
    #[error("`webhook-timestamp` is more than five minutes from this collector's clock")]
    Stale,
    /// No signature is made with a secret of the destination, or there is no such destination.
    #[error("no signature is made with the secret of this destination")]
    Mismatch,
}

/// Checks a message against each secret of its sender (several while one replaces another), and answers when it was
/// signed. Without a key nothing matches.
pub fn verify(signed: &Signed<'_>, body: &[u8], keys: &[SigningKey], now: Timestamp) -> Result<Timestamp, Unsigned> {
    let digits = !signed.timestamp.is_empty() && signed.timestamp.bytes().all(|b| b.is_ascii_digit());
    if !digits || signed.id.is_empty() || signed.id.len() > LONGEST_ID {
        return Err(Unsigned::Headers);
    }
    let seconds: i64 = signed.timestamp.parse().map_err(|_| Unsigned::Headers)?;
    let at = Timestamp::from_second(seconds).map_err(|_| Unsigned::Headers)?;
    if at.duration_since(now).abs() > TOLERANCE {
        return Err(Unsigned::Stale);
    }
    // Every key is tried, so that the time says nothing about which one it was.
    let matching = keys.iter().filter(|key| key.verify(signed.id, seconds, body, signed.signature).is_ok()).count();
    if matching > 0 { Ok(at) } else { Err(Unsigned::Mismatch) }
}

#[cfg(test)]
mod tests;
