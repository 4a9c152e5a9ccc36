//! Texts signed with Ed25519 (C2SP signed-note).

use ed25519_dalek::{Signature, Signer as _};

use crate::{base64, signature::sha256};

/// Ed25519 over the text itself.
const ED25519: u8 = 1;
/// Signature lines that are read; the specification asks for 16 at least.
const MOST_SIGNATURES: usize = 64;

/// A key that notes are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    public: ed25519_dalek::VerifyingKey,
}

/// A key that signs notes. `Debug` hides it.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: ed25519_dalek::SigningKey,
}

/// A note whose signatures nobody has checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// Why a note says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not laid out as a note.
    #[error("this is no signed note")]
    Malformed,
    /// None of the keys at hand signed it.
    #[error("no key that is known here signed the note")]
    UnknownKey,
    /// A known key is named, and the signature is not its.
    #[error("the signature on the note does not hold")]
    BadSignature,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Empty, or with a space or a plus sign in it.
    #[error("the name of a key is not empty and holds neither spaces nor plus signs")]
    Name,
    /// Not `name+id+base64`, not Ed25519, or an id that is not the key's.
    #[error("this is no verifier key: name, eight hexadecimal digits and base64, with plus signs between")]
    Text,
}

fn check_name(name: &str) -> Result<&str, KeyError> {
    let well = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
    if well { Ok(name) } else { Err(KeyError::Name) }
}

fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[ED25519], public]);
    [a, b, c, d]
}

impl VerifierKey {
    /// Reads `name+id+base64(0x01 ‖ public key)`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        // Base64 may hold plus signs, a name may not.
        let (name, rest) = text.split_once('+').ok_or(KeyError::Text)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Text)?;
        let bytes = base64::decode(key).ok_or(KeyError::Text)?;
        let public = bytes.strip_prefix(&[ED25519]).and_then(|key| <&[u8; 32]>::try_from(key).ok());
        let public = ed25519_dalek::VerifyingKey::from_bytes(public.ok_or(KeyError::Text)?);
        let key = Self::new(name, public.map_err(|_| KeyError::Text)?)?;
        if crate::signature::hex(&key.id) == id { Ok(key) } else { Err(KeyError::Text) }
    }

    fn new(name: &str, public: ed25519_dalek::VerifyingKey) -> Result<Self, KeyError> {
        Ok(Self { name: check_name(name)?.to_owned(), id: key_id(name, public.as_bytes()), public })
    }

    /// The key's name: the origin of the log that it signs for.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [&[ED25519][..], self.public.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, crate::signature::hex(&self.id), base64::encode(&key))
    }
}

impl Signer {
    /// From a secret seed (RFC 8032, section 5.1.5).
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Ok(Self { name: check_name(name)?.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    /// The key's name: the origin of the log that it signs for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that others check with.
    pub fn verifier(&self) -> VerifierKey {
        let public = self.key.verifying_key();
        VerifierKey { name: self.name.clone(), id: key_id(&self.name, public.as_bytes()), public }
    }

    /// Signs a text, which ends with a newline and holds no other control characters; answers the whole note.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        if !is_text(text) || !text.ends_with('\n') {
            return Err(NoteError::Malformed);
        }
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let bytes = [&self.verifier().id[..], &signature].concat();
        Ok(format!("{text}\n\u{2014} {} {}\n", self.name, base64::encode(&bytes)))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c < ' ' && c != '\n')
}

impl Note {
    /// Reads a note; its text is hidden until [`Note::verify`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let blank = note.rfind("\n\n").filter(|_| is_text(note)).ok_or(NoteError::Malformed)?;
        let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
        let lines = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?.split('\n');
        let signatures =
            lines.map(|line| SignatureLine::parse(line).ok_or(NoteError::Malformed)).take(MOST_SIGNATURES + 1);
        let signatures: Vec<_> = signatures.collect::<Result<_, _>>()?;
        if signatures.len() > MOST_SIGNATURES {
            return Err(NoteError::Malformed);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, once a known key has signed it. Signatures of unknown keys are ignored; one that names a known key and
    /// does not hold spoils the note.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<&str, NoteError> {
        let mut signed = false;
        for line in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name == line.name && key.id == line.id) else { continue };
            let signature = Signature::from_slice(&line.signature).map_err(|_| NoteError::BadSignature)?;
            key.public.verify_strict(self.text.as_bytes(), &signature).map_err(|_| NoteError::BadSignature)?;
            signed = true;
        }
        if signed { Ok(&self.text) } else { Err(NoteError::UnknownKey) }
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = base64::decode(signature)?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        (!signature.is_empty()).then_some(())?;
        Some(Self { name: check_name(name).ok()?.to_owned(), id: *id, signature: signature.to_vec() })
    }
}
