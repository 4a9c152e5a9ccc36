//! `cargo xtask bench`: what a submission costs, what the ledger does, and how both grow with what is stored.
//!
//! `submit` counts submissions beside requests to a route that does nothing, `ledger` appends, proves and hashes at several
//! sizes, `growth` sends the same visitors to databases of several sizes in turn. The ratios are the figures to watch:
//! they say what the checks, the seals and the commits cost, whatever the machine. Everything printed was measured just then.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{collector, house, test::postgres::Postgres};

/// Requests made beforehand, at most.
const MOST: usize = 200_000;
/// Requests made beforehand for each second of the run.
const PER_SECOND: usize = 25_000;

/// Where the sample's visitors send their form.
const SUBMISSIONS: &str = "/v1/forms/contact/submissions";

/// How long and how hard.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// For each measurement.
    pub seconds: usize,
    /// Requests under way at the same time.
    pub connections: usize,
}

/// Leaves of the ledger, or submissions stored, at which is measured, where the machine has time for no more.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Beyond this many, the ledger grows by leaves alone: whole submissions would need some 5 KB of disk each.
const WHOLE: usize = 1_000_000;

/// What the driver measured.
struct Measured {
    answered: f64,
    per_second: f64,
    p50: f64,
    p99: f64,
}

/// The sizes up to `largest`, and that one.
fn sizes(largest: usize) -> Vec<usize> {
    SIZES.into_iter().filter(|size| *size < largest).chain([largest]).collect()
}

/// The program that serves, drives and measures, as it ships.
fn build() -> Result<PathBuf> {
    println!("building the release collector with a route that does nothing");
    house::run(house::cargo().args(["build", "--release", "--package", "unticked-bench"]))?;
    Ok(house::target().join("release/unticked-bench"))
}

/// A folder beside the build, gone when it is dropped: a temporary folder may lie in memory, where commits cost nothing.
struct Folder(PathBuf);

