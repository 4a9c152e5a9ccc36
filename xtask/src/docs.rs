//! `cargo xtask docs`: the parts of `docs/` that come from the code, written anew, and every block run.
//!
//! The work is a test (`tests/docs`), so that a page which is stale or wrong fails like anything else.

use anyhow::Result;

use crate::house;

/// Writes and runs them.
pub fn write() -> Result<()> {
    let mut command = house::cargo();
    command.args(["test", "--package", "unticked-collector", "--test", "docs"]);
    // What is written first is what is run then.
    house::run(command.args(["--", "--test-threads", "1"]).env("UNTICKED_UPDATE_DOCS", "1"))
}
