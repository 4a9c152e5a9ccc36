//! `unticked destinations list|test`

use std::process::ExitCode;

use clap::Subcommand;
use unticked_collector::{
    config::{Secret, Settings, Sources},
    forms,
    outbox::destinations::{Network, Target, guard::Guard, trial},
    world::{Clock, Random},
};
use unticked_shared::{
    definition::{self, Destination, destination::DestinationKind},
    id::PurposeId,
};

use super::{FAILED, FOUND_WANTING, failed};

/// What to do with the destinations.
#[derive(Subcommand)]
pub enum Destinations {
    /// Names each with its kind, its purposes, and what is missing
    List,
    /// Tries one out: a webhook gets a signed event of the type `unticked.test`; Vtiger is asked whether it is there
    Test {
        /// The destination's name
        name: String,
        /// Lets Vtiger make a record through each webform, which says that it is a test and is yours to delete
        #[arg(long)]
        record: bool,
    },
}

/// Reads the definitions as `serve` would, and does it.
pub fn run(sources: &Sources, what: &Destinations) -> ExitCode {
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    let declared = match declared(&settings) {
        Ok(declared) => declared,
        Err(code) => return code,
    };
    match what {
        Destinations::List => list(&settings, &declared),
        Destinations::Test { name, record } => {
            if let Some(destination) = declared.iter().find(|one| one.id.as_str() == name) {
                return super::block_on(test(&settings, destination, *record));
            }
            let names: Vec<&str> = declared.iter().map(|one| one.id.as_str()).collect();
            eprintln!("destinations.toml declares no `{name}`; it declares: {}", names.join(", "));
            ExitCode::from(FOUND_WANTING)
        }
    }
}

fn declared(settings: &Settings) -> Result<Vec<Destination>, ExitCode> {
    let files = forms::definition_files(&settings.definitions_dir)
        .map_err(|error| failed("The definitions cannot be read", &error))?;
    let definitions = definition::check(&files).definitions.ok_or_else(|| {
        eprintln!("The definitions have errors; `unticked check {}` names them.", settings.definitions_dir.display());
        ExitCode::from(FOUND_WANTING)
    })?;
    Ok(definitions.destinations)
}

fn target(settings: &Settings, destination: &Destination) -> Result<Target, String> {
    let secret = |name: &str| settings.secrets.get(&name.to_lowercase()).map(Secret::reveal);
    Target::new(destination, secret).map_err(|error| error.to_string())
}

fn list(settings: &Settings, declared: &[Destination]) -> ExitCode {
    for destination in declared {
        let purposes: Vec<&str> = destination.purposes.iter().map(PurposeId::as_str).collect();
        let state = target(settings, destination).err().unwrap_or_else(|| "ready".to_owned());
        println!("{}  {}  {}  {state}", destination.id, destination.kind.as_str(), purposes.join(", "));
    }
    if declared.is_empty() {
        eprintln!("No destination is declared: leads stay here.");
    }
    ExitCode::SUCCESS
}

async fn test(settings: &Settings, destination: &Destination, record: bool) -> ExitCode {
    let target = match target(settings, destination) {
        Ok(target) => target,
        Err(missing) => {
            eprintln!("`{}` cannot be tried: {missing}", destination.id);
            return ExitCode::from(FAILED);
        }
    };
    let network = match Network::new(Guard::new(&settings.outbox.allow_hosts)) {
        Ok(network) => network,
        Err(error) => return failed("The client for deliveries cannot be made", &error),
    };
    let steps = trial::try_out(&network, &target, record, Clock::system().now(), &Random::system()).await;
    for step in &steps {
        match &step.came {
            Ok(()) => println!("ok    {}", step.what),
            Err(reason) => println!("FAIL  {}\n      {reason}", step.what),
        }
    }
    if steps.iter().any(|step| step.came.is_err()) {
        return ExitCode::from(FAILED);
    }
    if matches!(destination.kind, DestinationKind::Vtiger(_)) && !record {
        println!(
            "Whether it takes the webform and its fields shows only a record: run this again with --record, and delete \
             what it makes."
        );
    }
    ExitCode::SUCCESS
}
