//! A banner: what pages load of it, and what the collector does with the decisions that it sends.

mod decisions;
mod gate;

use std::path::Path;

use crate::house::{House, copy};

/// The form's name under which a banner travels.
pub const BANNER: &str = "banner";

impl House {
    /// The sample shop with a banner: `basket` is told, `measure`, `ads` and `joining` are asked.
    pub fn with_a_banner(settings: &[&str]) -> Self {
        let house = Self::open_with(settings);
        house.puts_up_a_banner();
        house
    }

    /// The same on a shop that runs.
    pub fn puts_up_a_banner(&self) {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("banner"), &self.definitions());
        self.reload().unwrap();
    }
}
