//! The definitions reference: every key of every file, and every rule.

use std::collections::BTreeSet;

use unticked_shared::definition::{Rule, form::Robots};

use super::{
    cell,
    sample::{Place, Samples},
    types::{Key, Kind, Types},
};
use crate::book;

/// The files, as markers and samples name them.
pub const FILES: [&str; 5] = ["controller.toml", "purposes/", "forms/", "banner.toml", "destinations.toml"];

/// One file's tables.
pub fn file(name: &str) -> String {
    let root = match name {
        "controller.toml" => "Controllers",
        "purposes/" => "Purpose",
        "forms/" => "Form",
        "banner.toml" => "Banner",
        "destinations.toml" => "Destinations",
        _ => panic!("nothing in the code is called `{name}`"),
    };
    let mut writer =
        Writer { types: Types::read(), samples: Samples::read(), file: name, out: String::new(), enums: Vec::new() };
    writer.table(root, &[], "", None);
    writer.words();
    writer.out
}

struct Writer<'a> {
    types: Types,
    samples: Samples,
    file: &'a str,
    out: String,
    /// Enums met on the way, with the keys that hold them.
    enums: Vec<(String, String)>,
}

/// A table below the one that is being written.
struct Below {
    path: Vec<String>,
    name: String,
    heading: String,
    given: Option<(String, String)>,
}

impl Writer<'_> {
    fn table(&mut self, name: &str, path: &[String], heading: &str, given: Option<&(String, String)>) {
        let mut below = Vec::new();
        let (doc, rows) = {
            let (doc, keys) = self.types.keys(name).unwrap_or_else(|| panic!("no struct {name}"));
            let given = given.map(|(key, word)| (key.as_str(), word.as_str()));
            let rows: Vec<String> =
                keys.iter().filter_map(|key| self.row(name, key, path, given, &mut below)).collect();
            (doc.to_owned(), rows)
        };
        if !heading.is_empty() {
            self.out += &format!("### {heading}\n\n{doc}\n\n");
        }
        if !rows.is_empty() {
            self.out += "| key | value | needed, or what holds without it | meaning | example |\n| --- | --- | --- | --- | --- |\n";
            self.out += &format!("{}\n\n", rows.join("\n"));
        }
        self.note_enums(name);
        for table in below {
            self.table(&table.name, &table.path, &table.heading, table.given.as_ref());
        }
    }

    /// One key; none where it is a table of its own.
    fn row(
        &self,
        owner: &str,
        key: &Key,
        path: &[String],
        given: Option<(&str, &str)>,
        below: &mut Vec<Below>,
    ) -> Option<String> {
        let inner_path = || [path, std::slice::from_ref(&key.name)].concat();
        let dotted = inner_path().join(".");
        let (struct_name, heading) = match &key.kind {
            Kind::Named(name) => (Some(name), format!("`[{dotted}]`")),
            Kind::List(inner) => match inner.as_ref() {
                Kind::Named(name) => (Some(name), format!("`[[{dotted}]]`")),
                _ => (None, String::new()),
            },
            Kind::Map(_) => (None, String::new()),
        };
        if key.flat {
            return Some(self.tagged(key, path, below));
        }
        if let Some(name) = struct_name.filter(|name| *name != "Localized" && self.types.keys(name).is_some()) {
            below.push(Below { path: inner_path(), name: name.clone(), heading, given: None });
            if self.file == "destinations.toml" && path.is_empty() {
                return None;
            }
        }
        let place = Place { file: self.file, tables: path, key: &key.name, given };
        let example = self.samples.example(&place);
        let example = example.unwrap_or_else(|| panic!("no sample holds `{}` of {owner}; write one", key.name));
        let needed = match (self.samples.needed(&place), &key.default) {
            (Some(finding), _) if finding.rule == Rule::MissingKey => {
                if self.samples.done_without(&place) {
                    "needed for some".to_owned()
                } else {
                    "needed".to_owned()
                }
            }
            (Some(finding), _) if self.samples.done_without(&place) => {
                format!("needed where [{0}](#{0}) asks for it", finding.rule.slug())
            }
            (Some(finding), _) => format!("needed ([{0}](#{0}))", finding.rule.slug()),
            (None, Some(said)) if !said.is_empty() => said.clone(),
            (None, Some(_)) => self.default_of(owner, key),
            (None, None) => "needed".to_owned(),
        };
        let value = self.value(&key.kind);
        let example = if value.ends_with(", below") && value.starts_with("table") {
            String::new()
        } else {
            format!("`{}`", cell(&shortened(&format!("{} = {example}", key.name))))
        };
        Some(format!("| `{}` | {value} | {needed} | {} | {example} |", key.name, cell(&key.doc)))
    }

    /// `kind`, whose words bring keys of their own.
    fn tagged(&self, key: &Key, path: &[String], below: &mut Vec<Below>) -> String {
        let Kind::Named(name) = &key.kind else { panic!("flattened, and no enum") };
        let (_, words) = self.types.words(name).expect("an enum");
        for word in words {
            let Some(keys) = &word.keys else { continue };
            below.push(Below {
                path: path.to_vec(),
                name: keys.clone(),
                heading: format!("With `{} = \"{}\"`", key.name, word.text),
                given: Some((key.name.clone(), word.text.clone())),
            });
        }
        let all: Vec<String> = words.iter().map(|word| format!("`\"{}\"`", word.text)).collect();
        let docs: Vec<String> = words.iter().map(|word| format!("`{}`: {}", word.text, word.doc)).collect();
        let example = format!("{} = \"{}\"", key.name, words[0].text);
        format!(
            "| `{}` | {} | needed | {} {} | `{example}` |",
            key.name,
            all.join(", "),
            cell(&key.doc),
            cell(&docs.join(" "))
        )
    }

    fn value(&self, kind: &Kind) -> String {
        match kind {
            Kind::Named(name) => match name.as_str() {
                "Localized" => "a text for each language".to_owned(),
                "String" => "text".to_owned(),
                "bool" => "`true` or `false`".to_owned(),
                "u32" => "whole number".to_owned(),
                "Language" => "language tag".to_owned(),
                "Period" => "period".to_owned(),
                name if name.ends_with("Id") => "name".to_owned(),
                name if self.types.keys(name).is_some() => "table, below".to_owned(),
                name => match self.types.words(name) {
                    Some((_, words)) if words.len() <= 6 => {
                        words.iter().map(|word| format!("`\"{}\"`", word.text)).collect::<Vec<_>>().join(", ")
                    }
                    Some(_) => "a word, below".to_owned(),
                    None => panic!("nobody has said what `{name}` is to a writer of TOML"),
                },
            },
            Kind::List(inner) => match inner.as_ref() {
                Kind::Named(name) if name != "Localized" && self.types.keys(name).is_some() => {
                    "tables, below".to_owned()
                }
                inner => format!("list: {}", self.value(inner)),
            },
            Kind::Map(inner) => format!("for each name: {}", self.value(inner)),
        }
    }

    fn default_of(&self, owner: &str, key: &Key) -> String {
        // The one struct whose defaults are no type's own.
        if owner == "Robots" {
            let all = serde_json::to_value(Robots::default()).unwrap();
            return format!("`{}`", all[&key.name]);
        }
        match &key.kind {
            Kind::Named(name) if name == "bool" => "`false`".to_owned(),
            Kind::Named(name) => {
                let words = self.types.words(name).map(|(_, words)| words).unwrap_or_default();
                let own = words.iter().find(|word| word.default);
                own.map_or_else(|| "nothing".to_owned(), |word| format!("`\"{}\"`", word.text))
            }
            _ => "none".to_owned(),
        }
    }

    fn note_enums(&mut self, name: &str) {
        let (_, keys) = self.types.keys(name).expect("a struct");
        let mut met = Vec::new();
        for key in keys.iter().filter(|key| !key.flat) {
            let mut kind = &key.kind;
            while let Kind::List(inner) | Kind::Map(inner) = kind {
                kind = inner;
            }
            if let Kind::Named(name) = kind
                && self.types.words(name).is_some()
            {
                met.push((key.name.clone(), name.clone()));
            }
        }
        self.enums.extend(met);
    }

    /// What each word means.
    fn words(&mut self) {
        let mut done = BTreeSet::new();
        for (key, name) in std::mem::take(&mut self.enums) {
            if !done.insert(name.clone()) {
                continue;
            }
            let (doc, words) = self.types.words(&name).expect("an enum");
            let rows: Vec<String> =
                words.iter().map(|word| format!("| `{}` | {} |", word.text, cell(&word.doc))).collect();
            self.out += &format!(
                "### The words of `{key}`\n\n{doc}\n\n| word | meaning |\n| --- | --- |\n{}\n\n",
                rows.join("\n")
            );
        }
    }
}

