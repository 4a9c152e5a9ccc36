//! `unticked config`

use std::process::ExitCode;

use unticked_collector::config::Sources;

/// Prints the effective settings as TOML, each with where it comes from.
pub fn run(sources: &Sources) -> ExitCode {
    let loaded = match super::settings(sources) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let width = loaded.effective.iter().map(|line| line.key.len() + line.shown.chars().count() + 3).max().unwrap_or(0);
    for line in loaded.effective {
        println!("{:<width$}  # {}", format!("{} = {}", line.key, line.shown), line.origin);
    }
    ExitCode::SUCCESS
}
