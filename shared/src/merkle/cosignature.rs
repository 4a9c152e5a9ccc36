//! What a witness adds to a checkpoint: that it saw this head, and that it continues all it saw before (C2SP
//! tlog-cosignature, `cosignature/v1`, Ed25519).

use ed25519_dalek::{Signature, Signer as _};

use super::note::KeyError;
use crate::{
    base64,
    signature::{hex, sha256},
};

/// Timestamped Ed25519 cosignatures.
const COSIGNATURE: u8 = 4;

/// The key of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    id: [u8; 4],
    public: ed25519_dalek::VerifyingKey,
}

/// A witness's secret; only its own tests and ours hold one. `Debug` hides it.
#[derive(Clone)]
pub struct Cosigner {
    name: String,
    key: ed25519_dalek::SigningKey,
}

/// A cosignature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The line, without its end, as it is put under the checkpoint.
    pub line: String,
    /// When the witness says that it signed, in seconds since 1970.
    pub time: u64,
}

/// Why an answer of a witness says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// The checkpoint is no note.
    #[error("this is no checkpoint")]
    Checkpoint,
    /// Lines, but none of this key.
    #[error("none of its lines is of the key that is known here")]
    UnknownKey,
    /// A line of this key that does not hold for this checkpoint.
    #[error("its cosignature does not hold for this checkpoint")]
    Bad,
}

fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[COSIGNATURE], public]);
    [a, b, c, d]
}

/// What is signed: two lines, and the checkpoint without its signatures.
fn message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// A note without its signatures.
fn text_of(note: &str) -> Option<&str> {
    note.rfind("\n\n").map(|blank| &note[..=blank])
}

impl WitnessKey {
    /// Reads `name+id+base64(0x04 ‖ public key)`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, rest) = text.split_once('+').ok_or(KeyError::Text)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Text)?;
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(KeyError::Name);
        }
        let bytes = base64::decode(key).ok_or(KeyError::Text)?;
        let public = bytes.strip_prefix(&[COSIGNATURE]).and_then(|key| <&[u8; 32]>::try_from(key).ok());
        let public = ed25519_dalek::VerifyingKey::from_bytes(public.ok_or(KeyError::Text)?);
        let public = public.map_err(|_| KeyError::Text)?;
        let key = Self { name: name.to_owned(), id: key_id(name, public.as_bytes()), public };
        if hex(&key.id) == id { Ok(key) } else { Err(KeyError::Text) }
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first cosignature of this key among `lines`, each as it stands under a note, checked against the checkpoint.
    /// Lines of other keys are ignored; one of this key that does not hold spoils the answer.
    pub fn verify(&self, checkpoint: &str, lines: &str) -> Result<Cosigned, CosignatureError> {
        let text = text_of(checkpoint).ok_or(CosignatureError::Checkpoint)?;
        for line in lines.lines() {
            let Some((name, signature)) = line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')) else {
                continue;
            };
            let Some(bytes) = base64::decode(signature).filter(|_| name == self.name) else { continue };
            let Some((id, rest)) = bytes.split_first_chunk::<4>() else { continue };
            if *id != self.id {
                continue;
            }
            let (time, signature) = rest.split_first_chunk::<8>().ok_or(CosignatureError::Bad)?;
            let time = u64::from_be_bytes(*time);
            let signature = Signature::from_slice(signature).map_err(|_| CosignatureError::Bad)?;
            self.public.verify_strict(&message(time, text), &signature).map_err(|_| CosignatureError::Bad)?;
            return Ok(Cosigned { line: line.to_owned(), time });
        }
        Err(CosignatureError::UnknownKey)
    }
}

impl std::fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [&[COSIGNATURE][..], self.public.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id), base64::encode(&key))
    }
}

impl Cosigner {
    /// From a secret seed.
    pub fn new(name: &str, seed: &[u8; 32]) -> Self {
        Self { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(seed) }
    }

    /// The key that others check with.
    pub fn key(&self) -> WitnessKey {
        let public = self.key.verifying_key();
        WitnessKey { name: self.name.clone(), id: key_id(&self.name, public.as_bytes()), public }
    }

    /// Cosigns a checkpoint; answers the line.
    pub fn sign(&self, checkpoint: &str, time: u64) -> Result<String, CosignatureError> {
        let text = text_of(checkpoint).ok_or(CosignatureError::Checkpoint)?;
        let signature = self.key.sign(&message(time, text)).to_bytes();
        let bytes = [&self.key().id[..], &time.to_be_bytes(), &signature].concat();
        Ok(format!("\u{2014} {} {}", self.name, base64::encode(&bytes)))
    }
}

impl std::fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cosigner").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::note::{Note, Signer};

    fn checkpoint() -> String {
        let signer = Signer::new("forms.example/ledger", &[1; 32]).unwrap();
        signer.sign("forms.example/ledger\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap()
    }

    #[test]
    fn a_cosignature_holds_for_its_checkpoint_and_its_time_alone() {
        let witness = Cosigner::new("witness.example", &[2; 32]);
        let (note, key) = (checkpoint(), witness.key());
        let line = witness.sign(&note, 1_795_392_000).unwrap();
        assert_eq!(
            key.verify(&note, &format!("{line}\n")).unwrap(),
            Cosigned { line: line.clone(), time: 1_795_392_000 }
        );
        let other = note.replace("\n7\n", "\n8\n");
        assert_eq!(key.verify(&other, &line), Err(CosignatureError::Bad));
        let (name, signature) = line.rsplit_once(' ').unwrap();
        let mut bytes = base64::decode(signature).unwrap();
        bytes[11] ^= 1;
        let later = format!("{name} {}", base64::encode(&bytes));
        assert_eq!(key.verify(&note, &later), Err(CosignatureError::Bad), "another time");
        assert_eq!(key.verify(&note, ""), Err(CosignatureError::UnknownKey));
        let stranger = Cosigner::new("witness.example", &[3; 32]).sign(&note, 1).unwrap();
        assert_eq!(key.verify(&note, &stranger), Err(CosignatureError::UnknownKey));
        assert!(key.verify(&note, &format!("{stranger}\nnonsense\n{line}")).is_ok(), "strangers are passed over");
        for cut in 0..line.len() {
            if let Some(part) = line.get(..cut) {
                assert!(key.verify(&note, part).is_err());
            }
        }
    }

    #[test]
    fn a_note_with_cosignatures_is_still_the_logs_note() {
        let witness = Cosigner::new("witness.example", &[2; 32]);
        let log = Signer::new("forms.example/ledger", &[1; 32]).unwrap();
        let note = checkpoint();
        let both = format!("{note}{}\n", witness.sign(&note, 5).unwrap());
        assert!(Note::parse(&both).unwrap().verify(&[log.verifier()]).is_ok());
        assert!(witness.key().verify(&both, &both).is_ok());
    }

    #[test]
    fn the_key_is_written_and_read_as_the_specification_has_it() {
        let key = Cosigner::new("witness.example/w1", &[2; 32]).key();
        assert_eq!(WitnessKey::parse(&key.to_string()).unwrap(), key);
        let log = Signer::new("witness.example/w1", &[2; 32]).unwrap().verifier();
        assert_eq!(WitnessKey::parse(&log.to_string()), Err(KeyError::Text), "a log's key is no witness's");
        for bad in ["", "a", "a+b", "a+00000000+", "+00000000+BAAA"] {
            assert!(WitnessKey::parse(bad).is_err(), "{bad}");
        }
    }
}
