//! One file per subcommand.

pub mod check;
pub mod config;
pub mod serve;

use std::process::ExitCode;

use unticked_collector::config::{Loaded, Settings, Sources};

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
