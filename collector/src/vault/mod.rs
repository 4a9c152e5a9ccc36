//! Where identifying values lie encrypted, each person's under keys of their own.
//!
//! The key ring is a file outside the databases; it wraps two random keys for each subject, which lie in the key
//! store. The identity key opens values, outbox bodies and mails; the evidence key opens part B of the evidence, which
//! may outlive the identity for legal claims (Art. 17(3)(e)). To forget a person is to destroy a key. Every sealed value
//! is bound to its table, row and column, so that nobody with the database can move it to another place. Addresses are
//! found by a keyed hash, never by their text. The ring's file may change while everybody works ([`Ring`]).

mod cipher;
mod live;
mod ring;
pub mod ring_file;
pub mod sql;
mod subject;

pub use cipher::{Cell, Key, NotOpened};
pub use live::Ring;
pub use ring::{KeyId, KeyInfo, KeyRing, Kind, RingError, Role};
pub use subject::{NewSubject, SubjectKeys, Vault, VaultError, WrappedKeys};
pub use unticked_shared::contact::EmailAddress;

#[cfg(test)]
mod tests;
