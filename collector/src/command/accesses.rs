//! `unticked accesses`

use std::process::ExitCode;

use clap::Args;
use unticked_collector::{
    accesses::{self, Entry},
    config::{Settings, Sources},
    store::Store,
    submissions::reference::as_typed,
    world::Clock,
};

use super::{Done, FOUND_WANTING, harmless, leads::Moment, not_written, shown_time, unreadable};

/// What to show of the access log; it can be read, and neither changed nor emptied.
#[derive(Args)]
pub struct Accesses {
    /// Only what this person opened; a part of the name is enough
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only who opened this lead
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<String>,
    /// From this day (2026-11-23) or time (2026-11-23T15:00:00Z) on, UTC
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// To the end of this day, or before this time
    #[arg(long, value_name = "WHEN")]
    until: Option<Moment>,
    /// For programs: an array of objects
    #[arg(long)]
    json: bool,
    /// Names every entry that was changed, removed or put elsewhere; the exit code is 1 when there is any
    #[arg(long, conflicts_with_all = ["by", "reference", "since", "until", "json"])]
    check: bool,
}

/// Opens the log and reads it.
pub fn run(sources: &Sources, what: &Accesses) -> ExitCode {
    super::with_store(
        sources,
        async |settings, store| {
            if what.check { check(settings, store).await } else { list(store, what).await }
        },
    )
}

async fn check(settings: &Settings, store: &Store) -> Done {
    let vault = super::vault(settings, store).await?;
    let log = accesses::Accesses::new(store.clone(), &vault, Clock::system());
    let checked = log.check().await.map_err(unreadable)?;
    for finding in &checked.findings {
        println!("{finding}");
    }
    if checked.findings.is_empty() {
        println!("{} entries, each as it was written and none missing", checked.entries);
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "The access log of {} entries is not what was written. Keep a copy as it is, and find out who had access.",
        checked.entries
    );
    Err(ExitCode::from(FOUND_WANTING))
}

async fn list(store: &Store, what: &Accesses) -> Done {
    let reference = what.reference.as_deref().map(as_typed);
    let by = what.by.as_deref().map(str::to_lowercase);
    let (since, until) = (what.since.map(Moment::start), what.until.map(Moment::end));
    let fits = |entry: &Entry| {
        by.as_ref().is_none_or(|by| entry.who.to_lowercase().contains(by))
            && reference.as_ref().is_none_or(|one| entry.submissions.iter().any(|opened| opened.reference == *one))
            && since.is_none_or(|since| entry.at >= since.as_millisecond())
            && until.is_none_or(|until| entry.at < until.as_millisecond())
    };
    let (mut past, mut shown) = (i64::MIN, 0);
    let mut out = std::io::stdout().lock();
    loop {
        let page = accesses::Accesses::page(store, past).await.map_err(unreadable)?;
        let Some(last) = page.last() else { break };
        past = last.number;
        for entry in page.iter().filter(|entry| fits(entry)) {
            let line = if what.json { json(entry, shown) } else { line(entry) };
            std::io::Write::write_all(&mut out, line.as_bytes()).map_err(not_written)?;
            shown += 1;
        }
    }
    if what.json {
        let end: &[u8] = if shown == 0 { b"[]\n" } else { b"\n]\n" };
        std::io::Write::write_all(&mut out, end).map_err(not_written)?;
    } else if shown == 0 {
        eprintln!("Nobody has opened anything that fits.");
    }
    Ok(ExitCode::SUCCESS)
}

fn json(entry: &Entry, before: usize) -> String {
    let object = serde_json::json!({
        "number": entry.number,
        "at": shown_time(entry.at),
        "who": entry.who,
        "reason": entry.reason,
        "command": entry.command,
        "submissions": entry.submissions,
        "revealed": entry.revealed,
    });
    format!("{}{object}", if before == 0 { "[\n" } else { ",\n" })
}

fn line(entry: &Entry) -> String {
    let opened = match &entry.submissions[..] {
        [] => "nothing".to_owned(),
        [one] => one.reference.clone(),
        [first, .., last] => {
            format!("{} leads from {} to {}", entry.submissions.len(), first.reference, last.reference)
        }
    };
    let revealed = if entry.revealed.is_empty() { "masked".to_owned() } else { entry.revealed.join(", ") };
    let line = format!(
        "{}  {}  {}  {}  {opened}  {}: {revealed}  \"{}\"",
        entry.number,
        shown_time(entry.at),
        entry.who,
        entry.command,
        if entry.revealed.is_empty() { "values" } else { "revealed" },
        entry.reason,
    );
    format!("{}\n", harmless(&line))
}
