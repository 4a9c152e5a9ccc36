//! Time-stamps (RFC 3161): what an authority is asked, and whether its answer is one to that. No database.
//!
//! Looked at are the status, that the stamp is over the digest that was sent, and that it carries the nonce that was sent,
//! so that it is an answer to this question and no older one. **The authority's signature is not checked here**: that
//! takes its certificates and is what `openssl ts -verify` does, which `unticked ledger timestamps` prepares.

use jiff::Timestamp;
use unticked_shared::signature::sha256;

use crate::store::values::rfc3339;

/// The media type of a question.
pub const QUERY: &str = "application/timestamp-query";
/// The media type of an answer.
pub const REPLY: &str = "application/timestamp-reply";

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0]`, explicit.
const EXPLICIT: u8 = 0xa0;

/// SHA-256, 2.16.840.1.101.3.4.2.1.
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// Signed data (RFC 5652), 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// What a stamp says, 1.2.840.113549.1.9.16.1.4.
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// Why an answer is no stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// It answered something else.
    #[error("it answered {0}, and not a time-stamp")]
    Http(u16),
    /// It is no answer of RFC 3161.
    #[error("its answer is no time-stamp of RFC 3161")]
    Malformed,
    /// It says no; the number is its status.
    #[error("it gave no time-stamp (status {0})")]
    Refused(u64),
    /// The stamp is over something else.
    #[error("its time-stamp is over something else than was sent")]
    Imprint,
    /// It answers another question.
    #[error("its time-stamp does not carry the nonce that was sent: it answers another question")]
    Nonce,
}

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    digest: [u8; 32],
    nonce: [u8; 8],
}

impl Request {
    /// For the time of some bytes.
    pub fn new(bytes: &[u8], nonce: [u8; 8]) -> Self {
        Self { digest: sha256(&[bytes]), nonce }
    }

    /// DER: `TimeStampReq`, version 1, that asks for the certificates, too.
    pub fn to_der(self) -> Vec<u8> {
        let algorithm = der(SEQUENCE, &[&der(OID, SHA256)[..], &[0x05, 0x00]].concat());
        let imprint = der(SEQUENCE, &[algorithm, der(OCTETS, &self.digest)].concat());
        let version = der(INTEGER, &[1]);
        der(SEQUENCE, &[version, imprint, der(INTEGER, &integer(&self.nonce)), vec![0x01, 0x01, 0xff]].concat())
    }

    /// Whether an answer is a stamp to this question; what it says the time was, RFC 3339.
    pub fn check(&self, status: u16, kind: &str, body: &[u8]) -> Result<String, StampError> {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if status != 200 || !kind.eq_ignore_ascii_case(REPLY) {
            return Err(StampError::Http(status));
        }
        self.read(body)
    }

    fn read(&self, response: &[u8]) -> Result<String, StampError> {
        let mut response = Der(Der(response).take(SEQUENCE)?);
        let status = number(Der(response.take(SEQUENCE)?).take(INTEGER)?).ok_or(StampError::Malformed)?;
        // 0 granted, 1 granted with changes.
        if status > 1 {
            return Err(StampError::Refused(status));
        }
        let mut token = Der(response.take(SEQUENCE)?);
        expect(token.take(OID)? == SIGNED_DATA)?;
        let mut signed = Der(Der(token.take(EXPLICIT)?).take(SEQUENCE)?);
        signed.take(INTEGER)?;
        // The algorithms of the digests.
        signed.take(0x31)?;
        let mut content = Der(signed.take(SEQUENCE)?);
        expect(content.take(OID)? == TST_INFO)?;
        let info = Der(content.take(EXPLICIT)?).take(OCTETS)?;
        self.read_info(Der(Der(info).take(SEQUENCE)?))
    }

    fn read_info(&self, mut info: Der<'_>) -> Result<String, StampError> {
        expect(number(info.take(INTEGER)?) == Some(1))?;
        info.take(OID)?;
        let mut imprint = Der(info.take(SEQUENCE)?);
        let algorithm = Der(imprint.take(SEQUENCE)?).take(OID)?;
        if algorithm != SHA256 || imprint.take(OCTETS)? != self.digest {
            return Err(StampError::Imprint);
        }
        info.take(INTEGER)?;
        let time = generalized(info.take(TIME)?).ok_or(StampError::Malformed)?;
        // Accuracy and ordering may stand before the nonce, the authority's name behind it.
        while !info.0.is_empty() {
            let (tag, value) = info.next()?;
            if tag == INTEGER {
                return if value == integer(&self.nonce) { Ok(time) } else { Err(StampError::Nonce) };
            }
        }
        Err(StampError::Nonce)
    }
}

fn expect(holds: bool) -> Result<(), StampError> {
    if holds { Ok(()) } else { Err(StampError::Malformed) }
}

/// One element of DER.
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        Ok(byte) => out.extend([0x81, byte]),
        Err(_) => {
            let [.., high, low] = length.to_be_bytes();
            out.extend([0x82, high, low]);
        }
    }
    out.extend_from_slice(value);
    out
}

/// The shortest form of a number that is not negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let mut out = bytes[start..].to_vec();
    if out.first().is_none_or(|byte| *byte >= 0x80) {
        out.insert(0, 0);
    }
    out
}

fn number(bytes: &[u8]) -> Option<u64> {
    let negative = bytes.first().is_none_or(|byte| *byte >= 0x80);
    if negative || bytes.len() > 8 {
        return None;
    }
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// `YYYYMMDDhhmmss[.f…]Z`, as DER has it.
fn generalized(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) || (fraction.is_empty() && text.contains('.')) {
        return None;
    }
    let part = |from: usize, to: usize| &whole[from..to];
    let time =
        format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14));
    time.parse::<Timestamp>().ok().map(rfc3339)
}

/// A reader of DER elements, one after another; lengths up to 65,535.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn next(&mut self) -> Result<(u8, &'a [u8]), StampError> {
        let (head, mut rest) = self.0.split_first_chunk::<2>().ok_or(StampError::Malformed)?;
        let [tag, first] = *head;
        let length = match first {
            0..=0x7f => usize::from(first),
            0x81 | 0x82 => {
                let count = usize::from(first - 0x80);
                let (bytes, behind) = rest.split_at_checked(count).ok_or(StampError::Malformed)?;
                rest = behind;
                bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
            }
            _ => return Err(StampError::Malformed),
        };
        let (value, behind) = rest.split_at_checked(length).ok_or(StampError::Malformed)?;
        self.0 = behind;
        Ok((tag, value))
    }

    fn take(&mut self, tag: u8) -> Result<&'a [u8], StampError> {
        let (found, value) = self.next()?;
        if found == tag { Ok(value) } else { Err(StampError::Malformed) }
    }
}
