//! `unticked check DIR`

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use unticked_collector::forms;

use super::FOUND_WANTING;

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

/// Prints every finding; errors make the exit code 1.
pub fn run(check: &Check) -> ExitCode {
    let checked = match forms::check(&check.dir) {
        Ok(checked) => checked,
        Err(error) => return super::failed("The definitions cannot be read", &error),
    };
    match check.format {
        Format::Human => {
            for finding in &checked.findings {
                println!("{}/{finding}", check.dir.display());
            }
            let errors = checked.findings.iter().filter(|finding| finding.is_error()).count();
            println!("{errors} errors, {} warnings", checked.findings.len() - errors);
        }
        Format::Json => match serde_json::to_string_pretty(&checked.findings) {
            Ok(text) => println!("{text}"),
            Err(error) => return super::failed("The findings cannot be written", &error),
        },
    }
    if checked.definitions.is_some() { ExitCode::SUCCESS } else { ExitCode::from(FOUND_WANTING) }
}
