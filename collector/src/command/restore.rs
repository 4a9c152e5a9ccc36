//! `unticked restore`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use unticked_collector::{
    config::{Settings, Sources},
    keep::{self, LedgerAfter, Restored, Wish},
    world::{Clock, Random},
};

use super::backup::counted;

/// What to bring back.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the command line")]
pub struct Restore {
    /// The data of a backup: its folder, or the one that holds several (then the newest)
    #[arg(long, value_name = "FOLDER", required_unless_present = "settle")]
    from: Option<PathBuf>,
    /// Its keys, likewise; without them the key store and the key ring that are here are used
    #[arg(long, value_name = "FOLDER")]
    keys_from: Option<PathBuf>,
    /// Moves aside what is there; without it an empty place is needed
    #[arg(long)]
    replace: bool,
    /// The collector was stopped before this backup was made, and has never run since: its ledger goes on under the same
    /// name. Without it a new name begins, since others may have seen what came after the copy
    #[arg(long, conflicts_with = "check")]
    same_ledger: bool,
    /// Checks everything and writes nothing
    #[arg(long, conflicts_with = "replace")]
    check: bool,
    /// There is no newer main database: take the one that is here as it is, though its key store has seen a newer one
    #[arg(long, conflicts_with_all = ["from", "keys_from", "replace", "check", "same_ledger"])]
    settle: bool,
}

/// Brings it back and says what is there and what is not.
pub fn run(sources: &Sources, restore: &Restore) -> ExitCode {
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    super::block_on(async {
        let now = Clock::system().now();
        let Some(from) = &restore.from else {
            return match keep::settle(&settings, now).await {
                Ok(()) => {
                    println!("the main database counts as it is; keys that belong to nobody in it will be swept");
                    ExitCode::SUCCESS
                }
                Err(error) => super::not_kept("Nothing was settled", &error),
            };
        };
        let wish = Wish {
            data: from.clone(),
            keys: restore.keys_from.clone(),
            replace: restore.replace,
            check_only: restore.check,
            same_ledger: restore.same_ledger,
        };
        match keep::restore(&settings, &wish, now, &Random::system()).await {
            Ok(restored) => {
                say(&settings, &restored, restore.check);
                match &restored.ledger {
                    Some(LedgerAfter::DoesNotFit(_) | LedgerAfter::NotBegun(_)) => ExitCode::from(super::FAILED),
                    _ => ExitCode::SUCCESS,
                }
            }
            Err(error) => super::not_kept("Nothing was restored", &error),
        }
    })
}

fn say(settings: &Settings, restored: &Restored, check: bool) {
    let data = &restored.data;
    println!(
        "{} the backup of {}, made by Unticked {}",
        if check { "checked, and found whole," } else { "restored" },
        data.made_at,
        data.product
    );
    let newest = data.newest_at.as_ref().map(|at| format!(", the newest of {at}")).unwrap_or_default();
    println!("  {}{newest}", counted(data.rows, "submission"));
    for (what, place) in &restored.places {
        println!("  {what}: {}", place.display());
    }
    for place in &restored.aside {
        println!("  moved aside: {}", place.display());
    }
    println!("Not in it:");
    if !check {
        println!("  What came after {}: submissions, confirmations, withdrawals, ended retention.", data.made_at);
        match restored.forgotten_again {
            Some(0) => println!("  People who were forgotten since then: the journal names none who is in it."),
            Some(again) => {
                println!("  {}, who had been forgotten since then: forgotten again.", counted(again, "person"));
            }
            None => println!("  Whoever was forgotten since then is forgotten again when `unticked serve` starts."),
        }
    }
    match &restored.keys {
        None => println!("  The keys: the key store and the key ring that are here are used."),
        Some(keys) if keys.id != data.id => {
            println!("  The keys are of another backup, made at {}.", keys.made_at);
        }
        Some(_) => {}
    }
    if let Some(fit) = restored.fit {
        if fit.values_without_key > 0 {
            println!(
                "  The keys of {}, whose values nobody can read: take keys that are as new as the data, if there are any.",
                counted(fit.values_without_key, "person")
            );
        }
        if fit.keys_without_subject > 0 {
            println!("  The data of {}, of whom there are keys alone.", counted(fit.keys_without_subject, "person"));
        }
    }
    if restored.lost_values > 0 {
        println!(
            "  The `value` key of {}, which has left the key ring: nobody can read them. A copy of the ring from then can.",
            counted(restored.lost_values, "value")
        );
    }
    println!("  Settings and secrets. Here `server.public_url` is {}.", settings.server.public_url);
    for trouble in &restored.missing_secrets {
        println!("  Here {trouble}; a destination needs it.");
    }
    if let Some(ledger) = &restored.ledger {
        say_of_ledger(ledger);
    }
    if !check {
        println!("Next: `unticked doctor`, then `unticked serve`.");
    }
}

fn say_of_ledger(ledger: &LedgerAfter) {
    match ledger {
        LedgerAfter::Absent => println!(
            "The backup has no ledger yet; the first start begins one. If this collector has shown one to the world already, \
             say `unticked ledger new-origin` after that start: what begins now is another one."
        ),
        LedgerAfter::AfterUpgrade => println!(
            "The backup is of an older version, and its ledger has no new name yet: others may have seen what came after the \
             copy. Say `unticked upgrade`, then `unticked ledger new-origin --reason \"…\"`; no collector starts on it before."
        ),
        LedgerAfter::Begun(begun) => super::ledger::say(begun),
        LedgerAfter::GoesOn { origin, size } => {
            println!("The ledger goes on as {origin}, with {size} entries: what was signed last is in it.");
        }
        LedgerAfter::NotBegun(why) => eprintln!(
            "The ledger has no new name yet: {why}. Say `unticked ledger new-origin --reason \"…\"` before you start the \
             collector: others may have seen what came after the copy."
        ),
        LedgerAfter::DoesNotFit(why) => eprintln!("The ledger does not go on, and no collector starts on it: {why}."),
    }
}
