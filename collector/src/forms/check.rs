//! `unticked check DIR`: what the lint says, for people and for programs.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use serde::Serialize;
use unticked_shared::definition::{self, Finding};

use super::load;

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line for each, with the line it is about and a mark under the place.
    Human,
    /// One JSON object: `{"errors": 0, "warnings": 0, "findings": [{file, line, column, width, severity, rule,
    /// article, message}]}`, or `{"unreadable": "…"}`.
    Json,
}

/// What came out, and the exit code that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No error; there may be warnings.
    Sound,
    /// At least one error: `serve` would refuse to start.
    Unsound,
    /// The folder cannot be read.
    Unreadable,
}

impl Outcome {
    /// 0, 1 or 2.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Sound => 0,
            Self::Unsound => 1,
            Self::Unreadable => 2,
        }
    }
}

/// Lints the definitions under `dir` and writes what it finds to `out`.
pub fn run(dir: &Path, format: Format, out: &mut dyn Write) -> io::Result<Outcome> {
    let files = match load::folder(dir) {
        Ok(files) => files,
        Err(cause) => {
            match format {
                Format::Human => writeln!(out, "{cause}")?,
                Format::Json => json(out, &serde_json::json!({ "unreadable": cause.to_string() }))?,
            }
            return Ok(Outcome::Unreadable);
        }
    };
    let findings = definition::check(&files).findings;
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = findings.len() - errors;
    match format {
        Format::Human => {
            write!(out, "{}", annotated(&findings, &files))?;
            writeln!(out, "{}: {}, {}", dir.display(), counted(errors, "error"), counted(warnings, "warning"))?;
        }
        Format::Json => json(out, &Report { errors, warnings, findings: &findings })?,
    }
    Ok(if errors == 0 { Outcome::Sound } else { Outcome::Unsound })
}

#[derive(Serialize)]
struct Report<'a> {
    errors: usize,
    warnings: usize,
    findings: &'a [Finding],
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// Each finding with the line it is about and a mark under the place.
pub fn annotated(findings: &[Finding], files: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&finding.to_string());
        text.push('\n');
        text.push_str(&excerpt(finding, files).unwrap_or_default());
    }
    text
}

fn excerpt(finding: &Finding, files: &BTreeMap<String, String>) -> Option<String> {
    let place = finding.place;
    let line = files.get(&finding.file)?.lines().nth(place.line.checked_sub(1)? as usize)?;
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    // Tabs stay, so that the mark stands where the terminal puts the text.
    let before = line.chars().take(place.column.saturating_sub(1) as usize);
    let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let room = line.chars().count().saturating_sub(indent.chars().count()).max(1);
    let mark = "^".repeat((place.width as usize).min(room));
    Some(format!("  {number} | {line}\n  {margin} | {indent}{mark}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn check(dir: &Path, format: Format) -> (Outcome, String) {
        let mut out = Vec::new();
        let outcome = run(dir, format, &mut out).unwrap();
        (outcome, String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_sample_has_nothing_to_find() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/definitions");
        let (outcome, text) = check(&sample, Format::Human);
        assert!(text.ends_with("definitions: 0 errors, 0 warnings\n") && text.lines().count() == 1, "{text}");
        assert_eq!(outcome.exit_code(), 0);
    }

    #[test]
    fn a_finding_is_shown_with_its_line_and_a_mark_under_the_place() {
        let dir = folder(&[("controller.toml", "[controller]\nnaem = \"Ставри\"\n")]);
        let (outcome, text) = check(dir.path(), Format::Human);
        let expected = "controller.toml:2:1: error[unknown-key] nothing reads the key `naem`; did you mean `name`?\n  \
                        2 | naem = \"Ставри\"\n    | ^^^^\n";
        assert!(text.contains(expected), "{text}");
        assert_eq!(outcome, Outcome::Unsound);
    }

    #[test]
    fn programs_read_the_same_findings_as_json() {
        let dir = folder(&[("controller.toml", "[controller]\nnaem = \"Stavri\"\n")]);
        let (outcome, text) = check(dir.path(), Format::Json);
        let report: serde_json::Value = serde_json::from_str(&text).unwrap();
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(report["errors"], findings.len());
        let typo = findings.iter().find(|finding| finding["rule"] == "unknown-key").unwrap();
        assert_eq!(typo["file"], "controller.toml");
        assert_eq!((typo["line"].as_u64(), typo["column"].as_u64()), (Some(2), Some(1)));
        assert_eq!(typo["severity"], "error");
        assert_eq!(outcome.exit_code(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_not_called_unsound() {
        let (outcome, text) = check(Path::new("/nowhere/at/all"), Format::Json);
        assert!(text.contains("unreadable") && text.contains("/nowhere/at/all"), "{text}");
        assert_eq!(outcome.exit_code(), 2);
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("controller.toml"), b"name = \"\xff\"").unwrap();
        let (outcome, text) = check(dir.path(), Format::Human);
        assert!(text.contains("byte 8"), "{text}");
        assert_eq!(outcome, Outcome::Unreadable);
    }
}
