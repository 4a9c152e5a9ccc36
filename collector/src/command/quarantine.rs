//! `unticked quarantine list|release`

use std::process::ExitCode;

use clap::Subcommand;
use unticked_collector::{
    config::Sources,
    submissions::{quarantine, reference::as_typed},
    world::Clock,
};

use super::{FOUND_WANTING, failed, shown_time};

/// What to do with what waits.
#[derive(Subcommand)]
pub enum Quarantine {
    /// Lists what waits, the oldest first
    List,
    /// Lets a submission go to its destinations
    Release {
        /// Its reference, such as `K7QD-93XF`
        reference: String,
    },
}

/// Opens the database and does it.
pub fn run(sources: &Sources, what: &Quarantine) -> ExitCode {
    super::with_store(sources, async |_, store| {
        let closed = |error| failed("The quarantine cannot be opened", &error);
        match what {
            Quarantine::List => {
                for one in quarantine::list(store).await.map_err(closed)? {
                    println!("{}  {}  {}", one.reference, shown_time(one.received_at), one.form);
                }
                Ok(ExitCode::SUCCESS)
            }
            Quarantine::Release { reference } => {
                let reference = as_typed(reference);
                if quarantine::release(store, &reference, Clock::system().now()).await.map_err(closed)? {
                    println!("released {reference}");
                    return Ok(ExitCode::SUCCESS);
                }
                eprintln!("Nothing with the reference {reference} waits; `unticked quarantine list` shows what does.");
                Err(ExitCode::from(FOUND_WANTING))
            }
        }
    })
}
