//! The project's own commands: `cargo xtask build`, `test`, `size`, `gallery`, `bench`, `demo`.
//!
//! A library as well as a binary, so that the tests serve their pages with the same small server
//! ([`serve`]) as the demo.

pub mod build;
pub mod compress;
pub mod house;
pub mod serve;
