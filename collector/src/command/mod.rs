//! One file per subcommand.

pub mod backup;
pub mod check;
pub mod config;
pub mod init;
pub mod quarantine;
pub mod restore;
pub mod retention;
pub mod serve;
pub mod upgrade;
pub mod versions;

use std::process::ExitCode;

use unticked_collector::{
    config::{Loaded, Settings, Sources},
    keep::KeepError,
    store::{Store, values},
};

/// The definitions have errors, or what was asked for does not exist.
pub const FOUND_WANTING: u8 = 1;
/// The settings are wrong.
pub const WRONG_SETTINGS: u8 = 2;
/// The collector could not do its work.
pub const FAILED: u8 = 3;

/// Reads the settings, or says everything that is wrong with them.
pub fn settings(sources: &Sources) -> Result<Loaded, ExitCode> {
    Settings::load(sources).map_err(|errors| {
        eprintln!("The settings are wrong:");
        for error in errors.0 {
            eprintln!("  {error}");
        }
        eprintln!("`unticked config` prints every setting there is, once these are corrected.");
        ExitCode::from(WRONG_SETTINGS)
    })
}

/// Runs a task to its end, on this thread.
pub fn block_on(task: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(task),
        Err(error) => failed("The command does not start", &error),
    }
}

/// Opens the databases that the settings name. Only `serve` and `upgrade` make them or bring them up to date.
pub async fn store(settings: &Settings) -> Result<Store, ExitCode> {
    Store::open_current(&settings.database).await.map_err(|error| failed("The database does not open", &error))
}

/// A time for people: UTC, to the second.
pub fn shown_time(millis: i64) -> String {
    values::time(millis).map_or_else(|_| "?".to_owned(), values::rfc3339)
}

/// Says why nothing was kept or brought back.
pub fn not_kept(what: &str, error: &KeepError) -> ExitCode {
    failed(what, error);
    ExitCode::from(if error.is_of_the_wish() { WRONG_SETTINGS } else { FAILED })
}

/// Says why something failed, with every cause.
pub fn failed(what: &str, error: &dyn std::error::Error) -> ExitCode {
    eprint!("{what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    ExitCode::from(FAILED)
}
