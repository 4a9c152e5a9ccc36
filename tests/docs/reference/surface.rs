//! What the program, the widget and the collector's refusals show of themselves.

use std::{collections::BTreeSet, fs, process::Command};

use unticked_collector::{
    config::{Settings, Sources},
    router::arrival::Amiss,
};
use unticked_shared::submission::ProblemType;

use super::{cell, types::Types};
use crate::{book, check};

/// Every command's own help.
pub fn commands() -> String {
    let mut out = String::new();
    help(&[], &mut out);
    out
}

fn help(command: &[&str], out: &mut String) {
    let ended = Command::new(env!("CARGO_BIN_EXE_unticked")).args(command).arg("--help").output().unwrap();
    assert!(ended.status.success(), "{command:?}");
    let text = String::from_utf8(ended.stdout).unwrap();
    let name = [&["unticked"], command].concat().join(" ");
    // The options that every command has are told once.
    let everywhere = ["--config <FILE>", "--set <SECTION", "-h, --help"];
    let mut kept = String::new();
    let mut skipping = false;
    for line in text.lines() {
        let option = line.trim_start().starts_with('-');
        skipping = (skipping && !option && !line.trim().is_empty() && line.starts_with("      "))
            || (!command.is_empty() && option && everywhere.iter().any(|one| line.contains(one)));
        let help_itself = line.trim_start().starts_with("help ");
        if !skipping && !help_itself {
            kept.push_str(line.trim_end());
            kept.push('\n');
        }
    }
    let kept = kept.trim_end().trim_end_matches("Options:").trim_end();
    out.push_str(&format!("## `{name}`\n\n```text\n{kept}\n```\n\n"));
    let listed = text.split("\nCommands:\n").nth(1).unwrap_or_default();
    let listed = listed.split("\n\n").next().unwrap_or_default();
    for line in listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let Some(next) = line.split_whitespace().next().filter(|next| *next != "help") else { continue };
        help(&[command, &[next]].concat(), out);
    }
}

/// Every refusal, with its status.
pub fn problems() -> String {
    let types = Types::read();
    let (_, words) = types.words("ProblemType").expect("the problems are an enum");
    let rows = words.iter().map(|word| {
        let kind: ProblemType = serde_json::from_value(word.text.clone().into()).unwrap();
        format!("| `{}` | {} | {} |", kind.slug(), kind.status(), cell(&word.doc))
    });
    format!("| type | status | meaning |\n| --- | --- | --- |\n{}\n", rows.collect::<Vec<_>>().join("\n"))
}

/// What the log says when what arrives does not fit the settings.
pub fn arrivals() -> String {
    let sources = Sources { flags: vec!["server.public_url=https://forms.example".to_owned()], ..Sources::default() };
    let server = Settings::load(&sources).unwrap().settings.server;
    let line = |kind: &Amiss| format!("- `{}`: {}.", kind.kind(), kind.advice(&server));
    Amiss::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Every custom property with what holds without it, in light and in the dark.
pub fn properties() -> String {
    let style = fs::read_to_string(book::root().join("widget/style/unticked.css")).unwrap();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for piece in style.split("var(--unticked-").skip(1) {
        let Some((name, rest)) = piece.split_once(',') else { continue };
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth < 0
        });
        let value = rest[..end.expect("a closing bracket")].trim().to_owned();
        match rows.iter_mut().find(|(own, _)| own == name) {
            Some((_, values)) if !values.contains(&value) => values.push(value),
            Some(_) => {}
            None => rows.push((name.to_owned(), vec![value])),
        }
    }
    let row = |(name, values): &(String, Vec<String>)| {
        let dark = values.get(1).map_or_else(|| "the same".to_owned(), |value| format!("`{value}`"));
        assert!(values.len() <= 2, "--unticked-{name} has more than two defaults: {values:?}");
        format!("| `--unticked-{name}` | `{}` | {dark} |", values[0])
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!("| property | in light | in the dark |\n| --- | --- | --- |\n{}\n", rows.join("\n"))
}

/// Every part that a view names.
pub fn parts() -> String {
    let views = check::sources(&book::root().join("widget/src"));
    let mut parts = BTreeSet::new();
    for text in views.split("part=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        parts.extend(text.split(' ').filter(|part| !part.is_empty() && !part.contains('{')).map(str::to_owned));
    }
    parts.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", ")
}
