//! `unticked retention [--until DATE] [--json]`, `unticked retention run`

use std::{io::Write, process::ExitCode};

use clap::{Args, Subcommand};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use unticked_collector::{
    config::{Settings, Sources},
    forms::Forms,
    retention::{Tools, due, run},
    store::Store,
    vault::{KeyRing, Vault},
    world::{Clock, Random},
};

use super::{FAILED, failed};

/// What falls due, and what to do about it.
#[derive(Args)]
pub struct Retention {
    /// Shows what falls due and changes nothing; the same as without it
    #[arg(long)]
    dry_run: bool,
    /// Shows what falls due up to the end of this day (UTC), such as 2027-01-31; without it what is due now
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

/// What to do.
#[derive(Subcommand)]
enum Action {
    /// Carries out now what is due; a running collector does so by itself
    Run,
}

/// Opens the database and does it.
pub fn run(sources: &Sources, what: &Retention) -> ExitCode {
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    if what.action.is_some() && (what.dry_run || what.until.is_some()) {
        eprintln!("`unticked retention run` carries out what is due now; leave `--dry-run` and `--until` away.");
        return ExitCode::from(super::WRONG_SETTINGS);
    }
    super::block_on(async {
        let store = match super::store(&settings).await {
            Ok(store) => store,
            Err(code) => return code,
        };
        let done = match tools(&store, &settings).await {
            Ok(tools) if what.action.is_some() => carry_out(&tools).await,
            Ok(tools) => show(&tools, what).await,
            Err(code) => code,
        };
        store.close().await;
        done
    })
}

async fn tools(store: &Store, settings: &Settings) -> Result<Tools, ExitCode> {
    let ring = KeyRing::open(&settings.key_ring, &Random::system())
        .map_err(|error| failed("The key ring cannot be opened", &error))?;
    let vault = Vault::new(ring, Random::system());
    vault.check(store).await.map_err(|error| failed("The key store cannot be opened", &error))?;
    let forms = Forms::archive(store.clone(), Clock::system());
    Ok(Tools::new(store.clone(), forms, vault, settings.retention.suspects_days))
}

async fn show(tools: &Tools, what: &Retention) -> ExitCode {
    let now = Clock::system().now();
    let until = match what.until.map(end_of) {
        None => now,
        Some(Some(end)) => end,
        Some(None) => {
            eprintln!("`--until` lies beyond the calendar.");
            return ExitCode::from(super::WRONG_SETTINGS);
        }
    };
    let mut out = std::io::stdout().lock();
    let mut shown = 0u64;
    let looked = due::falls_due(tools, until, |falling| {
        shown += 1;
        // Whoever reads no further has seen enough.
        let _ = if what.json {
            writeln!(out, "{}", serde_json::to_string(&falling).unwrap_or_default())
        } else {
            writeln!(out, "{}", sentence(&falling))
        };
    })
    .await;
    match looked {
        Ok(0) => {
            if shown == 0 && !what.json {
                eprintln!("Nothing falls due until {until:.0}.");
            }
            ExitCode::SUCCESS
        }
        Ok(unreadable) => {
            eprintln!("{unreadable} submissions could not be read; `unticked doctor` says more.");
            ExitCode::from(FAILED)
        }
        Err(error) => failed("What falls due cannot be read", &error),
    }
}

/// `2028-11-23T12:00:20Z  contact  K7QD-93XF  ends newsletter (P2Y), destroys email and name, forgets the person`
fn sentence(falling: &due::FallsDue) -> String {
    let mut parts = Vec::new();
    if !falling.purposes.is_empty() {
        let purposes = falling.purposes.iter().map(|one| match &one.period {
            Some(period) => format!("{} ({period})", one.purpose),
            None => format!("{} (never released)", one.purpose),
        });
        parts.push(format!("ends {}", purposes.collect::<Vec<_>>().join(", ")));
    }
    if !falling.destroys.is_empty() {
        let fields: Vec<&str> = falling.destroys.iter().map(|field| field.as_str()).collect();
        parts.push(format!("destroys {}", fields.join(", ")));
    }
    if falling.forgets {
        parts.push("forgets the person".to_owned());
    }
    format!("{}  {}  {}  {}", falling.at, falling.form, falling.reference, parts.join("; "))
}

fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.checked_add(1.day()).ok()?;
    TimeZone::UTC.to_timestamp(next.to_datetime(jiff::civil::Time::midnight())).ok()?.checked_sub(1.millisecond()).ok()
}

async fn carry_out(tools: &Tools) -> ExitCode {
    match run::run(tools, Clock::system().now()).await {
        Ok(done) => {
            println!(
                "ended {} purposes, destroyed {} values, forgot {} persons",
                done.ended, done.destroyed, done.forgotten
            );
            if done.failed == 0 {
                return ExitCode::SUCCESS;
            }
            eprintln!(
                "{} submissions could not be read and stay as they are; `unticked doctor` says more.",
                done.failed
            );
            ExitCode::from(FAILED)
        }
        Err(error) => failed("The retention rules cannot be carried out", &error),
    }
}
