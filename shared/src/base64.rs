//! Base64 (RFC 4648 section 4, padded), small: the general crate costs the browser two kilobytes over the wire for
//! alphabets and shapes that no message here has. It is the referee in the tests.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes bytes as padded base64.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Reads padded base64. Refuses white space, missing padding and bits that a writer would have left zero: one value
/// has one text.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take(2).take_while(|digit| **digit == b'=').count();
    let body = &digits[..digits.len() - padding];
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for digit in body {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 255) as u8);
            bits &= (1 << held) - 1;
        }
    }
    (bits == 0).then_some(bytes)
}

/// Writes bytes in the alphabet for addresses, without padding (RFC 4648 section 5).
pub fn encode_url(bytes: &[u8]) -> String {
    encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// Reads what [`encode_url`] writes, and nothing else.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    if text.contains(['+', '/', '=']) {
        return None;
    }
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    decode(&(text.replace('-', "+").replace('_', "/") + &padding))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::{
        Engine,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_general_crate_writes_the_same(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(encode(&bytes), STANDARD.encode(&bytes));
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn the_general_crate_reads_and_refuses_the_same(text in "[A-Da-d+/=! ]{0,12}") {
            prop_assert_eq!(decode(&text), STANDARD.decode(&text).ok(), "{}", text);
        }

        #[test]
        fn so_it_does_in_the_alphabet_for_addresses(
            bytes in prop::collection::vec(any::<u8>(), 0..80), text in "[A-Da-d+/=_-]{0,12}",
        ) {
            prop_assert_eq!(encode_url(&bytes), URL_SAFE_NO_PAD.encode(&bytes));
            prop_assert_eq!(decode_url(&encode_url(&bytes)), Some(bytes));
            prop_assert_eq!(decode_url(&text), URL_SAFE_NO_PAD.decode(&text).ok(), "{}", text);
        }
    }
}
