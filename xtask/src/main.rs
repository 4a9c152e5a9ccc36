//! The project's own commands; `cargo xtask help` lists them.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use xtask::build::{self, Mode};

/// Builds, runs, tests and measures the project.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the widget (Wasm) and the collector that carries it.
    Build(Build),
}

#[derive(Args)]
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
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Build(options) => {
            let mode = if options.dev { Mode::Dev } else { Mode::Release };
            let assets = build::widget(mode)?;
            println!("assets: {}", assets.display());
            if !options.widget_only {
                println!("collector: {}", build::collector(mode, &assets)?.display());
            }
            Ok(())
        }
    }
}
