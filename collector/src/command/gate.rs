//! `unticked gate`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use unticked_collector::{
    config::Sources,
    forms::{Catalogue, Views, definition_files},
    gate::{integrity, script},
};
use unticked_shared::definition::{self, banner};

use super::{Done, FOUND_WANTING, WRONG_SETTINGS, failed};

/// Where it goes.
#[derive(Args)]
pub struct Gate {
    /// The file to write, such as `public/gate.js`; what is there already is replaced. Without it to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the script and says how a page loads it.
pub fn run(sources: &Sources, gate: &Gate) -> ExitCode {
    write(sources, gate).unwrap_or_else(|code| code)
}

fn write(sources: &Sources, gate: &Gate) -> Done {
    let settings = super::settings(sources)?.settings;
    let script = made(&settings.definitions_dir, &settings.server.public_url)?;
    let integrity = integrity(&script);
    let Some(file) = &gate.out else {
        if let Err(error) = io::stdout().write_all(script.as_bytes()) {
            return Err(super::not_written(error));
        }
        eprintln!("{integrity}");
        return Ok(ExitCode::SUCCESS);
    };
    replace(file, script.as_bytes()).map_err(|error| failed("The file was not written", &error))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    println!("wrote {} ({} bytes)", file.display(), script.len());
    println!("integrity {integrity}");
    println!("First in <head> of every page, with the path under which the site serves the file:");
    println!("  <script src=\"/{name}\" integrity=\"{integrity}\"></script>");
    println!("Write it again after each change of the definitions or upgrade, and change the tag with it.");
    Ok(ExitCode::SUCCESS)
}

fn made(dir: &Path, host: &str) -> Result<String, ExitCode> {
    let files = definition_files(dir).map_err(|error| {
        failed("The definitions cannot be read", &error);
        ExitCode::from(WRONG_SETTINGS)
    })?;
    let Some(definitions) = definition::check(&files).definitions else {
        eprintln!("The definitions have errors; `unticked check {}` names them.", dir.display());
        return Err(ExitCode::from(FOUND_WANTING));
    };
    let catalogue = Catalogue::new(&definitions, Views::of_the_product());
    let catalogue = catalogue.map_err(|error| failed("The banner cannot be made", &error))?;
    catalogue.version(banner::ID).and_then(|version| script(host, version)).ok_or_else(|| {
        eprintln!(
            "There is no banner.toml in {}, so that there is nothing to hold back for. docs/banner.md says how one is \
             written; a site that only has forms needs no gate.",
            dir.display()
        );
        ExitCode::from(FOUND_WANTING)
    })
}

/// Puts `bytes` in the place of the file, whole or not at all: a site may be serving it.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, file));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}
