//! `unticked scan`

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use unticked_collector::{
    config::{Settings, Sources},
    forms,
    scan::{self, Declared, Limits, Report, write},
    world::{Clock, Random},
};

use super::{FAILED, FOUND_WANTING, WRONG_SETTINGS, failed, harmless};

/// What to look at, and how to say it.
#[derive(Args)]
pub struct Scan {
    /// The page's address, on the web or on your own machine; a name alone is asked by https
    url: String,
    /// How many pages to visit: this one, and others of the site that it links to
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=50))]
    pages: u16,
    /// How long a page may take to load, in seconds
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(5..=600))]
    patience: u16,
    /// The folder with banner.toml and purposes/; without it `definitions.dir` of the settings
    #[arg(long, value_name = "DIR")]
    definitions: Option<PathBuf>,
    /// Writes a banner.toml to start from, and purposes beside it that are missing; never over a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The driver; without it the `chromedriver` on the path
    #[arg(long, value_name = "FILE")]
    chromedriver: Option<PathBuf>,
    /// One JSON object: `{"seen": …, "remarks": […], "findings": [{weight, about, says, advice}]}`
    #[arg(long)]
    json: bool,
}

/// Visits the page, says what came of it; 1 where something must be done, 2 where it could not begin, 3 where it did not load.
pub fn run(sources: &Sources, wish: &Scan) -> ExitCode {
    let url = match scan::address(&wish.url) {
        Ok(url) => url,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(WRONG_SETTINGS);
        }
    };
    let declared = match declared(sources, wish) {
        Ok(declared) => declared,
        Err(code) => return code,
    };
    if let Some(out) = wish.out.as_ref().filter(|out| out.exists()) {
        eprintln!("{} is there already, and nothing is written over it; name another file.", out.display());
        return ExitCode::from(WRONG_SETTINGS);
    }
    let found = match scan::find(wish.chromedriver.as_deref()) {
        Ok(found) => found,
        Err(absent) => {
            eprintln!("{absent}");
            return ExitCode::from(WRONG_SETTINGS);
        }
    };
    super::block_on(async {
        let limits = Limits { pages: wish.pages.into(), loading: Duration::from_secs(wish.patience.into()) };
        let (clock, random) = (Clock::system(), Random::system());
        let seen = tokio::select! {
            seen = scan::scan(&url, limits, &found, &clock, &random) => seen,
            _ = tokio::signal::ctrl_c() => {
                eprintln!("Stopped; the browser is closed.");
                return ExitCode::from(FAILED);
            }
        };
        match seen {
            Ok(seen) => say(wish, &Report::new(seen, &declared), &declared),
            Err(error) => {
                eprintln!("{}", harmless(&error.to_string()));
                ExitCode::from(FAILED)
            }
        }
    })
}

fn say(scan: &Scan, report: &Report, declared: &Declared) -> ExitCode {
    if scan.json {
        println!("{}", serde_json::to_string_pretty(report).expect("a report is plain text"));
    } else {
        // Names of cookies and hosts are others' text.
        let text = report.to_string();
        for line in text.lines() {
            println!("{}", harmless(line));
        }
    }
    if let Some(out) = &scan.out {
        match write::write(out, &report.seen, declared) {
            Ok(written) => {
                for file in written {
                    eprintln!("wrote {}", file.display());
                }
                eprintln!("Replace each TODO; `unticked check` names those that are left.");
            }
            Err(error) => return failed("The banner cannot be written", &error),
        }
    }
    ExitCode::from(if report.is_wanting() { FOUND_WANTING } else { 0 })
}

fn declared(sources: &Sources, scan: &Scan) -> Result<Declared, ExitCode> {
    let dir = if let Some(dir) = &scan.definitions {
        dir.clone()
    } else {
        let settings: Settings = super::settings(sources)?.settings;
        // Whoever only looks at a page has no definitions yet.
        if !settings.definitions_dir.exists() {
            return Ok(Declared::default());
        }
        settings.definitions_dir
    };
    match forms::definition_files(&dir) {
        Ok(files) => Ok(Declared::read(&files)),
        Err(error) => {
            eprintln!("The definitions cannot be read: {error}");
            Err(ExitCode::from(WRONG_SETTINGS))
        }
    }
}
