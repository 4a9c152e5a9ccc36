//! `unticked ledger status|key|rebuild|new-origin`

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::Subcommand;
use serde_json::json;
use unticked_collector::{
    config::{Settings, Sources},
    keep::Presence,
    ledger::{
        self, LedgerError,
        mend::{self, Begun},
        standing::{self, Standing},
    },
    store::Store,
    world::Clock,
};

use super::{Done, FAILED, WRONG_SETTINGS, failed, shown_time};

/// The tree of all evidence, which nobody can change unnoticed.
#[derive(Subcommand)]
pub enum Ledger {
    /// Its name, how far it has come, what was signed and what the world has seen
    Status {
        /// For programs: an object
        #[arg(long)]
        json: bool,
    },
    /// Prints the key that checks its heads and every receipt; give it to whoever shall be able to check them
    Key {
        /// The keys of every name that the ledger has had, the oldest first
        #[arg(long)]
        all: bool,
    },
    /// Makes its tiles anew from its entries, after holding these against what was signed; a collector may be at work
    Rebuild,
    /// Who outside vouches for it, and for how much of it; exit code 1 when one says that it saw another
    Witnesses(super::witnesses::Witnesses),
    /// When an authority saw it, and how anybody can check that
    Timestamps(super::witnesses::Timestamps),
    /// Begins a new name after the main database was lost or put back: what was signed under the old one stands no more
    NewOrigin {
        /// Why, for everybody to read; no names of people
        #[arg(long, value_name = "WHY")]
        reason: String,
    },
    /// Writes a file with which an authority can check the ledger, and records in it, without this collector
    Bundle(super::bundle::Bundle),
}

/// Opens the database and does it.
pub fn run(sources: &Sources, action: &Ledger) -> ExitCode {
    match action {
        Ledger::NewOrigin { reason } => new_origin(sources, reason),
        Ledger::Bundle(bundle) => super::bundle::run(sources, bundle),
        action => super::with_store(sources, async |settings, store| match action {
            Ledger::Status { json } => status(store, *json).await,
            Ledger::Key { all } => key(settings, store, *all).await,
            Ledger::Rebuild => rebuild(store).await,
            Ledger::Witnesses(what) => super::witnesses::witnesses(settings, store, what).await,
            Ledger::Timestamps(what) => super::witnesses::timestamps(store, what).await,
            Ledger::NewOrigin { .. } | Ledger::Bundle(_) => unreachable!("handled above, before a database is opened"),
        }),
    }
}

async fn status(store: &Store, json: bool) -> Done {
    let standing = standing::look(store).await.map_err(unusable)?;
    if json {
        println!("{}", for_programs(&standing));
    } else {
        print!("{}", in_words(&standing));
    }
    match &standing.trouble {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => {
            eprintln!("A collector does not start on it: {error}.");
            Err(ExitCode::from(FAILED))
        }
    }
}

fn in_words(standing: &Standing) -> String {
    let Some(origin) = standing.origins.last() else {
        return "There is no ledger yet; `unticked serve` begins it at its first start.\n".to_owned();
    };
    let mut text = format!("origin     {}\n", origin.origin);
    let _ = writeln!(text, "entries    {}", standing.head.size);
    match &standing.signed {
        Some(signed) if signed.origin == origin.origin => {
            let _ = writeln!(text, "signed     {}, at {}", signed.size, shown_time(signed.signed_at));
        }
        _ => text.push_str("signed     nothing yet under this name\n"),
    }
    match &standing.published {
        Some(published) => {
            let _ = writeln!(text, "published  {}, at {}", published.size, shown_time(published.published_at));
        }
        None => text.push_str("published  nothing yet under this name\n"),
    }
    for (before, next) in standing.origins.iter().zip(standing.origins.iter().skip(1)) {
        let _ = writeln!(
            text,
            "before     {}, until {}, {} entries: {}",
            before.origin,
            shown_time(next.began_at),
            next.began_at_size,
            super::harmless(next.reason.as_deref().unwrap_or("no reason was given")),
        );
    }
    if let Some(signed) = &standing.signed {
        let _ = write!(text, "\n{}", signed.note);
    }
    text
}

