//! XChaCha20-Poly1305 with random nonces, bound to the place where the ciphertext lies.

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::world::Random;

/// Bytes that a seal adds: version, nonce, tag.
const OVERHEAD: usize = 1 + NONCE + TAG;
const NONCE: usize = 24;
const TAG: usize = 16;
/// The first byte of what this build seals.
const VERSION: u8 = 1;

/// 32 secret bytes. `Debug` hides them, and they are overwritten when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The place of a ciphertext. What was sealed for one place does not open in another.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The table.
    pub table: &'a str,
    /// The row's key; several parts are put together by the caller, unambiguously.
    pub row: &'a [u8],
    /// The column.
    pub column: &'a str,
}

/// The bytes were altered, moved to another place, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: altered, moved, or another key's")]
pub struct NotOpened;

impl Cell<'_> {
    /// Each part with its length before it, so that no two places give the same bytes.
    fn associated_data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(12 + self.table.len() + self.row.len() + self.column.len());
        for part in [self.table.as_bytes(), self.row, self.column.as_bytes()] {
            let length = u32::try_from(part.len()).expect("names and row keys are short");
            data.extend_from_slice(&length.to_be_bytes());
            data.extend_from_slice(part);
        }
        data
    }
}

impl Key {
    /// A fresh one.
    pub fn random(random: &Random) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    /// From stored bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret itself.
    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals `plain` for `cell`: version ‖ nonce ‖ ciphertext ‖ tag.
    pub fn seal(&self, cell: &Cell<'_>, plain: &[u8], random: &Random) -> Vec<u8> {
        let nonce: [u8; NONCE] = random.bytes();
        let mut sealed = Vec::with_capacity(OVERHEAD + plain.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&XNonce::from(nonce), &cell.associated_data(), (&mut sealed[1 + NONCE..]).into())
            .expect("what a form sends is far below the cipher's limit of 256 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what was sealed for `cell`.
    pub fn open(&self, cell: &Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        if sealed.len() < OVERHEAD || sealed[0] != VERSION {
            return Err(NotOpened);
        }
        let nonce: [u8; NONCE] = sealed[1..=NONCE].try_into().map_err(|_| NotOpened)?;
        let (body, tag) = sealed[1 + NONCE..].split_at(sealed.len() - OVERHEAD);
        let tag: [u8; TAG] = tag.try_into().map_err(|_| NotOpened)?;
        let mut plain = Zeroizing::new(body.to_vec());
        self.cipher()
            .decrypt_inout_detached(
                &XNonce::from(nonce),
                &cell.associated_data(),
                plain.as_mut_slice().into(),
                &Tag::from(tag),
            )
            .map_err(|_| NotOpened)?;
        Ok(plain)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.expose().into())
    }
}
