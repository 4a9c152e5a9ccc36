//! `cargo xtask torture`: the rounds of `tests/torture`, as many as wanted.

use anyhow::Result;

use crate::{house, test::postgres::Postgres};

/// How long, and on what.
#[derive(Debug)]
pub struct Options {
    /// Kills.
    pub rounds: u32,
    /// Repeats the choices of an earlier run; the moments of the machine it cannot.
    pub seed: Option<u64>,
    /// A server to make a database on, instead of SQLite.
    pub postgres: Option<String>,
    /// Two collectors on one PostgreSQL, which die in turn; on a server of our own, where none is named.
    pub two: bool,
}

/// Runs them; false when something was lost, doubled or not told.
pub fn run(options: &Options) -> Result<bool> {
    let own = if options.two && options.postgres.is_none() { Some(Postgres::start()?) } else { None };
    let server = options.postgres.clone().or_else(|| own.as_ref().map(Postgres::url));
    let story = if options.two { "two_collectors_on_one_database" } else { "killed_at_any_moment" };
    let mut command = house::cargo();
    command.args([
        "test",
        "--quiet",
        "--package",
        "unticked-collector",
        "--test",
        "torture",
        "--",
        "--nocapture",
        story,
    ]);
    if house::assets().join("BUILD").is_file() {
        // As `cargo xtask test` builds it, so that nothing is compiled twice.
        command.env("UNTICKED_ASSETS", house::assets());
    }
    command.env("UNTICKED_TORTURE_ROUNDS", options.rounds.to_string());
    if let Some(seed) = options.seed {
        command.env("UNTICKED_TORTURE_SEED", seed.to_string());
    }
    if let Some(server) = &server {
        let variable = if options.two { "UNTICKED_TEST_POSTGRES" } else { "UNTICKED_TORTURE_POSTGRES" };
        command.env(variable, server);
    }
    Ok(command.status()?.success())
}
