//! `unticked quarantine list|release`

use std::process::ExitCode;

use clap::Subcommand;
use unticked_collector::{config::Sources, submissions::quarantine, world::Clock};

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
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    super::block_on(async {
        let store = match super::store(&settings).await {
            Ok(store) => store,
            Err(code) => return code,
        };
        let done = match what {
            Quarantine::List => quarantine::list(&store).await.map(|waiting| {
                for one in waiting {
                    println!("{}  {}  {}", one.reference, shown_time(one.received_at), one.form);
                }
                ExitCode::SUCCESS
            }),
            Quarantine::Release { reference } => {
                quarantine::release(&store, &reference.to_ascii_uppercase(), Clock::system().now()).await.map(
                    |released| {
                        if released {
                            println!("released {reference}");
                            return ExitCode::SUCCESS;
                        }
                        eprintln!(
                            "Nothing with the reference {reference} waits; `unticked quarantine list` shows what does."
                        );
                        ExitCode::from(FOUND_WANTING)
                    },
                )
            }
        };
        store.close().await;
        done.unwrap_or_else(|error| failed("The quarantine cannot be opened", &error))
    })
}
