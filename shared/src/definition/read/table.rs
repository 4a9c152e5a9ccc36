//! A TOML table, read key by key: every slip becomes a finding with its place, and reading goes on.

use std::{cell::RefCell, collections::BTreeMap, fmt};

use serde::{
    Deserialize,
    de::{self, IntoDeserializer, value::StrDeserializer},
};
use toml::de::{DeTable, DeValue};

use crate::{
    definition::{
        Localized,
        finding::Finding,
        position::{Document, Place, join},
        rule::Rule,
        suggest::{did_you_mean, slug},
    },
    id::{IdError, Language, PurposeId},
};

/// Where findings of one file go.
pub struct Sink<'d> {
    pub document: &'d Document,
    findings: RefCell<Vec<Finding>>,
}

impl<'d> Sink<'d> {
    pub fn new(document: &'d Document) -> Self {
        Self { document, findings: RefCell::default() }
    }

    pub fn add(&self, rule: Rule, place: Place, message: String) {
        self.findings.borrow_mut().push(Finding { file: self.document.file.clone(), place, rule, message });
    }

    pub fn into_findings(self) -> Vec<Finding> {
        self.findings.into_inner()
    }
}

/// One table. Each read notes its key as known; [`Table::finish`] refuses the rest.
pub struct Table<'t, 'd> {
    sink: &'t Sink<'d>,
    keys: &'t DeTable<'t>,
    path: String,
    known: Vec<&'static str>,
}

impl<'t, 'd> Table<'t, 'd> {
    pub fn root(sink: &'t Sink<'d>, table: &'t DeTable<'t>) -> Self {
        Self { sink, keys: table, path: String::new(), known: Vec::new() }
    }

    fn raw(&mut self, key: &'static str) -> Option<&'t DeValue<'t>> {
        self.known.push(key);
        self.keys.get(key).map(toml::Spanned::get_ref)
    }

    fn at(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn wrong_type(&self, path: &str, expected: &str, found: &DeValue<'_>) {
        let message = format!("expected {expected}, found {}", described(found));
        self.sink.add(Rule::WrongType, self.sink.document.value(path), message);
    }

    /// Reports that `key` must be there; `why` says what it is.
    pub fn missing(&self, key: &str, why: &str) {
        let message = format!("`{key}` is missing: {why}");
        self.sink.add(Rule::MissingKey, self.sink.document.key(&self.path), message);
    }

    /// [`Table::missing`], unless a value that cannot be used stands there and has been reported.
    pub fn missing_word(&self, key: &str, why: &str) {
        if !self.holds(key) {
            self.missing(key, why);
        }
    }

    pub fn holds(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    pub fn text(&mut self, key: &'static str) -> Option<String> {
        match self.raw(key)? {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.wrong_type(&self.at(key), "a text in quotes", other);
                None
            }
        }
    }

    /// A number or a day, which owners may write with or without quotes.
    pub fn plain(&mut self, key: &'static str) -> Option<String> {
        match self.raw(key)? {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Datetime(day) => Some(day.to_string()),
            other => {
                self.wrong_type(&self.at(key), "a number or a day", other);
                None
            }
        }
    }

    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        match self.raw(key)? {
            DeValue::Boolean(flag) => Some(*flag),
            other => {
                self.wrong_type(&self.at(key), "true or false", other);
                None
            }
        }
    }

    pub fn number(&mut self, key: &'static str) -> Option<u32> {
        let value = self.raw(key)?;
        let number = match value {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_type(&self.at(key), "a whole number from 0 to 4294967295", value);
        }
        number
    }

    /// One of an enum's words.
    pub fn word<T: for<'de> Deserialize<'de>>(&mut self, key: &'static str) -> Option<T> {
        let text = self.text(key)?;
        self.parse_word(&self.at(key), &text)
    }

    fn parse_word<T: for<'de> Deserialize<'de>>(&self, path: &str, text: &str) -> Option<T> {
        match one_of(text) {
            Ok(value) => Some(value),
            Err(Unknown(expected)) => {
                let hint = did_you_mean(text, expected.iter().copied());
                let message = format!("`{text}` is none of {}{hint}", expected.join(", "));
                self.sink.add(Rule::UnknownValue, self.sink.document.value(path), message);
                None
            }
        }
    }

    /// [`Table::word`], where a list would mean two purposes under one box.
    pub fn one_word<T: for<'de> Deserialize<'de>>(&mut self, key: &'static str, refusal: &str) -> Option<T> {
        if let Some(DeValue::Array(_)) = self.keys.get(key).map(toml::Spanned::get_ref) {
            self.known.push(key);
            self.sink.add(Rule::BundledPurposes, self.sink.document.value(&self.at(key)), refusal.to_owned());
            return None;
        }
        self.word(key)
    }

