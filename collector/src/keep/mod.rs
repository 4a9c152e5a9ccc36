//! Keeping what was collected: copies, their way back, and what comes before an upgrade.
//!
//! A backup is two folders that never meet by themselves: the data (main database and definitions), and the keys (key
//! store and key ring). Whoever finds one of them reads nothing in it. The main database is copied first and the key
//! store after it, since keys are committed before what they open: so everybody in the data has their key. Each folder
//! appears under its name in one step, whole and on the disk, or not at all, and carries a [`manifest`] by which
//! `unticked restore` knows what it holds. Before `serve` changes the shape of a database it makes such a pair by itself.
//!
//! The room works on closed or living databases as files and by PostgreSQL's own tools; it knows no table by heart but
//! the few that it counts.

mod backup;
mod error;
pub mod files;
mod ledger;
mod lock;
mod manifest;
mod moves;
mod postgres;
mod prune;
mod restore;
mod sqlite;
mod upgrade;

pub use backup::{Made, Order, backup};
pub use error::KeepError;
pub use ledger::LedgerAfter;
pub use lock::Presence;
pub use manifest::{Engine, Manifest, Part, Reason, found_in};
pub use restore::{Restored, Wish, restore, settle};
pub use upgrade::{Before, Upgraded, before_upgrade_folders, open};

#[cfg(test)]
use lock::mark_of;

#[cfg(test)]
mod tests;
