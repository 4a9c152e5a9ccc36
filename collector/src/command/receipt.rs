//! `unticked receipt`: checks a receipt with the key of its log. It needs no settings, no database and no network.

use std::{
    io::{BufRead as _, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::json;
use unticked_collector::receipts::{self, Report, SameAddress, Says, english};
use unticked_shared::{id::Language, merkle::note::VerifierKey};

use super::harmless;

/// It does not hold, or the address is another one.
const DOES_NOT_HOLD: u8 = 1;
/// It could not be checked: the file, the key or the address cannot be read, or the key is another log's.
const NOT_CHECKED: u8 = 2;

#[derive(Subcommand)]
pub enum Receipt {
    /// Says what a receipt proves; exit code 0 it holds, 1 it does not (or the address is another one), 2 it could not be checked
    Verify(Verify),
}

#[derive(Args)]
pub struct Verify {
    /// The file that the visitor kept; `-` reads it from the standard input
    file: PathBuf,
    /// The key of its log, one line, as its owner publishes it (`unticked ledger key`); `@FILE` reads it from a file
    #[arg(long, value_name = "KEY")]
    key: String,
    /// Says whether this is the address that was given. Without a value it is asked for, so that it stands in no list of
    /// processes and no history
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "-")]
    address: Option<String>,
    /// Answers as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(receipt: &Receipt) -> ExitCode {
    let Receipt::Verify(verify) = receipt;
    match verify.run() {
        Ok(code) => code,
        Err(sentence) => {
            if verify.json {
                println!("{}", json!({"holds": false, "outcome": "not-checked", "text": sentence}));
            }
            eprintln!("{sentence}");
            ExitCode::from(NOT_CHECKED)
        }
    }
}

impl Verify {
    fn run(&self) -> Result<ExitCode, String> {
        let from_input = self.file == Path::new("-");
        if from_input && self.address.as_deref() == Some("-") {
            return Err(
                "The standard input cannot be both the receipt and the address. Name the receipt's file.".to_owned()
            );
        }
        let key = self.key()?;
        let bytes =
            if from_input { at_most(std::io::stdin()) } else { std::fs::File::open(&self.file).and_then(at_most) };
        let bytes = bytes.map_err(|error| format!("{} cannot be read: {error}", self.file.display()))?;
        let verified = match receipts::Receipt::read(&bytes).and_then(|receipt| receipts::verify(&receipt, &key)) {
            Ok(verified) => verified,
            Err(error) => {
                let report = Report::refused(&error, &english);
                if self.json {
                    println!("{}", json!({"holds": false, "outcome": report.outcome, "text": report.text}));
                }
                eprintln!("{}: {}", report.title, harmless(&report.text));
                return Ok(ExitCode::from(if error.is_disproof() { DOES_NOT_HOLD } else { NOT_CHECKED }));
            }
        };
        let same = self.address()?.map(|address| verified.is_address(&address));
        let language = Language::parse("en").expect("a language tag");
        let report = Report::of(&verified, &language, &english);
        if self.json {
            println!("{}", as_json(&verified, &report, same));
        } else {
            print(&report, same);
        }
        Ok(match same {
            None | Some(SameAddress::Yes) => ExitCode::SUCCESS,
            Some(SameAddress::No) => ExitCode::from(DOES_NOT_HOLD),
            Some(SameAddress::NoneGiven | SameAddress::NotAnAddress) => ExitCode::from(NOT_CHECKED),
        })
    }

    fn key(&self) -> Result<VerifierKey, String> {
        let text = match self.key.strip_prefix('@') {
            None => self.key.clone(),
            Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"))?,
        };
        VerifierKey::parse(text.trim()).map_err(|_| english(Says::WrongKey))
    }

    /// What was given, or what somebody types or pipes in.
    fn address(&self) -> Result<Option<String>, String> {
        let asked = match self.address.as_deref() {
            None => return Ok(None),
            Some("-") => std::io::stdin(),
            Some(address) => return Ok(Some(address.to_owned())),
        };
        if asked.is_terminal() {
            eprint!("Mail address: ");
        }
        let mut line = String::new();
        asked.lock().read_line(&mut line).map_err(|error| format!("No address could be read: {error}"))?;
        Ok(Some(line.trim().to_owned()))
    }
}

/// One byte more than any receipt may have is enough to say that it is too large.
fn at_most(from: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(receipts::LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn sentence(same: SameAddress) -> String {
    english(match same {
        SameAddress::Yes => Says::AddressIs,
        SameAddress::No => Says::AddressIsNot,
        SameAddress::NoneGiven => Says::AddressNone,
        SameAddress::NotAnAddress => Says::AddressWrong,
    })
}

fn as_json(verified: &receipts::Verified, report: &Report, same: Option<SameAddress>) -> serde_json::Value {
    let address = same.map(|same| match same {
        SameAddress::Yes => "same",
        SameAddress::No => "other",
        SameAddress::NoneGiven => "none-given",
        SameAddress::NotAnAddress => "not-an-address",
    });
    json!({
        "holds": true,
        "outcome": report.outcome,
        "log": verified.log,
        "index": verified.index,
        "size": verified.size,
        "checkpoint": verified.checkpoint,
        "a": verified.part_a,
        "b": verified.part_b,
        "texts": verified.texts,
        "address": address,
    })
}

fn print(report: &Report, same: Option<SameAddress>) {
    println!("{}. {}\n", report.title, report.text);
    let width = report.facts.iter().map(|fact| fact.label.chars().count()).max().unwrap_or_default();
    for fact in &report.facts {
        println!("  {:width$}  {}", fact.label, harmless(&fact.value));
    }
    for told in &report.decisions {
        println!("\n  {}: {}", told.purpose, told.said);
        for line in told.statement.lines() {
            println!("    | {}", harmless(line));
        }
    }
    if let Some(same) = same {
        println!("\n{}", sentence(same));
    }
    println!("\n{}:", english(Says::LimitsTitle));
    for limit in
        [Says::LimitWho, Says::LimitContent, Says::LimitLater, Says::LimitTime, Says::LimitOneLog, Says::LimitKey]
    {
        println!("  - {}", english(limit));
    }
}
