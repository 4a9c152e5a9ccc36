//! Mending what can be mended, in words that everybody can read afterwards.
//!
//! Tiles are made from leaves and can be made anew from them ([`rebuild`]). What was signed cannot: when a main database is
//! lost and an older one takes its place, the ledger goes on under a name of its own ([`begin`]), with the last head that
//! was signed before, so that nobody takes the one for the other and nothing forks in silence.

mod begin;
mod rebuild;
pub mod sql;

pub use begin::{Begun, begin};
pub use rebuild::{Rebuilt, rebuild};

#[cfg(test)]
mod tests;
