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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_can_be_read_out_and_holds_all_forty_bits() {
        let of = |bytes: [u8; 5]| random_reference(&Random::custom(move |to| to.copy_from_slice(&bytes)));
        assert_eq!(of([0; 5]), "0000-0000");
        assert_eq!(of([0xff; 5]), "ZZZZ-ZZZZ");
        assert_eq!(of([0x08, 0x86, 0x42, 0x98, 0xe8]), "1234-5678");
        assert_ne!(of([0x80, 0, 0, 0, 0]), of([0, 0, 0, 0, 0]));
    }
}
