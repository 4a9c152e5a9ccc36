//! The program itself, killed again and again: `kill -9` at random moments under load, on one folder of data.
//!
//! Several visitors send signed submissions as the widget does, take consent back, and send again whatever they heard no
//! answer to ([`visitors`]). What they were told stands in a [`book`]; a [`crm`] notes what it was sent. At the end both are
//! held against what the collector has ([`reckoning`]). Every choice comes from one seed, which is printed; the moments of
//! the machine do not. `cargo xtask torture` runs it longer.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod book;
mod collector;
mod crm;
mod dice;
mod full_disk;
mod killing;
mod ledger;
mod reckoning;
mod visitors;