    /// The key `purposes`: names, each for one box.
    pub fn purposes(&mut self) -> Option<Vec<PurposeId>> {
        let Some(DeValue::Array(items)) = self.keys.get("purposes").map(toml::Spanned::get_ref) else {
            return self.names("purposes");
        };
        self.known.push("purposes");
        let mut purposes = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.at("purposes"));
            let several =
                |text: &str| text.split(['+', ',', '&', '/', ';']).filter(|t| !t.trim().is_empty()).count() > 1;
            match item.get_ref() {
                DeValue::Array(_) => self.bundled(&path),
                DeValue::String(text) if several(text) => self.bundled(&path),
                DeValue::String(text) => purposes.extend(self.parse_name::<PurposeId>(&path, text.to_string())),
                other => self.wrong_type(&path, "a purpose's name in quotes", other),
            }
        }
        Some(purposes)
    }

    fn bundled(&self, path: &str) {
        let message = "one box cannot stand for several purposes; list each by itself".to_owned();
        self.sink.add(Rule::BundledPurposes, self.sink.document.value(path), message);
    }

    /// A name; where it is unusable, one that can stand for it while reading goes on.
    pub fn name<T: TryFrom<String, Error = IdError>>(&mut self, key: &'static str) -> Option<T> {
        let text = self.text(key)?;
        self.parse_name(&self.at(key), text)
    }

    pub fn names<T: TryFrom<String, Error = IdError>>(&mut self, key: &'static str) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        let at = self.at(key);
        // Every entry keeps its index, so that the lint can point at it.
        let parse = |(index, text)| self.parse_name(&format!("{at}[{index}]"), text);
        Some(texts.into_iter().enumerate().filter_map(parse).collect())
    }

    fn parse_name<T: TryFrom<String, Error = IdError>>(&self, path: &str, text: String) -> Option<T> {
        let stand_in = slug(&text);
        T::try_from(text).map_or_else(
            |error| {
                let message = format!("{error}; `{stand_in}` would do");
                self.sink.add(Rule::BadName, self.sink.document.value(path), message);
                T::try_from(stand_in).ok()
            },
            Some,
        )
    }

    pub fn languages(&mut self, key: &'static str) -> Option<Vec<Language>> {
        let texts = self.texts(key)?;
        let at = self.at(key);
        Some(
            texts
                .iter()
                .enumerate()
                .filter_map(|(i, text)| self.language(&format!("{at}[{i}]"), text, false))
                .collect(),
        )
    }

    fn language(&self, path: &str, text: &str, is_key: bool) -> Option<Language> {
        let language = Language::parse(text).ok();
        if language.is_none() {
            let document = self.sink.document;
            let place = if is_key { document.key(path) } else { document.value(path) };
            let message = format!("`{text}` is no language tag; write one like en, bg or pt-BR");
            self.sink.add(Rule::BadName, place, message);
        }
        language
    }

    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let value = self.raw(key)?;
        let at = self.at(key);
        let DeValue::Array(items) = value else {
            self.wrong_type(&at, "a list of texts, such as [\"a\", \"b\"]", value);
            return None;
        };
        let text = |(index, item): (usize, &'t toml::Spanned<DeValue<'t>>)| match item.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.wrong_type(&format!("{at}[{index}]"), "a text in quotes", other);
                None
            }
        };
        Some(items.iter().enumerate().filter_map(text).collect())
    }

    /// A text in several languages.
    pub fn localized(&mut self, key: &'static str) -> Option<Localized> {
        let value = self.raw(key)?;
        self.read_localized(&self.at(key), value)
    }

    pub fn localized_list(&mut self, key: &'static str) -> Option<Vec<Localized>> {
        let value = self.raw(key)?;
        let at = self.at(key);
        let DeValue::Array(items) = value else {
            self.wrong_type(&at, "a list of texts by language, such as [{ en = \"…\" }]", value);
            return None;
        };
        let read = |(i, item): (usize, &'t toml::Spanned<DeValue<'t>>)| {
            self.read_localized(&format!("{at}[{i}]"), item.get_ref()).unwrap_or_default()
        };
        Some(items.iter().enumerate().map(read).collect())
    }

    fn read_localized(&self, path: &str, value: &DeValue<'_>) -> Option<Localized> {
        let DeValue::Table(table) = value else {
            self.wrong_type(path, "a text for each language, such as { en = \"…\" }", value);
            return None;
        };
        let mut texts = Localized::default();
        for (key, value) in table {
            let path = join(path, key.get_ref());
            let language = self.language(&path, key.get_ref(), true);
            match (language, value.get_ref()) {
                (Some(language), DeValue::String(text)) => {
                    texts.0.insert(language, text.trim().to_owned());
                }
                (_, DeValue::String(_)) => {}
                (_, other) => self.wrong_type(&path, "a text in quotes", other),
            }
        }
        Some(texts)
    }

    /// A table whose keys are somebody else's names; each entry with its path, for findings.
    fn keyed(&mut self, key: &'static str) -> Option<Vec<(String, String, &'t DeValue<'t>)>> {
        let value = self.raw(key)?;
        let at = self.at(key);
        let DeValue::Table(table) = value else {
            self.wrong_type(&at, "a table, such as { lastname = \"name\" }", value);
            return None;
        };
        let entry = |(key, value): (&'t toml::Spanned<std::borrow::Cow<'t, str>>, &'t toml::Spanned<DeValue<'t>>)| {
            let key: &str = key.get_ref();
            (key.to_owned(), join(&at, key), value.get_ref())
        };
        Some(table.iter().map(entry).collect())
    }

    fn keyed_text(&self, path: &str, value: &DeValue<'_>) -> Option<String> {
        match value {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.wrong_type(path, "a text in quotes", other);
                None
            }
        }
    }

    /// A table from somebody else's names to one of ours or several.
    pub fn keyed_names<T>(&mut self, key: &'static str) -> Option<BTreeMap<String, Vec<T>>>
    where
        T: TryFrom<String, Error = IdError>,
    {
        let entries = self.keyed(key)?;
        let names = |(key, path, value): (String, String, &'t DeValue<'t>)| {
            let names = match value {
                DeValue::Array(items) => {
                    let name = |(index, item): (usize, &'t toml::Spanned<DeValue<'t>>)| {
                        let path = format!("{path}[{index}]");
                        self.parse_name(&path, self.keyed_text(&path, item.get_ref())?)
                    };
                    items.iter().enumerate().filter_map(name).collect()
                }
                one => self.keyed_text(&path, one).and_then(|text| self.parse_name(&path, text)).into_iter().collect(),
            };
            (key, names)
        };
        Some(entries.into_iter().map(names).collect())
    }

    /// A table from somebody else's names to one of ours.
    pub fn keyed_name<T>(&mut self, key: &'static str) -> Option<BTreeMap<String, T>>
    where
        T: TryFrom<String, Error = IdError>,
    {
        let entries = self.keyed(key)?;
        let name = |(key, path, value): (String, String, &'t DeValue<'t>)| {
            Some((key, self.parse_name(&path, self.keyed_text(&path, value)?)?))
        };
        Some(entries.into_iter().filter_map(name).collect())
    }

    /// A table from somebody else's names to an enum's words.
    pub fn keyed_words<T: for<'de> Deserialize<'de>>(&mut self, key: &'static str) -> Option<BTreeMap<String, T>> {
        let entries = self.keyed(key)?;
        let word = |(key, path, value): (String, String, &'t DeValue<'t>)| {
            let text = self.keyed_text(&path, value)?;
            Some((key, self.parse_word(&path, &text)?))
        };
        Some(entries.into_iter().filter_map(word).collect())
    }

    pub fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Table<'t, 'd>) -> T) -> Option<T> {
        let value = self.raw(key)?;
        let path = self.at(key);
        if let DeValue::Table(table) = value {
            return Some(self.descend(path, table, read));
        }
        self.wrong_type(&path, "a table of keys", value);
        None
    }

    pub fn tables<T>(&mut self, key: &'static str, read: impl Fn(&mut Table<'t, 'd>) -> T) -> Option<Vec<T>> {
        let value = self.raw(key)?;
        let at = self.at(key);
        let DeValue::Array(items) = value else {
            self.wrong_type(&at, &format!("tables, each under [[{key}]]"), value);
            return None;
        };
        let mut out = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{at}[{index}]");
            match item.get_ref() {
                DeValue::Table(table) => out.push(self.descend(path, table, &read)),
                other => self.wrong_type(&path, "a table of keys", other),
            }
        }
        Some(out)
    }

    fn descend<T>(&self, path: String, table: &'t DeTable<'t>, read: impl FnOnce(&mut Table<'t, 'd>) -> T) -> T {
        let mut inner = Table { sink: self.sink, keys: table, path, known: Vec::new() };
        let value = read(&mut inner);
        inner.finish();
        value
    }

    /// Refuses the keys that nothing read.
    pub fn finish(self) {
        for key in self.keys.keys() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let place = self.sink.document.key(&self.at(name));
            if TICKED.contains(&name) && self.known.contains(&"ticked") {
                let message = format!("nothing is ticked for the visitor; remove `{name}`");
                self.sink.add(Rule::PreTicked, place, message);
                continue;
            }
            let hint = did_you_mean(name, self.known.iter().copied());
            let message = if hint.is_empty() {
                format!("nothing reads the key `{name}`; possible here: {}", self.known.join(", "))
            } else {
                format!("nothing reads the key `{name}`{hint}")
            };
            self.sink.add(Rule::UnknownKey, place, message);
        }
    }
}

/// What other products call a box that is ticked beforehand.
const TICKED: [&str; 8] =
    ["checked", "default", "default_checked", "preselected", "prechecked", "pre_ticked", "preticked", "selected"];

fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text \"{}\"", text.chars().take(40).collect::<String>()),
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// The words that an enum accepts, as serde knows them.
#[derive(Debug)]
struct Unknown(&'static [&'static str]);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "none of {}", self.0.join(", "))
    }
}

impl std::error::Error for Unknown {}

impl de::Error for Unknown {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

fn one_of<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Unknown> {
    let words: StrDeserializer<'_, Unknown> = text.into_deserializer();
    T::deserialize(words)
}
