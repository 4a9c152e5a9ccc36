//! A person's two keys: made, wrapped, found again.

use std::sync::Arc;

use unticked_shared::{contact::EmailAddress, signature::SigningKey};
use uuid::Uuid;

use super::{
    cipher::{Cell, Key, NotOpened},
    ring::KeyRing,
    sql,
};
use crate::{
    store::{Store, StoreError},
    world::Random,
};

/// Why the vault cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value or a wrapped key.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// The key store is not empty and the ring opens nothing in it.
    #[error(
        "the key ring is not the one that this database was filled with: nothing in it could be read any more. \
         Put the old file back{}", if *.made_now { "; the one that was just made can go" } else { "" }
    )]
    WrongRing {
        /// The ring was made at this start.
        made_now: bool,
    },
}

/// The key ring at work. Cloning is cheap; `Debug` hides the keys.
#[derive(Clone)]
pub struct Vault {
    ring: Arc<KeyRing>,
    contact_index: SigningKey,
    random: Random,
}

/// A new person: both keys, open and wrapped. `Debug` hides the keys.
#[derive(Debug)]
pub struct NewSubject {
    /// Opens values, outbox bodies and mails.
    pub identity: Key,
    /// Opens part B of the evidence.
    pub evidence: Key,
    /// The row for the key store.
    pub wrapped: WrappedKeys,
}

/// A person's keys as far as they still exist. `Debug` hides them.
#[derive(Debug)]
pub struct SubjectKeys {
    /// Opens values, outbox bodies and mails; gone once the person is forgotten.
    pub identity: Option<Key>,
    /// Opens part B of the evidence.
    pub evidence: Option<Key>,
}

/// A row of the key store.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WrappedKeys {
    /// Whose.
    pub subject_id: Uuid,
    /// Sealed by the ring.
    pub identity_key: Option<Vec<u8>>,
    /// Sealed by the ring.
    pub evidence_key: Option<Vec<u8>>,
    /// Milliseconds UTC.
    pub created_at: i64,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

fn cell<'a>(subject: &'a Uuid, column: &'static str) -> Cell<'a> {
    Cell { table: "subject_key", row: subject.as_bytes(), column }
}

impl Vault {
    /// A vault with this ring.
    pub fn new(ring: KeyRing, random: Random) -> Self {
        let contact_index = ring.index_key("subject", "contact_index");
        Self { ring: Arc::new(ring), contact_index, random }
    }

    /// Whether the ring opens the newest key of the store. Call it at start: a ring that was lost and quietly made
    /// anew would seal what comes apart from what is there.
    pub async fn check(&self, store: &Store) -> Result<(), VaultError> {
        let newest = sql::newest(&mut store.keys().read().await?).await?;
        match newest {
            Some(keys) if self.open(&keys).is_err() => Err(VaultError::WrongRing { made_now: self.ring.made_now() }),
            _ => Ok(()),
        }
    }

    /// Makes the keys of a new person, at `now` (milliseconds UTC).
    pub fn new_subject(&self, subject: Uuid, now: i64) -> NewSubject {
        let (identity, evidence) = (Key::random(&self.random), Key::random(&self.random));
        let wrap = |key: &Key, column| Some(self.ring.wrap(&cell(&subject, column), key, &self.random));
        let wrapped = WrappedKeys {
            subject_id: subject,
            identity_key: wrap(&identity, "identity_key"),
            evidence_key: wrap(&evidence, "evidence_key"),
            created_at: now,
        };
        NewSubject { identity, evidence, wrapped }
    }

    /// A person's keys; `None` where the key store has no row.
    pub async fn keys_of(&self, store: &Store, subject: Uuid) -> Result<Option<SubjectKeys>, VaultError> {
        let row = sql::find(&mut store.keys().read().await?, subject).await?;
        Ok(row.map(|row| self.open(&row)).transpose()?)
    }

    /// Whether the ring opens these keys.
    pub fn opens(&self, keys: &WrappedKeys) -> bool {
        self.open(keys).is_ok()
    }

    /// Opens wrapped keys, as far as there are any.
    pub fn unwrap(&self, row: &WrappedKeys) -> Result<SubjectKeys, NotOpened> {
        self.open(row)
    }

    fn open(&self, row: &WrappedKeys) -> Result<SubjectKeys, NotOpened> {
        let open = |wrapped: &Option<Vec<u8>>, column| {
            wrapped.as_ref().map(|wrapped| self.ring.unwrap(&cell(&row.subject_id, column), wrapped)).transpose()
        };
        Ok(SubjectKeys {
            identity: open(&row.identity_key, "identity_key")?,
            evidence: open(&row.evidence_key, "evidence_key")?,
        })
    }

    /// The ring, for values that identify nobody.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Randomness for seals.
    pub fn random(&self) -> &Random {
        &self.random
    }

    /// What stands for an address in `subject.contact_index`: 16 bytes that only this ring gives.
    pub fn contact_index(&self, address: &EmailAddress) -> Vec<u8> {
        self.contact_index.tag(address.as_str().as_bytes())[..16].to_vec()
    }
}
