//! `unticked verify`

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use unticked_collector::{
    config::Sources,
    verify::{self, Finding, Summary, Told, bundle, outside},
    world::Clock,
};
use unticked_shared::merkle::note::VerifierKey;

use super::{FOUND_WANTING, failed, harmless};

/// It could not be checked.
const NOT_CHECKED: u8 = 2;

/// Whether everything that is kept still holds. Exit codes of this command: 0 it does; 1 something does not, and is named;
/// 2 it could not be checked.
#[derive(Args)]
pub struct Verify {
    /// Checks a running ledger from outside, by what it serves alone: its address, such as `https://forms.example/ledger`
    #[arg(long, value_name = "URL", requires = "key", conflicts_with = "bundle")]
    url: Option<String>,
    /// Checks a file that `unticked ledger bundle` made
    #[arg(long, value_name = "FILE", requires = "key")]
    bundle: Option<PathBuf>,
    /// The ledger's key, `NAME+ID+BASE64`, from whom you trust for it; may be repeated for former names
    #[arg(long, value_name = "VKEY")]
    key: Vec<String>,
    /// A checkpoint kept from an earlier run: the ledger must only have added to it. Afterwards the newer one is kept there
    #[arg(long, value_name = "FILE", requires = "url")]
    since: Option<PathBuf>,
    /// For programs: one object
    #[arg(long)]
    json: bool,
}

/// Does one of the three.
pub fn run(sources: &Sources, what: &Verify) -> ExitCode {
    let code = match (&what.url, &what.bundle) {
        (None, None) if !what.key.is_empty() => {
            eprintln!("--key belongs to --url or --bundle; this collector's own key is known here.");
            return ExitCode::from(NOT_CHECKED);
        }
        (None, None) => here(sources, what.json),
        (Some(url), _) => super::block_on(outside(url, what)),
        (None, Some(file)) => of_bundle(file, what),
    };
    // Whatever kept it from being checked has been said; the exit code of this command is another.
    if code == ExitCode::SUCCESS || code == ExitCode::from(FOUND_WANTING) { code } else { ExitCode::from(NOT_CHECKED) }
}

fn here(sources: &Sources, json: bool) -> ExitCode {
    super::with_store(sources, async |settings, store| {
        let vault = super::vault(settings, store).await.map_err(|_| ExitCode::from(NOT_CHECKED))?;
        let tools = verify::Tools { store: store.clone(), vault, clock: Clock::system() };
        let mut teller = Teller::new(json);
        let summary = verify::run(&tools, &mut |told| teller.hear(told)).await.map_err(super::unreadable)?;
        let holds = summary.holds();
        teller.end(&summary, &told(&summary));
        if holds { Ok(ExitCode::SUCCESS) } else { Err(ExitCode::from(FOUND_WANTING)) }
    })
}

fn told(summary: &Summary) -> Vec<String> {
    let mut lines = summary.notes.clone();
    if summary.holds() {
        lines.push(format!(
            "checked, and nothing is wrong: {} leaves and {} records of {} submissions ({} ended by lawful erasure), {} \
             published checkpoints, {} archived versions, {} seals opened, {} entries of the access log",
            summary.leaves,
            summary.records,
            summary.submissions,
            summary.ended,
            summary.checkpoints,
            summary.versions,
            summary.opened,
            summary.accesses,
        ));
        if let Some(origin) = &summary.origin {
            lines.push(format!("ledger `{origin}`, root {}", summary.root.as_deref().unwrap_or("?")));
        }
    } else {
        lines.push(format!(
            "{} things do not hold. Keep a copy of everything as it is, and find out who had access; docs/verify.md says \
             what each of them means.",
            summary.findings
        ));
    }
    lines
}

/// Reads the keys, or says what is wrong with one.
fn keys(texts: &[String]) -> Result<Vec<VerifierKey>, ExitCode> {
    texts
        .iter()
        .map(|text| VerifierKey::parse(text.trim()))
        .collect::<Result<_, _>>()
        .map_err(|error| failed("--key cannot be used", &error))
}

