//! `unticked upgrade`

use std::process::ExitCode;

use unticked_collector::{
    config::Sources,
    keep::{self, Before},
    world::{Clock, Random},
};

/// Brings both databases up to date, after a copy, as `serve` does when it starts.
pub fn run(sources: &Sources) -> ExitCode {
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    super::block_on(async {
        let upgraded = match keep::open(&settings, Clock::system().now(), &Random::system()).await {
            Ok(upgraded) => upgraded,
            Err(error) => return super::not_kept("Nothing was brought up to date", &error),
        };
        upgraded.store.close().await;
        match upgraded.from {
            None => println!("the databases are up to date"),
            Some(Before::Copied(made)) => {
                println!("brought the databases up to date; what they were before lies in");
                println!("  {}", made.data.display());
                println!("  {}", made.keys.display());
            }
            Some(Before::GoneOn(copy)) => {
                println!("finished an upgrade that had been interrupted; the copy made before it is {copy}");
            }
            Some(Before::WithoutCopy) => println!("brought the databases up to date, without a copy"),
        }
        ExitCode::SUCCESS
    })
}
