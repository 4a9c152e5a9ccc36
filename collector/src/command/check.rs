//! `unticked check DIR`

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use unticked_collector::forms;

/// What to check, and how to say it.
#[derive(Args)]
pub struct Check {
    /// The folder with `controller.toml`, `purposes/`, `forms/`, `destinations.toml`
    dir: PathBuf,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Prints every finding; errors make the exit code 1, a folder that cannot be read 2.
pub fn run(check: &Check) -> ExitCode {
    let format = match check.format {
        Format::Human => forms::check::Format::Human,
        Format::Json => forms::check::Format::Json,
    };
    match forms::check::run(&check.dir, format, &mut std::io::stdout().lock()) {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => super::failed("The findings cannot be written", &error),
    }
}