async fn outside(url: &str, what: &Verify) -> ExitCode {
    let keys = match keys(&what.key) {
        Ok(keys) => keys,
        Err(code) => return code,
    };
    let since = match &what.since {
        Some(file) if file.exists() => match std::fs::read_to_string(file) {
            Ok(note) => Some(note),
            Err(error) => return failed(&format!("{} cannot be read", file.display()), &error),
        },
        _ => None,
    };
    let mut teller = Teller::new(what.json);
    let outcome = match outside::run(url, &keys, since.as_deref(), &mut |told| teller.hear(told)).await {
        Ok(outcome) => outcome,
        Err(error) => return teller.not_checked("The ledger could not be checked", &error),
    };
    let holds = outcome.findings == 0;
    let mut lines = Vec::new();
    if let Some(place) = &outcome.moved {
        lines.push(format!("the ledger goes on under another name, at {place}, where {url} leads: that one was asked"));
    }
    if holds {
        lines.push(format!(
            "checked, and nothing is wrong: {} entries and {} tiles of the ledger `{}`",
            outcome.leaves, outcome.tiles, outcome.checkpoint.origin
        ));
        lines.push(match (outcome.since, &what.since) {
            (Some(size), _) => {
                let name = outcome.since_name.as_ref();
                let name = name.map_or(String::new(), |name| format!(", under the name `{name}`"));
                format!("it has only added to the {size} entries that it had before{name}")
            }
            (None, Some(file)) => format!("{} is not there yet: nothing was known from before", file.display()),
            (None, None) => "with --since FILE the next check says whether it only added to what it has now".to_owned(),
        });
        if let Some(file) = &what.since
            && let Err(error) = put(file, &outcome.note)
        {
            return teller.not_checked(&format!("{} cannot be written", file.display()), &error);
        }
    } else {
        lines.push(format!(
            "{} things do not hold. Keep what you fetched before, and show it to others.",
            outcome.findings
        ));
    }
    let object = serde_json::json!({
        "origin": outcome.checkpoint.origin,
        "size": outcome.checkpoint.size,
        "leaves": outcome.leaves,
        "tiles": outcome.tiles,
        "since": outcome.since,
        "since_name": outcome.since_name,
        "moved": outcome.moved,
        "checkpoint": outcome.note,
        "findings": outcome.findings,
    });
    teller.end(&object, &lines);
    if holds { ExitCode::SUCCESS } else { ExitCode::from(FOUND_WANTING) }
}

/// Puts the newer checkpoint in place of the older one, in one step.
fn put(file: &Path, note: &str) -> std::io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let draft = file.with_file_name(format!(".{name}.{}", std::process::id()));
    std::fs::write(&draft, note)?;
    std::fs::rename(&draft, file)
}

fn of_bundle(file: &Path, what: &Verify) -> ExitCode {
    let keys = match keys(&what.key) {
        Ok(keys) => keys,
        Err(code) => return code,
    };
    let mut teller = Teller::new(what.json);
    let checked = match bundle::check::run(file, &keys, &mut |told| teller.hear(told)) {
        Ok(checked) => checked,
        Err(error) => return teller.not_checked("The bundle could not be checked", &error),
    };
    let holds = checked.findings == 0;
    let mut lines = checked.notes.clone();
    lines.push(if holds {
        format!(
            "checked, and nothing is wrong: {} leaves of the ledger `{}`, {} records ({} with part B, {} ended by lawful \
             erasure), {} versions; made {}",
            checked.leaves,
            checked.about.origin,
            checked.records,
            checked.with_part_b,
            checked.ended,
            checked.versions,
            checked.about.made_at,
        )
    } else {
        format!("{} things in it do not hold: it is not what the ledger's owner signed.", checked.findings)
    });
    if holds && let Some(checkpoint) = &checked.checkpoint {
        lines.push(format!(
            "compare its head with one that somebody else keeps: {} leaves, root {}",
            checkpoint.size,
            unticked_shared::base64::encode(&checkpoint.root)
        ));
    }
    let object = serde_json::json!({
        "about": checked.about,
        "leaves": checked.leaves,
        "records": checked.records,
        "with_part_b": checked.with_part_b,
        "ended": checked.ended,
        "versions": checked.versions,
        "notes": checked.notes,
        "findings": checked.findings,
    });
    teller.end(&object, &lines);
    if holds { ExitCode::SUCCESS } else { ExitCode::from(FOUND_WANTING) }
}

/// Tells what is found as it is found, and on a terminal how far it is.
struct Teller {
    json: bool,
    terminal: bool,
    /// A line of progress stands on the terminal.
    line: bool,
    shown: Option<(&'static str, u64)>,
    found: Vec<Finding>,
}

/// Findings that are kept for `--json`.
const MOST: usize = 100_000;

impl Teller {
    fn new(json: bool) -> Self {
        Self { json, terminal: std::io::stderr().is_terminal(), line: false, shown: None, found: Vec::new() }
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Finding(finding) if self.json => {
                if self.found.len() < MOST {
                    self.found.push(finding);
                }
            }
            Told::Finding(finding) => {
                self.wipe();
                let _ = writeln!(std::io::stdout(), "{}", harmless(&finding.to_string()));
            }
            Told::Progress { step, done, of } if self.terminal && of > 5_000 => {
                // A hundred times, and not for every page.
                let part = done * 100 / of.max(1);
                if self.shown != Some((step, part)) {
                    self.shown = Some((step, part));
                    self.line = true;
                    eprint!("\r\x1b[K{step}: {done} of {of} ({part}%)");
                }
            }
            Told::Progress { .. } => {}
        }
    }

    fn wipe(&mut self) {
        if std::mem::take(&mut self.line) {
            eprint!("\r\x1b[K");
        }
    }

    /// The end of it, for people or for programs.
    fn end(&mut self, object: &impl serde::Serialize, lines: &[String]) {
        self.wipe();
        if self.json {
            let mut object = serde_json::to_value(object).unwrap_or_default();
            object["found"] = serde_json::to_value(&self.found).unwrap_or_default();
            let _ = writeln!(std::io::stdout(), "{object:#}");
        } else {
            for line in lines {
                let _ = writeln!(std::io::stdout(), "{}", harmless(line));
            }
        }
    }

    fn not_checked(&mut self, what: &str, error: &dyn std::error::Error) -> ExitCode {
        self.wipe();
        failed(what, error);
        ExitCode::from(NOT_CHECKED)
    }
}
