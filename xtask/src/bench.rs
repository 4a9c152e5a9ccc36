//! `cargo xtask bench submit`: submissions per second, beside those of a route that does nothing.
//!
//! The ratio is the figure to watch: it says what the checks, the seals and the commits cost, whatever the machine.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{collector, house, test::postgres::Postgres};

/// Requests made beforehand, at most.
const MOST: usize = 200_000;
/// Requests made beforehand for each second of the run.
const PER_SECOND: usize = 25_000;

/// How long and how hard.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// For each measurement.
    pub seconds: usize,
    /// Requests under way at the same time.
    pub connections: usize,
}

/// What the driver measured.
struct Measured {
    per_second: f64,
    p50: f64,
    p99: f64,
}

/// Measures both engines and prints the table.
pub fn submit(options: Options) -> Result<()> {
    println!("building the release collector with a route that does nothing");
    house::run(house::cargo().args(["build", "--release", "--package", "unticked-bench"]))?;
    let binary = house::target().join("release/unticked-bench");
    println!("{} connections, {} s each, one after the other\n", options.connections, options.seconds);
    println!("{:<12} {:<8} {:>10} {:>10} {:>10} {:>8}", "engine", "route", "per s", "p50 ms", "p99 ms", "ratio");
    measure("SQLite", &binary, "sqlite:unticked.db", options)?;
    let postgres = Postgres::start()?;
    measure("PostgreSQL", &binary, &postgres.url(), options)
}

fn measure(engine: &str, binary: &Path, database: &str, options: Options) -> Result<()> {
    let server = Server::start(binary, database, (options.seconds * PER_SECOND).min(MOST))?;
    let noop = server.drive(binary, &server.noop, "/noop", options)?;
    line(engine, "no-op", &noop, None);
    let submit = server.drive(binary, &server.collector, "/v1/forms/contact/submissions", options)?;
    line(engine, "submit", &submit, Some(submit.per_second / noop.per_second));
    Ok(())
}

fn line(engine: &str, route: &str, measured: &Measured, ratio: Option<f64>) {
    let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:>8.2}"));
    let Measured { per_second, p50, p99 } = measured;
    println!("{engine:<12} {route:<8} {per_second:>10.0} {p50:>10.2} {p99:>10.2} {ratio}");
}

/// The serving process; it ends when its standard input does, so with us in any case.
struct Server {
    process: Child,
    folder: PathBuf,
    collector: String,
    noop: String,
}

impl Server {
    fn start(binary: &Path, database: &str, count: usize) -> Result<Self> {
        // Beside the build: a temporary folder may lie in memory, where commits cost nothing.
        let folder = house::target().join(format!("bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let mut command = Command::new(binary);
        command.arg("serve").arg(&folder).arg(collector::sample()).arg(database).arg(count.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let process = command.spawn().context("the bench's server does not start")?;
        let mut server = Self { process, folder, collector: String::new(), noop: String::new() };
        let output = server.process.stdout.take().context("it has no output")?;
        let mut addresses = String::new();
        BufReader::new(output).read_line(&mut addresses)?;
        let (collector, noop) = addresses.trim().split_once(' ').context("the bench's server ended early")?;
        (server.collector, server.noop) = (collector.to_owned(), noop.to_owned());
        Ok(server)
    }

    fn drive(&self, binary: &Path, address: &str, path: &str, options: Options) -> Result<Measured> {
        let mut command = Command::new(binary);
        command.args(["drive", address, path]).arg(self.folder.join("requests"));
        command.args([options.seconds.to_string(), options.connections.to_string()]);
        let output = house::capture(&mut command)?;
        let numbers: Vec<f64> = output.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        ensure!(numbers.len() == 4, "cannot read `{output}`");
        Ok(Measured { per_second: numbers[0] / numbers[1], p50: numbers[2] / 1000.0, p99: numbers[3] / 1000.0 })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
