//! `unticked backup`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use unticked_collector::{
    config::Sources,
    keep::{self, Made, Order, files::in_words},
    world::{Clock, Random},
};

/// Where to, and how.
#[derive(Args)]
pub struct Backup {
    /// The folder for the data; without it `backup.dir`
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// The folder for the keys, on another disk or machine; without it `backup.keys_dir`
    #[arg(long, value_name = "FOLDER")]
    keys_to: Option<PathBuf>,
    /// The keys may lie with the data, though whoever finds one then finds both
    #[arg(long)]
    together: bool,
    /// Leaves the key ring out; keep it by other means
    #[arg(long)]
    without_ring: bool,
    /// Removes older backups in these folders and keeps so many; without it all are kept
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

/// Makes it and says where it lies.
pub fn run(sources: &Sources, backup: Backup) -> ExitCode {
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    super::block_on(async {
        let made = match Order::from_settings(&settings, backup.to, backup.keys_to) {
            Ok(order) => {
                let order = Order {
                    together: backup.together,
                    ring: !backup.without_ring,
                    keep: backup.keep.map(usize::from),
                    ..order
                };
                keep::backup(&settings, &order, Clock::system().now(), &Random::system()).await
            }
            Err(error) => Err(error),
        };
        match made {
            Ok(made) => {
                say(&made);
                ExitCode::SUCCESS
            }
            Err(error) => super::not_kept("No backup was made", &error),
        }
    })
}

fn say(made: &Made) {
    let newest = made.newest_at.as_ref().map(|at| format!(", the newest of {at}")).unwrap_or_default();
    println!("backed up {}{newest}; {}", counted(made.submissions, "submission"), in_words(made.bytes));
    println!("  data  {}", made.data.display());
    println!("  keys  {}  (of {})", made.keys.display(), counted(made.persons, "person"));
    if made.pruned > 0 {
        println!("  removed {} of older backups", counted(made.pruned as u64, "folder"));
    }
    for note in &made.notes {
        eprintln!("note: {note}");
    }
}

/// `1 submission`, `2 submissions`.
pub fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
