//! `unticked retention [--until DATE] [--json]`, `unticked retention run`

use std::{io::Write, process::ExitCode};

use clap::{Args, Subcommand};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use unticked_collector::{
    config::Sources,
    forms::Forms,
    retention::{Tools, due, run},
    world::Clock,
};
use unticked_shared::id::FieldId;

use super::{Done, FAILED, WRONG_SETTINGS, failed};

/// What falls due, and what to do about it.
#[derive(Args)]
pub struct Retention {
    /// Shows what falls due and changes nothing; the same as without it
    #[arg(long)]
    dry_run: bool,
    /// Shows what falls due up to the end of this day (UTC), such as 2027-01-31; without it what is due now
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// For programs: an array of objects
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
    if what.action.is_some() && (what.dry_run || what.until.is_some() || what.json) {
        eprintln!("`unticked retention run` carries out what is due now; leave the other options away.");
        return ExitCode::from(WRONG_SETTINGS);
    }
    super::with_store(sources, async |settings, store| {
        let vault = super::vault(settings, store).await?;
        let forms = Forms::archive(store.clone(), Clock::system());
        let ledger = super::ledger(settings, store, &vault).await?;
        let tools = Tools::new(store.clone(), forms, vault, ledger, settings.retention.suspects_days);
        if what.action.is_some() { carry_out(&tools).await } else { show(&tools, what).await }
    })
}

async fn show(tools: &Tools, what: &Retention) -> Done {
    let until = match what.until.map(end_of) {
        None => Clock::system().now(),
        Some(Some(end)) => end,
        Some(None) => {
            eprintln!("`--until` lies beyond the calendar.");
            return Err(ExitCode::from(WRONG_SETTINGS));
        }
    };
    let mut out = std::io::stdout().lock();
    let mut shown = 0u64;
    let looked = due::falls_due(tools, until, |falling| {
        // Whoever reads no further has seen enough.
        let _ = if what.json {
            let before = if shown == 0 { "[" } else { "," };
            writeln!(out, "{before}{}", serde_json::to_string(&falling).unwrap_or_default())
        } else {
            writeln!(out, "{}", sentence(&falling))
        };
        shown += 1;
    })
    .await;
    let unreadable = looked.map_err(|error| failed("What falls due cannot be read", &error))?;
    match (what.json, shown) {
        (true, 0) => drop(writeln!(out, "[]")),
        (true, _) => drop(writeln!(out, "]")),
        (false, 0) => eprintln!("Nothing falls due until {until:.0}."),
        (false, _) => {}
    }
    if unreadable > 0 {
        eprintln!("{unreadable} submissions could not be read; `unticked doctor` says more.");
        return Err(ExitCode::from(FAILED));
    }
    Ok(ExitCode::SUCCESS)
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
        let fields: Vec<&str> = falling.destroys.iter().map(FieldId::as_str).collect();
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

async fn carry_out(tools: &Tools) -> Done {
    let done = run::run(tools, Clock::system().now()).await;
    let done = done.map_err(|error| failed("The retention rules cannot be carried out", &error))?;
    println!("ended {} purposes, destroyed {} values, forgot {} persons", done.ended, done.destroyed, done.forgotten);
    if done.failed > 0 {
        eprintln!("{} submissions could not be read and stay as they are; `unticked doctor` says more.", done.failed);
        return Err(ExitCode::from(FAILED));
    }
    Ok(ExitCode::SUCCESS)
}
