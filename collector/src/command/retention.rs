//! `unticked retention [--until DATE] [--json]`, `unticked retention run`

use std::{io::Write, process::ExitCode, time::Duration};

use clap::{Args, Subcommand};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use unticked_collector::{
    config::Sources,
    erasure,
    forms::Forms,
    retention::{Tools, clock, due, run},
    store::Store,
    world::Clock,
};
use unticked_shared::id::FieldId;

use super::{Done, FAILED, FOUND_WANTING, WRONG_SETTINGS, failed};

/// How long a reader of the database is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Says that this machine's clock is right, after it went on by weeks while no collector ran; `unticked doctor` asks for it
    ConfirmClock {
        /// Today's date (UTC), from anywhere but this machine, such as 2026-11-23
        #[arg(long, value_name = "DATE")]
        today: Date,
    },
}

/// Opens the database and does it.
pub fn run(sources: &Sources, what: &Retention) -> ExitCode {
    if what.action.is_some() && (what.dry_run || what.until.is_some() || what.json) {
        eprintln!("`unticked retention run` and `confirm-clock` go by what is now; leave the other options away.");
        return ExitCode::from(WRONG_SETTINGS);
    }
    super::with_store(sources, async |settings, store| {
        if let Some(Action::ConfirmClock { today }) = what.action {
            return confirm(store, today).await;
        }
        let vault = super::vault(settings, store).await?;
        let forms = Forms::archive(store.clone(), Clock::system());
        let ledger = super::ledger(settings, store, &vault).await?;
        let tools = Tools::new(store.clone(), forms, vault, ledger, settings.retention.suspects_days)
            .forgetting(settings.erasure.clone());
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

fn shown(time: Timestamp) -> String {
    super::shown_time(time.as_millisecond())
}

fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.checked_add(1.day()).ok()?;
    TimeZone::UTC.to_timestamp(next.to_datetime(jiff::civil::Time::midnight())).ok()?.checked_sub(1.millisecond()).ok()
}

/// Whoever says it must know the date: a yes would be said to a wrong one as well.
async fn confirm(store: &Store, today: Date) -> Done {
    let now = Clock::system().now();
    let here = TimeZone::UTC.to_datetime(now).date();
    // It may be tomorrow already where the owner sits.
    let differ = here.until(today).map_or(i32::MAX, |span| span.get_days().abs());
    if differ > 1 {
        eprintln!(
            "This machine's clock says {here}, and you say {today}. Nothing was confirmed; set the clock right \
             (`timedatectl set-ntp true`), and restart the collector if it runs."
        );
        return Err(ExitCode::from(FOUND_WANTING));
    }
    let doubt = clock::doubt(store, now).await.map_err(super::unreadable)?;
    clock::confirm(store, now).await.map_err(super::unreadable)?;
    match doubt {
        None => println!("the clock was not in doubt; it is {}", shown(now)),
        Some(doubt) => println!(
            "confirmed: it is {}. What fell due since {} ends within the hour, or now with `unticked retention run`",
            shown(now),
            shown(doubt.trusted_at)
        ),
    }
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(tools: &Tools) -> Done {
    let now = Clock::system().now();
    let done = run::run_as_trusted(tools, now).await;
    let done = done.map_err(|error| failed("The retention rules cannot be carried out", &error))?;
    let forgetting = erasure::run_as_trusted(tools, now, PATIENCE).await;
    let forgetting = forgetting.map_err(|error| failed("Nobody can be forgotten wholly now", &error))?;
    println!("ended {} purposes, destroyed {} values, forgot {} persons", done.ended, done.destroyed, done.forgotten);
    if forgetting.evidence_ended > 0 {
        println!("ended the evidence of {} submissions, whose deadline was over", forgetting.evidence_ended);
    }
    if forgetting.failed > 0 {
        eprintln!("{} are not forgotten wholly yet; the log says why. Try again.", forgetting.failed);
        return Err(ExitCode::from(FAILED));
    }
    if let Some(doubt) = clock::doubt(&tools.store, now).await.map_err(super::unreadable)? {
        eprintln!(
            "The clock says {} and stood at {} when it was last trusted: nothing that fell due in between was \
             destroyed. If it is right, say `unticked retention confirm-clock --today DATE`.",
            shown(now),
            shown(doubt.trusted_at)
        );
        return Err(ExitCode::from(FAILED));
    }
    if done.failed > 0 {
        eprintln!("{} submissions could not be read and stay as they are; `unticked doctor` says more.", done.failed);
        return Err(ExitCode::from(FAILED));
    }
    Ok(ExitCode::SUCCESS)
}
