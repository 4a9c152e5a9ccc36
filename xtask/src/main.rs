//! The project's own commands; `cargo xtask help` lists them.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use xtask::{
    bench,
    build::{self, Mode},
    demo, docs, fuzz, gallery, ship, size, test, torture,
};

/// Builds, runs, tests and measures the project.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts everything with a sample shop and a sample CRM, and says where to look.
    Demo(Demo),
    /// Builds the widget (Wasm) and the collector that carries it.
    Build(Build),
    /// Runs every test there is, installing what the tests need where it can.
    Test(Test),
    /// Prints what a visitor pays in bytes, and fails over budget.
    Size,
    /// Serves every view in every state, without a collector.
    Gallery(Gallery),
    /// Writes the parts of the documentation that come from the code anew, and runs every block of it.
    Docs,
    /// Kills the collector at random moments under load, and looks whether anything that it answered is lost.
    Torture(Torture),
    /// Searches for input that breaks what reads it, guided by coverage.
    Fuzz(Fuzz),
    /// Measures the release collector on this machine.
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Args)]
struct Demo {
    /// As it ships: longer to build, smaller and faster to use.
    #[arg(long)]
    release: bool,
    /// Forget the leads of earlier runs.
    #[arg(long)]
    fresh: bool,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Build {
    /// Small and fast, as it ships (the default).
    #[arg(long)]
    release: bool,
    /// Quick to build, for working on it.
    #[arg(long, conflicts_with = "release")]
    dev: bool,
    /// Stop after the widget's assets.
    #[arg(long)]
    widget_only: bool,
    /// One file that runs on any Linux of this architecture; needs musl-gcc (Debian: musl-tools).
    #[arg(long = "static", conflicts_with = "widget_only")]
    standalone: bool,
}

#[derive(Args)]
struct Test {
    /// Go without npm, PyPI and browsers.
    #[arg(long)]
    rust_only: bool,
    /// Only the tests whose names contain one of these words.
    filters: Vec<String>,
}

#[derive(Args)]
struct Torture {
    /// How often it is killed.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Repeats the choices of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
    /// On PostgreSQL, in a new database of this server, instead of SQLite.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Two collectors on one PostgreSQL, which die in turn.
    #[arg(long)]
    two: bool,
}

#[derive(Args)]
struct Fuzz {
    /// How long each target is searched.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Only these targets.
    targets: Vec<String>,
}

#[derive(Subcommand)]
enum Bench {
    /// Submissions per second beside a route that does nothing, on SQLite and on PostgreSQL.
    Submit(Submit),
    /// Appends, proofs and hashes of the ledger at 10,000, 100,000 and 1,000,000 leaves, on both engines.
    Ledger(Largest),
    /// What one submission costs, and how much memory the collector holds, by how many are stored, on both engines.
    Growth(Growth),
}

#[derive(Args)]
struct Largest {
    /// The largest size that is measured; 10000000 takes an hour.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(20_000..=100_000_000))]
    largest: u32,
}

#[derive(Args)]
struct Growth {
    #[command(flatten)]
    largest: Largest,
    /// How long each turn takes.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=60))]
    seconds: u16,
    /// Requests under way at the same time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=512))]
    connections: u16,
}

#[derive(Args)]
struct Submit {
    /// How long each measurement takes.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=60))]
    seconds: u16,
    /// Requests under way at the same time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=512))]
    connections: u16,
}

#[derive(Args)]
struct Gallery {
    /// The port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// Quick to build, for working on it.
    #[arg(long)]
    dev: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; false when it measured or tested something and found it wanting.
fn run(command: Command) -> Result<bool> {
    match command {
        Command::Test(options) => test::run(&test::Options { rust_only: options.rust_only, filters: options.filters }),
        Command::Size => size::check(),
        Command::Torture(Torture { rounds, seed, postgres, two }) => {
            torture::run(&torture::Options { rounds, seed, postgres, two })
        }
        Command::Fuzz(Fuzz { seconds, targets }) => {
            fuzz::run(&fuzz::Options { seconds, targets }).map(|tally| tally.failed == 0)
        }
        Command::Bench(Bench::Submit(Submit { seconds, connections })) => {
            bench::submit(bench::Options { seconds: seconds.into(), connections: connections.into() }).map(|()| true)
        }
        Command::Bench(Bench::Ledger(Largest { largest })) => bench::ledger(largest as usize).map(|()| true),
        Command::Bench(Bench::Growth(Growth { largest, seconds, connections })) => {
            let options = bench::Options { seconds: seconds.into(), connections: connections.into() };
            bench::growth(largest.largest as usize, options).map(|()| true)
        }
        Command::Docs => docs::write().map(|()| true),
        Command::Gallery(options) => {
            gallery::run(options.port, if options.dev { Mode::Dev } else { Mode::Release }).map(|()| true)
        }
        Command::Demo(options) => {
            demo::run(demo::Options { release: options.release, fresh: options.fresh }).map(|()| true)
        }
        Command::Build(options) => build(&options).map(|()| true),
    }
}

fn build(options: &Build) -> Result<()> {
    let mode = if options.dev { Mode::Dev } else { Mode::Release };
    let assets = build::widget(mode)?;
    println!("assets: {}", assets.display());
    if !options.widget_only {
        let binary =
            if options.standalone { ship::standalone(mode, &assets)? } else { build::collector(mode, &assets)? };
        println!("collector: {}", ship::describe(&binary)?);
    }
    Ok(())
}
