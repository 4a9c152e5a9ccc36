//! A person's two keys: made, wrapped, found again.

use std::{path::PathBuf, sync::Arc};

use unticked_shared::{contact::EmailAddress, signature::SigningKey};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    cipher::{Cell, Key, NotOpened},
    live::Ring,
    ring::{KeyId, KeyRing, Kind},
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
        "the key ring {path} is not the one that this database was filled with: it lacks the key {id}, and nothing under \
         that could be read any more. Put the old file back{}",
        if *.made_now { "; the one that was just made can go" } else { "" }
    )]
    WrongRing {
        /// The ring's file.
        path: PathBuf,
        /// The key that it lacks, or under whose name it has another one.
        id: String,
        /// The ring was made at this start.
        made_now: bool,
    },
}

/// The key ring at work. Cloning is cheap; `Debug` hides the keys.
#[derive(Clone)]
pub struct Vault {
    ring: Ring,
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
    /// A vault with this ring, which does not change.
    pub fn new(ring: KeyRing, random: Random) -> Self {
        Self::with(Ring::fixed(ring), random)
    }

    /// A vault with a ring that follows its file.
    pub fn with(ring: Ring, random: Random) -> Self {
        let contact_index = ring.current().index_key("subject", "contact_index");
        Self { ring, contact_index, random }
    }

    /// Whether the ring opens the newest and the oldest keys of the store. Call it at start: a ring that was lost and
    /// quietly made anew would seal what comes apart from what is there.
    pub async fn check(&self, store: &Store) -> Result<(), VaultError> {
        let mut connection = store.keys().read().await?;
        let ends = [sql::newest(&mut connection).await?, sql::oldest(&mut connection).await?];
        match ends.into_iter().flatten().find(|keys| self.open(keys).is_err()) {
            Some(keys) => {
                let ring = self.ring();
                let sealed = [&keys.identity_key, &keys.evidence_key].into_iter().flatten();
                let mut ids = sealed.filter_map(|sealed| KeyId::of(sealed));
                let id = ids.clone().find(|id| !ring.has(Kind::Wrap, *id)).or_else(|| ids.next());
                let id = id.map_or_else(|| "?".to_owned(), |id| id.to_string());
                Err(VaultError::WrongRing { path: ring.path().to_owned(), id, made_now: ring.made_now() })
            }
            None => Ok(()),
        }
    }

    /// The same keys, wrapped by the first key of the ring.
    pub fn wrap_anew(&self, row: &WrappedKeys) -> Result<WrappedKeys, NotOpened> {
        let keys = self.open(row)?;
        let ring = self.ring();
        let wrap =
            |key: Option<Key>, column| key.map(|key| ring.wrap(&cell(&row.subject_id, column), &key, &self.random));
        Ok(WrappedKeys {
            subject_id: row.subject_id,
            identity_key: wrap(keys.identity, "identity_key"),
            evidence_key: wrap(keys.evidence, "evidence_key"),
            created_at: row.created_at,
        })
    }

    /// Opens a value that identifies nobody.
    pub fn open_value(&self, cell: &Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        self.opened(|ring| ring.open_value(cell, sealed))
    }

    /// Once more when the file has changed: whoever sealed it may know a key that we do not know yet.
    fn opened<T>(&self, open: impl Fn(&KeyRing) -> Result<T, NotOpened>) -> Result<T, NotOpened> {
        let first = open(&self.ring());
        if first.is_ok() || !self.ring.learn().unwrap_or(false) {
            return first;
        }
        open(&self.ring())
    }

    /// Makes the keys of a new person, at `now` (milliseconds UTC).
    pub fn new_subject(&self, subject: Uuid, now: i64) -> NewSubject {
        let (identity, evidence) = (Key::random(&self.random), Key::random(&self.random));
        let ring = self.ring();
        let wrap = |key: &Key, column| Some(ring.wrap(&cell(&subject, column), key, &self.random));
        let wrapped = WrappedKeys {
            subject_id: subject,
            identity_key: wrap(&identity, "identity_key"),
            evidence_key: wrap(&evidence, "evidence_key"),
            created_at: now,
        };
        NewSubject { identity, evidence, wrapped }
    }

    /// The keys that the key store holds under an id already, as [`Vault::new_subject`] made them; none where it holds none,
    /// or not both any more.
    pub async fn kept_subject(&self, store: &Store, subject: Uuid) -> Result<Option<NewSubject>, VaultError> {
        let Some(row) = sql::find(&mut store.keys().read().await?, subject).await? else { return Ok(None) };
        let SubjectKeys { identity, evidence } = self.open(&row)?;
        Ok(identity.zip(evidence).map(|(identity, evidence)| NewSubject { identity, evidence, wrapped: row }))
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
            let open = |wrapped: &Vec<u8>| self.opened(|ring| ring.unwrap(&cell(&row.subject_id, column), wrapped));
            wrapped.as_ref().map(open).transpose()
        };
        Ok(SubjectKeys {
            identity: open(&row.identity_key, "identity_key")?,
            evidence: open(&row.evidence_key, "evidence_key")?,
        })
    }

    /// The keys of the ring as they are known now: for values that identify nobody, and for what derives from it.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.current()
    }

    /// The ring as it follows its file.
    pub fn ring_at_work(&self) -> &Ring {
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
