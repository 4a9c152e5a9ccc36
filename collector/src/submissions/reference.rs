//! What a person can read out on the telephone.

use crate::world::Random;

/// Crockford's base32: no I, L, O or U, which are misread or make words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 40 random bits, such as `K7QD-93XF`.
pub fn random_reference(random: &Random) -> String {
    let bytes: [u8; 5] = random.bytes();
    let number = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let letters = (0..8).rev().map(|at| usize::try_from(number >> (at * 5) & 31).unwrap_or_default());
    let mut reference: String = letters.map(|letter| char::from(ALPHABET[letter])).collect();
    reference.insert(4, '-');
    reference
}

/// The reference that somebody meant who typed it as they heard it: any case, with or without the dash, letters for the
/// figures that they look like.
pub fn as_typed(text: &str) -> String {
    let mut letters: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    if letters.len() > 4 {
        letters.insert(4, '-');
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_understood_as_it_was_heard() {
        for typed in ["K7QD-93XF", "k7qd 93xf", " k7qd93xf\n", "K7QD–93XF"] {
            assert_eq!(as_typed(typed), "K7QD-93XF", "{typed}");
        }
        assert_eq!(as_typed("oil1-2345"), "0111-2345");
        assert_eq!(as_typed(""), "");
    }

    #[test]
    fn a_reference_can_be_read_out_and_holds_all_forty_bits() {
        let of = |bytes: [u8; 5]| random_reference(&Random::custom(move |to| to.copy_from_slice(&bytes)));
        assert_eq!(of([0; 5]), "0000-0000");
        assert_eq!(of([0xff; 5]), "ZZZZ-ZZZZ");
        assert_eq!(of([0x08, 0x86, 0x42, 0x98, 0xe8]), "1234-5678");
        assert_ne!(of([0x80, 0, 0, 0, 0]), of([0, 0, 0, 0, 0]));
    }
}
