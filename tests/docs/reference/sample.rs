//! Definitions in which every key stands: where examples come from, and what shows which keys cannot be left out.

use std::{collections::BTreeMap, path::Path};

use toml::{Table, Value};
use unticked_shared::definition::{Finding, check};

use crate::book;

/// Where the samples lie. The first that holds a key gives its example.
const FOLDERS: [&str; 3] =
    ["tests/docs/reference/sample", "shared/src/definition/lint/tests/sound", "examples/shop/definitions"];

/// One sample: its files by name.
struct Sample(BTreeMap<String, String>);

/// All of them.
pub struct Samples(Vec<Sample>);

/// Where a key stands: `forms/…`, then the tables on the way.
pub struct Place<'a> {
    /// `controller.toml`, `purposes/`, `forms/`, `banner.toml` or `destinations.toml`.
    pub file: &'a str,
    /// From the file's top, lists and tables alike.
    pub tables: &'a [String],
    pub key: &'a str,
    /// A key and word that the table must hold, such as `kind` and `vtiger`.
    pub given: Option<(&'a str, &'a str)>,
}

impl Samples {
    pub fn read() -> Self {
        let samples: Vec<Sample> = FOLDERS
            .iter()
            .map(|folder| {
                let mut files = BTreeMap::new();
                gather(&book::root().join(folder), "", &mut files);
                let findings = check(&files).findings;
                assert!(findings.iter().all(|finding| !finding.is_error()), "{folder}: {findings:#?}");
                Sample(files)
            })
            .collect();
        Self(samples)
    }

    /// The key as somebody wrote it.
    pub fn example(&self, place: &Place<'_>) -> Option<String> {
        self.0.iter().flat_map(|sample| &sample.0).find_map(|(file, text)| {
            let mut table = in_file(file, text, place)?;
            let value = find(&mut table, place)?.get(place.key)?.clone();
            Some(value.to_string())
        })
    }

    /// The rule that is broken when the key is taken away; none when nothing is.
    pub fn needed(&self, place: &Place<'_>) -> Option<Finding> {
        self.0.iter().find_map(|sample| {
            sample.0.iter().find_map(|(file, text)| {
                let mut table = in_file(file, text, place)?;
                find(&mut table, place)?.remove(place.key)?;
                let mut files = sample.0.clone();
                files.insert(file.clone(), table.to_string());
                let mut broken: Vec<Finding> = check(&files).findings.into_iter().filter(Finding::is_error).collect();
                // What it breaks elsewhere follows from what it breaks here.
                broken.sort_by_key(|finding| finding.file != *file);
                broken.into_iter().next()
            })
        })
    }

    /// Whether somebody did without it, soundly.
    pub fn done_without(&self, place: &Place<'_>) -> bool {
        self.0.iter().flat_map(|sample| &sample.0).any(|(file, text)| {
            let Some(table) = in_file(file, text, place) else { return false };
            let mut without = false;
            each(&table, place.tables, &mut |table| without |= fits(table, place) && !table.contains_key(place.key));
            without
        })
    }
}

/// Whether the table is of the kind that the place speaks of.
fn fits(table: &Table, place: &Place<'_>) -> bool {
    place.given.is_none_or(|(key, word)| table.get(key).and_then(Value::as_str) == Some(word))
}

fn each(table: &Table, tables: &[String], look: &mut dyn FnMut(&Table)) {
    let Some((next, rest)) = tables.split_first() else { return look(table) };
    match table.get(next) {
        Some(Value::Table(inner)) => each(inner, rest, look),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_table).for_each(|inner| each(inner, rest, look)),
        _ => {}
    }
}

fn in_file(file: &str, text: &str, place: &Place<'_>) -> Option<Table> {
    let here = file == place.file || (place.file.ends_with('/') && file.starts_with(place.file));
    here.then(|| text.parse().unwrap())
}

/// The first table at the place that holds the key.
fn find<'t>(table: &'t mut Table, place: &Place<'_>) -> Option<&'t mut Table> {
    fn descend<'t>(table: &'t mut Table, tables: &[String], place: &Place<'_>) -> Option<&'t mut Table> {
        let Some((next, rest)) = tables.split_first() else {
            return (table.contains_key(place.key) && fits(table, place)).then_some(table);
        };
        match table.get_mut(next)? {
            Value::Table(inner) => descend(inner, rest, place),
            Value::Array(list) => {
                list.iter_mut().filter_map(Value::as_table_mut).find_map(|inner| descend(inner, rest, place))
            }
            _ => None,
        }
    }
    descend(table, place.tables, place)
}

fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            gather(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}
