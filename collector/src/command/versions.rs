//! `unticked versions list|show|withdraw`

use std::{io::Write, process::ExitCode};

use clap::Subcommand;
use unticked_collector::{
    config::{Settings, Sources},
    forms::{Forms, FormsError},
    store::Store,
    world::Clock,
};

use super::{Done, FOUND_WANTING, failed, shown_time};

/// What to do with the archive.
#[derive(Subcommand)]
pub enum Versions {
    /// Lists every version that was ever shown, the newest first
    List,
    /// Prints the archived bytes of a version
    Show {
        /// Its digest, or the beginning of it
        digest: String,
    },
    /// Withdraws a version: it is kept, and no submission for it is accepted any more
    Withdraw {
        /// Its digest, or the beginning of it
        digest: String,
    },
}

/// Opens the archive and does it.
pub fn run(sources: &Sources, versions: &Versions) -> ExitCode {
    super::with_store(sources, async |settings, store| match versions {
        Versions::List => list(store).await,
        Versions::Show { digest } => show(store, digest).await,
        Versions::Withdraw { digest } => withdraw(store, settings, digest).await,
    })
}

async fn list(store: &Store) -> Done {
    let listed = Forms::list(store).await.map_err(|error| failed("The archive cannot be read", &error))?;
    for version in listed {
        let withdrawn = version.withdrawn_at.map(|at| format!("  withdrawn {}", shown_time(at))).unwrap_or_default();
        println!("{}  {}  {}{withdrawn}", version.digest, shown_time(version.first_at), version.form);
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(store: &Store, digest: &str) -> Done {
    let digest = whole(store, digest).await?;
    let bytes =
        Forms::archived_bytes(store, &digest).await.map_err(|error| failed("The archive cannot be read", &error))?;
    let bytes = bytes.ok_or(ExitCode::from(FOUND_WANTING))?;
    std::io::stdout().write_all(&bytes).map_err(|error| failed("The version cannot be written", &error))?;
    Ok(ExitCode::SUCCESS)
}

async fn withdraw(store: &Store, settings: &Settings, digest: &str) -> Done {
    let digest = whole(store, digest).await?;
    // The folder says what is shown now, which cannot be withdrawn.
    let forms = Forms::open(store.clone(), &settings.definitions_dir, Clock::system()).await;
    let forms = forms.map_err(|error| failed("The definitions cannot be read", &error))?;
    match forms.withdraw(&digest).await {
        Ok(()) => {
            println!("withdrew {digest}; send SIGHUP to running collectors, so that they notice");
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ (FormsError::Current(..) | FormsError::Unknown(_))) => {
            eprintln!("{error}");
            Err(ExitCode::from(FOUND_WANTING))
        }
        Err(error) => Err(failed("The version was not withdrawn", &error)),
    }
}

/// The digest that begins so, where there is exactly one.
async fn whole(store: &Store, beginning: &str) -> Result<String, ExitCode> {
    let listed = Forms::list(store).await.map_err(|error| failed("The archive cannot be read", &error))?;
    let mut fitting = listed.into_iter().filter(|version| version.digest.starts_with(beginning));
    match (fitting.next(), fitting.next()) {
        (Some(version), None) => Ok(version.digest),
        (None, _) => {
            eprintln!("No version begins with `{beginning}`; `unticked versions list` names them all.");
            Err(ExitCode::from(FOUND_WANTING))
        }
        (Some(_), Some(_)) => {
            eprintln!("Several versions begin with `{beginning}`; write more of it.");
            Err(ExitCode::from(FOUND_WANTING))
        }
    }
}
