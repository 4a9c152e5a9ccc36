//! Keys of the ring are changed while everybody works.
//!
//! A new key is put into the ring's file behind the others, and every collector learns it ([`users`]) before it becomes the
//! first ([`rotate`]): so nothing is ever sealed under a key that somebody who must open it does not know. Then what lies
//! under older keys is sealed anew in batches ([`anew`]), each row only if it is still what was read: whoever was forgotten
//! meanwhile stays forgotten. A key leaves the ring when nothing lies under it any more ([`retire`](rotate::retire)); then
//! wrapped keys in old copies of the key store open nothing. Every step may die: the next `unticked keys rotate` finds out
//! from the file and the rows how far it came.

pub mod anew;
pub mod list;
pub mod rotate;
pub mod sql;
#[cfg(test)]
mod tests;
pub mod users;

pub use rotate::{Kept, Step, Tools};

use std::path::PathBuf;

use crate::{
    store::StoreError,
    vault::{Kind, RingError, VaultError},
};

/// Why keys could not be changed. What was done stands, and running it again goes on.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The ring's file.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Somebody does not know a key.
    #[error(
        "{} does not know the new keys yet, so that nothing is sealed under them. A collector with a copy of the key ring \
         needs the new file: bring {path} there, then say the same command again. One that has died is forgotten after two \
         minutes",
        .places.join(", ")
    )]
    NotLearnt {
        /// Where they run.
        places: Vec<String>,
        /// The ring here.
        path: PathBuf,
    },
    /// Something is sealed under a key that is not in the ring.
    #[error(
        "{count} sealed under the `{kind}` key {id}, which is not in the ring {path}: they cannot be opened. Put the right \
         ring back before any key is changed"
    )]
    Missing {
        /// Of what kind.
        kind: Kind,
        /// Its name.
        id: String,
        /// How much.
        count: i64,
        /// The ring.
        path: PathBuf,
    },
}
