//! The file with which somebody checks the ledger without us: [`write`] makes it, [`check`] checks it.

pub mod check;
mod reading;
pub mod write;
mod writing;

use std::{io, path::PathBuf};

use crate::{store::StoreError, vault::VaultError};

/// Why a bundle is neither made nor checked.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The databases.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The file.
    #[error("{}: {cause}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// It would be overwritten.
    #[error("{} is there already; name a file that is not", .0.display())]
    Occupied(PathBuf),
    /// Nothing was signed yet.
    #[error("the ledger has no signed head yet; start the collector once with `unticked serve`")]
    Unsigned,
    /// The signed head cannot be read.
    #[error("the ledger's signed head does not hold; `unticked verify` says what is wrong")]
    Unsound,
    /// Nothing of that person, or that form.
    #[error("there is no record of {0}")]
    Nothing(String),
    /// Somebody's part B is to be opened, and nobody says who does it.
    #[error(
        "part B of the records points to persons: say who hands it over and why, with --by and --reason (both are kept in \
         the access log), or leave it out with --without-part-b"
    )]
    Nameless,
    /// One of its files would be larger than its format allows.
    #[error("{0} would be larger than the 8 GiB that the format of a bundle allows")]
    TooLarge(&'static str),
    /// It is no bundle.
    #[error("{} is no bundle of an Unticked ledger: {reason}", .path.display())]
    NoBundle {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It was made by another version.
    #[error("{} is a bundle of another version of Unticked (`{schema}`); check it with that version", .path.display())]
    OtherVersion {
        /// Which.
        path: PathBuf,
        /// What it says.
        schema: String,
    },
    /// It ends too early.
    #[error("{} is cut off: {reason}", .path.display())]
    Truncated {
        /// Which.
        path: PathBuf,
        /// Where.
        reason: String,
    },
}
