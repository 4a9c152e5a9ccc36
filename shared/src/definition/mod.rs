//! What owners write, in TOML: controller, purposes, forms, destinations.
//!
//! The types here mirror the files one to one; an unknown key is an error. [`content`] turns a checked
//! definition into what the views show in one language.

pub mod controller;
pub mod destination;
pub mod form;
pub mod localized;
pub mod purpose;

pub use controller::Controllers;
pub use destination::Destination;
pub use form::{Field, Form};
pub use localized::Localized;
pub use purpose::Purpose;
