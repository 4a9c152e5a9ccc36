//! `unticked doctor`: whether everything around the collector is as it must be, and what to do where it is not.
//!
//! Each check answers one or more [`Finding`]s: a sentence that says what is, and, unless all is well, one that says what to do.
//! Checks read and ask; none changes anything, sends a lead, or needs the collector to be stopped or to run. What the world
//! sees is asked from outside, through the public address, as a browser would; who answers there proves by the key ring
//! that it is this collector ([`probe`]). The rules are plain functions of what was found; the rest fetches.

mod backups;
mod certificate;
mod clock;
mod database;
mod destinations;
mod disk;
mod files;
mod ledger;
mod mail;
pub mod probe;
mod public;
mod reach;
mod sites;
#[cfg(test)]
mod tests;
mod witnesses;
mod work;

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use unticked_shared::definition;

use crate::{
    config::{Settings, Sources},
    forms,
    vault::KeyRing,
    world::{Clock, Random},
};

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it must be.
    Ok,
    /// It works, and something is not right.
    Warn,
    /// Something does not work, or soon will not, or others can read what they must not.
    Fail,
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub check: &'static str,
    /// How it stands.
    pub state: State,
    /// What is.
    pub says: String,
    /// What to do; absent where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, state: State::Ok, says: says.into(), advice: None }
    }

    fn warn(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Warn, says: says.into(), advice: Some(advice.into()) }
    }

    fn fail(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Fail, says: says.into(), advice: Some(advice.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "FAIL",
        };
        write!(f, "{state:<5} {:<14} {}", self.check, self.says)?;
        match &self.advice {
            Some(advice) => write!(f, "\n{:21}> {advice}", ""),
            None => Ok(()),
        }
    }
}

/// Everything that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The worst of it.
    pub worst: State,
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Report {
    fn new(findings: Vec<Finding>) -> Self {
        Self { worst: findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok), findings }
    }

    /// 0 all is well, 1 there are warnings, 2 something fails.
    pub fn exit_code(&self) -> u8 {
        match self.worst {
            State::Ok => 0,
            State::Warn => 1,
            State::Fail => 2,
        }
    }
}

/// What lies outside.
#[derive(Clone)]
pub struct Tools {
    /// The machine's clock.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// Certificates that are trusted besides the system's; for tests.
    pub roots: Vec<reqwest::Certificate>,
}

impl Default for Tools {
    fn default() -> Self {
        Self { clock: Clock::system(), random: Random::system(), roots: Vec::new() }
    }
}

/// What the checks share.
struct Case<'a> {
    settings: &'a Settings,
    tools: &'a Tools,
    definitions: Option<definition::Definitions>,
    /// Only where it can be read.
    ring: Option<KeyRing>,
    client: reach::Client,
}

/// Looks at everything.
pub async fn examine(sources: &Sources, tools: &Tools) -> Report {
    let loaded = match Settings::load(sources) {
        Ok(loaded) => loaded,
        Err(errors) => {
            let wrong = |error| {
                Finding::fail("settings", format!("{error}"), "correct it; nothing else can be looked at before")
            };
            return Report::new(errors.0.iter().map(wrong).collect());
        }
    };
    let settings = &loaded.settings;
    let mut found = vec![Finding::ok("settings", format!("{} settings are in force", loaded.effective.len()))];
    found.extend(files::examine(&loaded));
    let (ring, about_ring) = files::ring(settings);
    found.push(about_ring);
    let (definitions, about_definitions) = definitions(settings);
    found.push(about_definitions);
    let client = match reach::Client::new(tools) {
        Ok(client) => client,
        Err(error) => {
            found.push(Finding::fail(
                "network",
                format!("no client for the network can be made: {error}"),
                "install the system's certificates (Debian: `apt-get install ca-certificates`)",
            ));
            return Report::new(found);
        }
    };
    let case = Case { settings, tools, definitions, ring, client };
    let (store, about_database) = database::examine(&case).await;
    found.extend(about_database);
    found.extend(disk::examine(settings));
    let mut clocks = Vec::new();
    let here = public::here(&case).await;
    found.push(here.finding());
    found.extend(public::examine(&case, &here, &mut clocks).await);
    found.extend(sites::examine(&case, &here).await);
    found.extend(destinations::examine(&case, &mut clocks).await);
    found.push(mail::examine(settings).await);
    found.extend(clock::examine(&clocks));
    found.extend(backups::examine(settings, tools.clock.now()));
    if let Some((store, present)) = store {
        found.push(ledger::examine(&case, &store).await);
        found.extend(witnesses::examine(&case, &store).await);
        found.extend(work::examine(&case, &store).await);
        store.close().await;
        drop(present);
    }
    Report::new(found)
}

fn definitions(settings: &Settings) -> (Option<definition::Definitions>, Finding) {
    let check = "definitions";
    let shown = settings.definitions_dir.display();
    let files: BTreeMap<String, String> = match forms::definition_files(&settings.definitions_dir) {
        Ok(files) => files,
        Err(error) => {
            let advice = "name the right folder in `definitions.dir`, or make one with `unticked init`";
            return (None, Finding::fail(check, error.to_string(), advice));
        }
    };
    let checked = definition::check(&files);
    let warnings = checked.findings.iter().filter(|finding| !finding.is_error()).count();
    let advice = format!("say `unticked check {shown}`: it names file, line and article of each");
    let finding = match &checked.definitions {
        None => Finding::fail(check, format!("{shown} has errors, and the collector would not start"), advice),
        Some(sound) if sound.forms.is_empty() => {
            Finding::fail(check, format!("{shown} defines no form"), "write one, or say `unticked init` for an example")
        }
        Some(_) if warnings > 0 => Finding::warn(check, format!("{shown} has {warnings} warnings"), advice),
        Some(sound) => Finding::ok(check, format!("{shown} is sound; forms: {}", sound.forms.len())),
    };
    (checked.definitions, finding)
}
