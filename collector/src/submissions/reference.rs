//! What a person can read out on the telephone.

use jiff::Timestamp;

use crate::world::Random;

/// Crockford's base32: no I, L, O or U, which are misread or make words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Bits that everything of one day shares; they come round after 1,024 days.
const DAY: u32 = 10;

/// Such as `K7QD-93XF`: two letters of the day and 30 random bits.
///
/// The letters of the day keep the index of references fast: what comes today lies together in it, while wholly random ones
/// would each touch, and write, a page of their own once there are millions.
pub fn random_reference(random: &Random, now: Timestamp) -> String {
    let bytes: [u8; 4] = random.bytes();
    let day = now.as_second().div_euclid(24 * 60 * 60).rem_euclid(1 << DAY);
    let number = u64::try_from(day).unwrap_or_default() << 30 | u64::from(u32::from_be_bytes(bytes) >> 2);
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
    fn a_reference_can_be_read_out_and_holds_the_day_and_thirty_random_bits() {
        let on = |day: i64, bytes: [u8; 4]| {
            let random = Random::custom(move |to| to.copy_from_slice(&bytes));
            random_reference(&random, Timestamp::from_second(day * 86_400 + 3_600).unwrap())
        };
        assert_eq!(on(0, [0; 4]), "0000-0000");
        assert_eq!(on(1_023, [0xff; 4]), "ZZZZ-ZZZZ");
        assert_eq!(on(34 + 1_024, [0x19, 0x0a, 0x63, 0xa0]), "1234-5678");
        assert_ne!(on(1, [0x80, 0, 0, 0]), on(1, [0; 4]));
        assert!(
            on(20_780, [7; 4])[..2] == on(20_780, [9; 4])[..2] && on(20_780, [7; 4])[..2] != on(20_781, [7; 4])[..2]
        );
    }
}
