//! One definition in which all is well, and for each rule an edit that breaks that rule and no other.

mod banner;
mod conditions;
mod consent;
mod fields;
mod files;
mod languages;
mod lists;
mod purposes;
mod totality;
mod tracking;
mod vtiger;

use std::collections::BTreeMap;

use crate::definition::{Finding, Rule, check};

const FORM: &str = "forms/contact.toml";

fn sound() -> BTreeMap<String, String> {
    [
        ("banner.toml", include_str!("sound/banner.toml")),
        ("controller.toml", include_str!("sound/controller.toml")),
        ("destinations.toml", include_str!("sound/destinations.toml")),
        (FORM, include_str!("sound/forms/contact.toml")),
        ("purposes/ads.toml", include_str!("sound/purposes/ads.toml")),
        ("purposes/counts.toml", include_str!("sound/purposes/counts.toml")),
        ("purposes/diet.toml", include_str!("sound/purposes/diet.toml")),
        ("purposes/news.toml", include_str!("sound/purposes/news.toml")),
        ("purposes/reply.toml", include_str!("sound/purposes/reply.toml")),
        ("purposes/stats.toml", include_str!("sound/purposes/stats.toml")),
    ]
    .map(|(file, text)| (file.to_owned(), text.to_owned()))
    .into()
}

/// The sound definition with the first `from` of `file` replaced by `to`.
fn edited(edits: &[(&str, &str, &str)]) -> BTreeMap<String, String> {
    let mut files = sound();
    for (file, from, to) in edits {
        let text = files.get_mut(*file).unwrap_or_else(|| panic!("no file {file}"));
        assert!(text.contains(from), "{file} holds no {from}");
        *text = text.replacen(from, to, 1);
    }
    files
}

/// What a finding's place covers.
fn covered(files: &BTreeMap<String, String>, finding: &Finding) -> String {
    let line = files[&finding.file].lines().nth(finding.place.line as usize - 1).unwrap_or_default();
    line.chars().skip(finding.place.column as usize - 1).take(finding.place.width as usize).collect()
}

/// Asserts that the edits break `rule` in `file`, at the text `at` on the line that holds `line`, and nothing else.
fn breaks(edits: &[(&str, &str, &str)], rule: Rule, file: &str, line: &str, at: &str) {
    let files = edited(edits);
    let findings = check(&files).findings;
    let shown: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert_eq!(findings.len(), 1, "{shown:#?}");
    let finding = &findings[0];
    assert_eq!((finding.rule, finding.file.as_str()), (rule, file), "{shown:#?}");
    assert_eq!(covered(&files, finding), at, "{shown:#?}");
    let stands = files[file].lines().nth(finding.place.line as usize - 1).unwrap();
    assert!(stands.contains(line), "{stands} holds no {line}: {shown:#?}");
    assert!(finding.message.len() > 20, "says what to do: {shown:#?}");
}

/// Rows of `name: [edits] => Rule in file, line, at`, each a test of its own.
macro_rules! broken {
    ($($name:ident: [$(($file:expr, $from:expr, $to:expr)),+ $(,)?] => $rule:ident in $in:expr, $line:expr, $at:expr;)+) => {
        $(#[test]
        fn $name() {
            super::breaks(&[$(($file, $from, $to)),+], crate::definition::Rule::$rule, $in, $line, $at);
        })+
    };
}
use broken;

#[test]
fn where_all_is_well_nothing_is_found() {
    let checked = check(&sound());
    assert_eq!(checked.findings, []);
    let definitions = checked.definitions.unwrap();
    assert_eq!((definitions.forms.len(), definitions.purposes.len(), definitions.destinations.len()), (1, 6, 1));
}

#[test]
fn every_rule_is_broken_by_some_test() {
    let sources = [
        include_str!("banner.rs"),
        include_str!("conditions.rs"),
        include_str!("consent.rs"),
        include_str!("fields.rs"),
        include_str!("files.rs"),
        include_str!("languages.rs"),
        include_str!("lists.rs"),
        include_str!("purposes.rs"),
        include_str!("tracking.rs"),
        include_str!("vtiger.rs"),
    ];
    for rule in Rule::ALL {
        let name = format!("{rule:?} in");
        let named = format!("Rule::{rule:?}");
        assert!(sources.iter().any(|text| text.contains(&name) || text.contains(&named)), "{rule:?} is never broken");
    }
}
