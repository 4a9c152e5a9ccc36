//! `cargo xtask test`: every test there is, with what the tests need, from a clean checkout.
//!
//! It installs what it can, starts a PostgreSQL server of its own, builds the Wasm once for the browser
//! stories and the size check, and ends what it started. A stage that fails does not keep the others
//! from running; the last line counts them all.

mod binaries;
pub mod postgres;
mod referees;
mod tools;

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    build::{self, Mode},
    fuzz, size,
};

/// How long each fuzz target is searched.
const FUZZ_SECONDS: u32 = 10;

/// What to run.
#[derive(Debug, Default)]
pub struct Options {
    /// Go without what comes from npm and PyPI, and without browsers.
    pub rust_only: bool,
    /// Run only the tests whose names contain one of these; the stages without names are left out.
    pub filters: Vec<String>,
}

/// What came of a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that held.
    pub passed: usize,
    /// Tests that did not.
    pub failed: usize,
}

impl Tally {
    /// A stage that is one test.
    fn one(passed: bool) -> Self {
        if passed { Self { passed: 1, failed: 0 } } else { Self { passed: 0, failed: 1 } }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The stages so far: name, time, outcome (none where a stage tests nothing itself).
struct Report(Vec<(String, Duration, Option<Tally>)>);

impl Report {
    /// Runs a stage that prepares something; nothing after it makes sense when it fails.
    fn prepare<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = work();
        self.note(name, start, None);
        outcome
    }

    /// Runs a stage that tests; an error of its own counts as one failure.
    fn test(&mut self, name: &str, work: impl FnOnce() -> Result<Tally>) {
        println!("\n== {name}");
        let start = Instant::now();
        let tally = work().unwrap_or_else(|error| {
            println!("{name}: {error:?}");
            Tally::one(false)
        });
        self.note(name, start, Some(tally));
    }

    fn note(&mut self, name: &str, start: Instant, tally: Option<Tally>) {
        let time = start.elapsed();
        println!("== {name}: {:.1} s", time.as_secs_f64());
        self.0.push((name.to_owned(), time, tally));
    }

    /// Prints the table and the last line, and says whether every test held.
    fn finish(self, left_out: &[&str]) -> bool {
        println!("\n{:<44} {:>9} {:>8} {:>8}", "stage", "seconds", "passed", "failed");
        let mut total = Tally::default();
        // A package without tests of its own tells nothing.
        for (name, time, tally) in self.0.iter().filter(|stage| stage.2 != Some(Tally::default())) {
            let count = |n: Option<usize>| n.map_or_else(String::new, |n| n.to_string());
            let (passed, failed) = (count(tally.map(|t| t.passed)), count(tally.map(|t| t.failed)));
            println!("{name:<44} {:>9.1} {passed:>8} {failed:>8}", time.as_secs_f64());
            total.add(tally.unwrap_or_default());
        }
        for what in left_out {
            println!("left out: {what}");
        }
        println!("{} passed, {} failed", total.passed, total.failed);
        total.failed == 0 && total.passed > 0
    }
}

/// Runs them, and says whether every one held.
pub fn run(options: &Options) -> Result<bool> {
    let mut report = Report(Vec::new());
    report.prepare("install what the tests need", || tools::install(options.rust_only))?;
    let postgres = report.prepare("start PostgreSQL", postgres::Postgres::start)?;
    let assets = report.prepare("build the widget", || build::widget(Mode::Release))?;
    let binaries = report.prepare("compile the tests", || binaries::compile(&assets))?;

    let environment = [("UNTICKED_TEST_POSTGRES", postgres.url()), ("UNTICKED_ASSETS", assets.display().to_string())];
    let (browser, native): (Vec<_>, Vec<_>) = binaries.iter().partition(|binary| binary.needs_browser());
    for binary in native {
        report.test(&binary.name, || binary.run(&environment, &options.filters));
    }
    if options.filters.is_empty() {
        report.test("documentation examples", || binaries::documentation(&assets));
        report.test("size", || size::check().map(Tally::one));
    }
    if options.filters.is_empty() || options.filters.iter().any(|filter| "fuzz".contains(filter.as_str())) {
        let options = fuzz::Options { seconds: FUZZ_SECONDS, targets: Vec::new() };
        report.test(&format!("fuzz, {FUZZ_SECONDS} s a target"), || fuzz::run(&options));
    }
    let mut left_out = Vec::new();
    if options.rust_only {
        left_out.push("browser stories in Chromium, Firefox and WebKit (need Debian's browsers and axe-core from npm)");
        left_out.push("the WordPress plugin, by itself and in a real WordPress (need Debian's php-cli, wordpress and mariadb-server)");
        left_out.push("signature vectors read by standardwebhooks from npm and from PyPI");
    } else {
        if options.filters.is_empty() {
            report.test("vectors, npm standardwebhooks", referees::npm);
            report.test("vectors, PyPI standardwebhooks", referees::pypi);
            report.test("the WordPress plugin, PHP", referees::wordpress);
        }
        for binary in browser {
            report.test(&binary.name, || binary.run(&environment, &options.filters));
        }
    }
    drop(postgres);
    Ok(report.finish(&left_out))
}