impl Folder {
    fn make(name: &str) -> Result<Self> {
        let folder = house::target().join(format!("bench-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Measures the ledger up to `largest` leaves and prints the tables.
pub fn ledger(largest: usize) -> Result<()> {
    let binary = build()?;
    let run = |engine: &str, database: &str| -> Result<()> {
        println!("\n{engine}");
        let folder = Folder::make("ledger")?;
        let mut command = Command::new(&binary);
        command.arg("ledger").arg(&folder.0).arg(collector::sample()).arg(database).arg(WHOLE.to_string());
        command.args(sizes(largest).iter().map(ToString::to_string));
        house::run(&mut command)
    };
    run("SQLite", "sqlite:unticked.db")?;
    let postgres = Postgres::start()?;
    run("PostgreSQL", &postgres.url())
}

/// Sends visitors to databases of several sizes, in turn, and prints what each costs.
pub fn growth(largest: usize, options: Options) -> Result<()> {
    let binary = build()?;
    println!("{} connections, {} rounds of {} s, in turn\n", options.connections, ROUNDS, options.seconds);
    println!(
        "{:<12} {:>10} {:>10} {:>12} {:>8} {:>12} {:>8} {:>10} {:>10}",
        "engine", "stored", "per s", "µs each", "ratio", "CPU µs each", "ratio", "RSS empty", "RSS now"
    );
    grow("SQLite", &binary, |_| Ok("sqlite:unticked.db".to_owned()), largest, options)?;
    let postgres = Postgres::start()?;
    grow("PostgreSQL", &binary, |size| postgres.database(&format!("growth_{size}")), largest, options)
}

/// How often each size has its turn.
const ROUNDS: usize = 3;

/// One size's turns.
struct Grown {
    server: Server,
    size: usize,
    /// For each turn: the time and the processor time of one submission, in microseconds.
    turns: Vec<(f64, f64)>,
}

fn grow(
    engine: &str,
    binary: &Path,
    database: impl Fn(usize) -> Result<String>,
    largest: usize,
    options: Options,
) -> Result<()> {
    let count = (options.seconds * PER_SECOND * ROUNDS).min(MOST);
    let mut all = Vec::new();
    for size in sizes(largest) {
        let server = Server::start(binary, &database(size)?, count, size)?;
        all.push(Grown { server, size, turns: Vec::new() });
    }
    for _ in 0..ROUNDS {
        for grown in &mut all {
            let before = grown.server.processor_time()?;
            let measured = grown.server.drive(binary, &grown.server.collector, SUBMISSIONS, options)?;
            let spent = grown.server.processor_time()? - before;
            grown.turns.push((1e6 / measured.per_second, spent * 1e6 / measured.answered));
        }
    }
    let median = |grown: &Grown, which: fn(&(f64, f64)) -> f64| {
        let mut figures: Vec<f64> = grown.turns.iter().map(which).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let first = all.first().map(|grown| (median(grown, |turn| turn.0), median(grown, |turn| turn.1)));
    let first = first.context("no size was measured")?;
    for grown in &all {
        let (wall, cpu) = (median(grown, |turn| turn.0), median(grown, |turn| turn.1));
        println!(
            "{engine:<12} {:>10} {:>10.0} {wall:>12.1} {:>8.2} {cpu:>12.1} {:>8.2} {:>7} MB {:>7} MB",
            grown.size,
            1e6 / wall,
            wall / first.0,
            cpu / first.1,
            grown.server.at_start / 1024,
            grown.server.memory()? / 1024,
        );
    }
    Ok(())
}

/// Measures both engines and prints the table.
pub fn submit(options: Options) -> Result<()> {
    let binary = build()?;
    println!("{} connections, {} s each, one after the other\n", options.connections, options.seconds);
    println!("{:<12} {:<8} {:>10} {:>10} {:>10} {:>8}", "engine", "route", "per s", "p50 ms", "p99 ms", "ratio");
    measure("SQLite", &binary, "sqlite:unticked.db", options)?;
    let postgres = Postgres::start()?;
    measure("PostgreSQL", &binary, &postgres.url(), options)
}

fn measure(engine: &str, binary: &Path, database: &str, options: Options) -> Result<()> {
    let server = Server::start(binary, database, (options.seconds * PER_SECOND).min(MOST), 0)?;
    let noop = server.drive(binary, &server.noop, "/noop", options)?;
    line(engine, "no-op", &noop, None);
    let submit = server.drive(binary, &server.collector, SUBMISSIONS, options)?;
    line(engine, "submit", &submit, Some(submit.per_second / noop.per_second));
    Ok(())
}

fn line(engine: &str, route: &str, measured: &Measured, ratio: Option<f64>) {
    let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:>8.2}"));
    let Measured { per_second, p50, p99, .. } = measured;
    println!("{engine:<12} {route:<8} {per_second:>10.0} {p50:>10.2} {p99:>10.2} {ratio}");
}

/// The serving process; it ends when its standard input does, so with us in any case.
struct Server {
    process: Child,
    folder: Folder,
    collector: String,
    noop: String,
    /// The memory that it held before anything was stored, in KiB.
    at_start: u64,
    /// What of `requests` was sent.
    sent: std::cell::Cell<usize>,
}

impl Server {
    /// Starts it with `fill` submissions stored and `count` requests at hand.
    fn start(binary: &Path, database: &str, count: usize, fill: usize) -> Result<Self> {
        let folder = Folder::make(&format!("{fill}"))?;
        let mut command = Command::new(binary);
        command.arg("serve").arg(&folder.0).arg(collector::sample()).arg(database);
        command.args([count.to_string(), fill.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let process = command.spawn().context("the bench's server does not start")?;
        let mut server = Self {
            process,
            folder,
            collector: String::new(),
            noop: String::new(),
            at_start: 0,
            sent: std::cell::Cell::default(),
        };
        let output = server.process.stdout.take().context("it has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [collector, noop, at_start] = words[..] else { bail!("the bench's server ended early") };
        (server.collector, server.noop) = (collector.to_owned(), noop.to_owned());
        server.at_start = at_start.parse()?;
        Ok(server)
    }

    fn drive(&self, binary: &Path, address: &str, path: &str, options: Options) -> Result<Measured> {
        let mut command = Command::new(binary);
        command.args(["drive", address, path]).arg(self.folder.0.join("requests"));
        // A request is new only once; the route that does nothing does not mind.
        let past = if path == SUBMISSIONS { self.sent.get() } else { 0 };
        command.args([options.seconds.to_string(), options.connections.to_string(), past.to_string()]);
        let output = house::capture(&mut command)?;
        let numbers: Vec<f64> = output.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [answered, seconds, p50, p99] = numbers[..] else { bail!("cannot read `{output}`") };
        if path == SUBMISSIONS {
            // Each connection may have taken one more that it did not send.
            let answered: usize = output.split_whitespace().next().context("no count")?.parse()?;
            self.sent.set(past + answered + options.connections);
        }
        Ok(Measured { answered, per_second: answered / seconds, p50: p50 / 1000.0, p99: p99 / 1000.0 })
    }

    /// The seconds of processor time that it has used.
    fn processor_time(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // Behind the name, which may hold spaces: the 14th and 15th field of all, in hundredths of a second.
        let fields = stat.rsplit_once(')').context("no name")?.1;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
    }

    /// The memory that it holds now, in KiB.
    fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
