//! The project's own commands: `cargo xtask build`, `test`, `size`, `gallery`, `bench`, `demo`, `docs`,
//! `fuzz`, `torture`.
//!
//! A library as well as a binary, so that the tests serve their pages with the same small server
//! ([`serve`]) as the demo.

pub mod bench;
pub mod build;
pub mod collector;
pub mod compress;
pub mod demo;
pub mod docs;
pub mod fetch;
pub mod fuzz;
pub mod gallery;
pub mod house;
pub mod serve;
mod shed;
pub mod ship;
pub mod size;
pub mod test;
pub mod torture;