fn for_programs(standing: &Standing) -> serde_json::Value {
    let origins: Vec<_> = standing
        .origins
        .iter()
        .map(|one| {
            json!({
                "origin": one.origin, "began_at": shown_time(one.began_at), "began_at_size": one.began_at_size,
                "reason": one.reason, "previous": one.previous,
            })
        })
        .collect();
    json!({
        "origin": standing.origins.last().map(|one| &one.origin),
        "entries": standing.head.size,
        "signed": standing.signed.as_ref().map(|signed| json!({
            "size": signed.size, "at": shown_time(signed.signed_at), "checkpoint": signed.note,
        })),
        "published": standing.published.as_ref().map(|published| json!({
            "size": published.size, "at": shown_time(published.published_at), "checkpoint": published.note,
        })),
        "origins": origins,
        "trouble": standing.trouble.as_ref().map(ToString::to_string),
    })
}

async fn key(settings: &Settings, store: &Store, all: bool) -> Done {
    let vault = super::vault(settings, store).await?;
    let origins = ledger::sql::origins(&mut store.read().await.map_err(super::unreadable)?).await;
    let origins = origins.map_err(super::unreadable)?;
    if origins.is_empty() {
        eprintln!("There is no ledger yet; `unticked serve` begins it at its first start.");
        return Err(ExitCode::from(FAILED));
    }
    let first = if all { 0 } else { origins.len() - 1 };
    for origin in &origins[first..] {
        match ledger::verifier_of(&vault, &origin.origin) {
            Some(key) => println!("{key}"),
            None => return Err(unusable(LedgerError::Name(origin.origin.clone()))),
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn rebuild(store: &Store) -> Done {
    let watched = std::io::stderr().is_terminal();
    let rebuilt = mend::rebuild(store, |done, of| {
        if watched && of > 0 {
            eprint!("\r{} %", done * 100 / of);
            let _ = std::io::stderr().flush();
        }
    })
    .await;
    if watched {
        eprintln!();
    }
    let rebuilt = rebuilt.map_err(|error| match error {
        LedgerError::Torn => {
            eprintln!(
                "Nothing was changed: the entries themselves do not lead to the head of the ledger. `unticked verify` names \
                 what does not hold; restore a backup, or say `unticked ledger new-origin` if there is none."
            );
            ExitCode::from(FAILED)
        }
        error => unusable(error),
    })?;
    println!("made {} tiles anew from {} entries; they lead to what was signed", rebuilt.tiles, rebuilt.leaves);
    Ok(ExitCode::SUCCESS)
}

fn new_origin(sources: &Sources, reason: &str) -> ExitCode {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > 500 || reason.chars().any(char::is_control) {
        eprintln!(
            "Say why in a line of at most 500 letters: `--reason \"the disk failed, the backup of Monday was put back\"`."
        );
        return ExitCode::from(WRONG_SETTINGS);
    }
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    // Before a database is opened: a collector at work would go on signing under the old name.
    let _alone = match Presence::alone(&settings.database.main) {
        Ok(alone) => alone,
        Err(error) => return super::not_kept("No new name was begun", &error),
    };
    super::block_on(async {
        let done: Done = async {
            let store = super::store(&settings).await?;
            let vault = super::vault(&settings, &store).await?;
            let now = Clock::system().now();
            let begun = mend::begin(&store, &vault, Some(&settings.server.public_url), reason, now).await;
            store.close().await;
            say(&begun.map_err(unusable)?);
            Ok(ExitCode::SUCCESS)
        }
        .await;
        done.unwrap_or_else(|code| code)
    })
}

/// What began, and what to do about it.
pub fn say(begun: &Begun) {
    println!("The ledger goes on as {} from {} entries.", begun.origin, begun.size);
    let (before, signed) = &begun.before;
    match signed {
        Some(signed) => {
            println!("  Before, {before} had signed {signed}. Receipts from then keep what they prove, by its key.");
        }
        None => println!("  Before it was {before}; no head of it is known."),
    }
    if begun.taken_out > 0 {
        println!(
            "  {} entries that nothing led to were taken out; their records get new places at the next start.",
            begun.taken_out
        );
    }
    println!("  Its key: {}", begun.key);
    println!("Tell whoever has the old key: it stands at /ledger/ with the reason, for everybody to read.");
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn unusable(error: LedgerError) -> ExitCode {
    failed("The ledger cannot be used", &error)
}
