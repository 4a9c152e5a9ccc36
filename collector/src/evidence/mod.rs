//! Who decided what, when, how, seeing which version: the records, sealed, and what follows from them.
//!
//! A submission makes the first record. Whatever changes a decision later (a withdrawal, the end of a retention period)
//! appends another that names only the purposes it changes; no record is ever altered. What stands now is a fold of
//! them ([`standing()`]), kept nowhere else, so that evidence and practice cannot part. Part A lies open and identifies
//! nobody; part B lies sealed under the subject's evidence key, with the openings of both hashes.

mod seal;
pub mod sql;
mod standing;

pub use seal::{Draft, EvidenceRow, OpenError, Opened, open, seal};
pub use standing::{Standing, standing, standing_of};

#[cfg(test)]
mod tests;
