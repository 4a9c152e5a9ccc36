//! What the widget and the collector must agree on, byte for byte.
//!
//! No input or output, no clock, no randomness: everything here is a value or a function of values, so
//! that the browser (Wasm) and the collector run the same code and tests need nothing but arguments.

pub mod base64;
#[cfg(feature = "ledger")]
pub mod bundle;
pub mod canonical;
pub mod contact;
pub mod decision;
pub mod event;
pub mod evidence;
pub mod id;
pub mod merkle;
pub mod pattern;
pub mod placement;
#[cfg(feature = "ledger")]
pub mod receipt;
pub mod signature;
pub mod submission;
pub mod texts;
pub mod ticket;
pub mod validate;

#[cfg(feature = "definitions")]
pub mod definition;