fn shortened(example: &str) -> String {
    const MOST: usize = 90;
    if example.chars().count() <= MOST {
        return example.to_owned();
    }
    example.chars().take(MOST).collect::<String>() + "…"
}

/// Every rule, by what it is about, with what its comment in `rule.rs` says.
pub fn rules() -> String {
    let source = std::fs::read_to_string(book::root().join("shared/src/definition/rule.rs")).unwrap();
    let table =
        source.split("\nrules! {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the table of rules");
    let (mut out, mut doc, mut told) = (String::new(), String::new(), 0);
    for line in table.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            doc.push_str(text);
        } else if let Some(group) = line.strip_prefix("//") {
            out += &format!("\n### {}\n\n", group.trim().trim_end_matches('.'));
        } else if let Some(name) = line.split(' ').next().filter(|name| !name.is_empty()) {
            let rule = Rule::ALL.iter().find(|rule| format!("{rule:?}") == name);
            let rule = rule.unwrap_or_else(|| panic!("`{name}` is no rule"));
            let article = if rule.article().is_empty() { String::new() } else { format!(" ({})", rule.article()) };
            let slug = rule.slug();
            out +=
                &format!("- <a id=\"{slug}\"></a>**{slug}**, {}: {}{article}\n", rule.severity().as_str(), doc.trim());
            doc.clear();
            told += 1;
        }
    }
    assert_eq!(told, Rule::ALL.len(), "some rule is left out");
    out
}
