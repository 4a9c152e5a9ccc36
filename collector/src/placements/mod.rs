//! Placements and tickets: what a visitor is shown, and the collector's statement that it was.
//!
//! A placement is the same for everyone and cacheable; a ticket is one visitor's, signed and short-lived. It says which
//! version and language went to which origin, and its id names the submission that follows, so that the collector keeps
//! nothing until something is sent. The hosted page is a placement with its own ticket in it.

pub(crate) mod http;
pub mod language;
pub(crate) mod native;
pub(crate) mod pages;
pub mod tickets;
