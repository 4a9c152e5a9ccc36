//! The command line: `unticked serve` and what goes with it.

mod command;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Keeps what visitors decided, proves it, and hands leads to the CRM.
///
/// Exit codes: 0 it worked; 1 the definitions have errors, or what was asked for does not exist; 2 the command line or
/// the settings are wrong, or the definitions cannot be read; 3 the collector could not do its work (database, address).
#[derive(Parser)]
#[command(name = "unticked", version)]
struct Arguments {
    /// The settings file; without it the one that `UNTICKED_CONFIG` names, or `unticked.toml` here
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets one setting over file and environment; may be repeated
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Asks five questions and makes a folder that `serve` can start from: definitions, settings, keys
    Init(Box<command::init::Init>),
    /// Starts the collector; SIGHUP reads the definitions again, SIGINT and SIGTERM stop it when what was accepted is done
    Serve,
    /// Checks a folder of definitions; names file, line, column and article of each finding
    Check(command::check::Check),
    /// Writes the script that a page runs first, for sites that serve it themselves, and prints its integrity value
    Gate(command::gate::Gate),
    /// Looks at a page in a headless Chromium: what it loads and stores before a decision, after a refusal, after a grant
    Scan(Box<command::scan::Scan>),
    /// Asks the collector that runs here whether it can do its work; for health checks
    Ready,
    /// Prints the settings in force and where each comes from, secrets hidden
    Config,
    /// Copies the data to one folder and the keys to another, while the collector works
    Backup(command::backup::Backup),
    /// Brings a backup back, on this machine or another
    Restore(command::restore::Restore),
    /// Looks whether everything is as it must be, and says what to do; exit code 1 for warnings, 2 for failures
    Doctor(command::doctor::Doctor),
    /// Brings the databases up to date, after a copy, without serving
    Upgrade,
    /// Checks what a visitor kept: one record, with its proof
    #[command(subcommand)]
    Receipt(command::receipt::Receipt),
    /// The keys of the key ring: which there are, and changing them while collectors work
    #[command(subcommand)]
    Keys(command::keys::Keys),
    /// What was ever shown
    #[command(subcommand)]
    Versions(command::versions::Versions),
    /// What looked like a robot's and waits for you
    #[command(subcommand)]
    Quarantine(command::quarantine::Quarantine),
    /// Who receives leads, and whether they would
    #[command(subcommand)]
    Destinations(command::destinations::Destinations),
    /// What falls due by the periods that were promised, and what is destroyed then
    Retention(command::retention::Retention),
    /// Forgets a person (Art. 17): the identity at once, the evidence after its deadline
    Erase(Box<command::erase::Erase>),
    /// What visitors sent: opened for a named person, with a reason, both written into the access log
    #[command(subcommand)]
    Leads(command::leads::Leads),
    /// Links to documents, which count only for those who said yes to that; and what may be tracked of a person
    Links(Box<command::links::Links>),
    /// What was decided, in the words of a standard: for an authority, an auditor, the person
    #[command(subcommand)]
    Evidence(command::evidence::Evidence),
    /// Who opened what, when and why
    Accesses(command::accesses::Accesses),
    /// The tree of all evidence, which nobody can change unnoticed: its name, its key, how far it is
    #[command(subcommand)]
    Ledger(command::ledger::Ledger),
    /// What did not arrive, with its reason
    #[command(subcommand)]
    Deliveries(command::deliveries::Deliveries),
    /// Reads everything again and names what does not hold; checks a ledger from outside, or a file
    Verify(command::verify::Verify),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.config.or_else(|| std::env::var_os("UNTICKED_CONFIG").map(PathBuf::from));
    let sources = unticked_collector::config::Sources::of_process(file, arguments.set);
    match arguments.command {
        Command::Init(init) => command::init::run(*init),
        Command::Serve => command::serve::run(&sources),
        Command::Check(check) => command::check::run(&check),
        Command::Gate(gate) => command::gate::run(&sources, &gate),
        Command::Scan(scan) => command::scan::run(&sources, &scan),
        Command::Ready => command::ready::run(&sources),
        Command::Config => command::config::run(&sources),
        Command::Backup(backup) => command::backup::run(&sources, backup),
        Command::Restore(restore) => command::restore::run(&sources, &restore),
        Command::Doctor(doctor) => command::doctor::run(&sources, &doctor),
        Command::Upgrade => command::upgrade::run(&sources),
        Command::Receipt(receipt) => command::receipt::run(&receipt),
        Command::Keys(keys) => command::keys::run(&sources, &keys),
        Command::Versions(versions) => command::versions::run(&sources, &versions),
        Command::Quarantine(quarantine) => command::quarantine::run(&sources, &quarantine),
        Command::Destinations(destinations) => command::destinations::run(&sources, &destinations),
        Command::Retention(retention) => command::retention::run(&sources, &retention),
        Command::Erase(erase) => command::erase::run(&sources, &erase),
        Command::Leads(leads) => command::leads::run(&sources, &leads),
        Command::Links(links) => command::links::run(&sources, &links),
        Command::Evidence(evidence) => command::evidence::run(&sources, &evidence),
        Command::Accesses(accesses) => command::accesses::run(&sources, &accesses),
        Command::Ledger(ledger) => command::ledger::run(&sources, &ledger),
        Command::Deliveries(deliveries) => command::deliveries::run(&sources, &deliveries),
        Command::Verify(verify) => command::verify::run(&sources, &verify),
    }
}
