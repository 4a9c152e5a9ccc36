//! Where settings come from, and which of them counts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::settings::{ConfigError, Origin};

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "unticked.toml";

/// Everything that settings are read from.
#[derive(Debug, Default)]
pub struct Sources {
    /// The file; `unticked.toml` in the folder, where it exists, when none is named.
    pub file: Option<PathBuf>,
    /// The environment, name and value.
    pub environment: Vec<(String, String)>,
    /// `section.key=value`, as given with `--set`.
    pub flags: Vec<String>,
    /// The folder from which relative paths of flags and environment are taken, and where the file is looked for.
    pub folder: PathBuf,
}

/// One value before it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    /// Text, or a number or truth value as text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub raw: Raw,
    pub origin: Origin,
    /// The folder from which a relative path in it is taken.
    pub base: PathBuf,
}

/// The values of one source by dotted key, such as `server.listen`.
#[derive(Debug, Default)]
pub struct Layer(pub(super) BTreeMap<String, Entry>);

impl Sources {
    /// The process's own: its environment and working folder.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<String>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment, flags, folder: std::env::current_dir().unwrap_or_default() }
    }

    /// All layers merged, the stronger over the weaker.
    pub(super) fn merge(&self, errors: &mut Vec<ConfigError>) -> Layer {
        let mut merged = Layer::default();
        if let Some(path) = self.path() {
            match std::fs::read_to_string(&path) {
                Ok(text) => merged.0.extend(file_layer(&path, &text, errors).0),
                Err(cause) => errors.push(ConfigError::Unreadable { path, cause: cause.to_string() }),
            }
        }
        merged.overlay(self.environment_layer(errors));
        merged.overlay(self.flag_layer(errors));
        merged
    }

    /// Where the defaults lie: beside the file, or in the folder when there is none.
    pub(super) fn home(&self) -> PathBuf {
        self.path().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_else(|| self.folder.clone())
    }

    fn path(&self) -> Option<PathBuf> {
        match &self.file {
            Some(path) => Some(self.folder.join(path)),
            None => Some(self.folder.join(DEFAULT_FILE)).filter(|path| path.exists()),
        }
    }

    fn environment_layer(&self, errors: &mut Vec<ConfigError>) -> Layer {
        let mut layer = Layer::default();
        for (name, value) in &self.environment {
            let Some(rest) = name.strip_prefix("UNTICKED_") else { continue };
            let origin = Origin::Environment(name.clone());
            if rest.contains("__") {
                layer.insert(rest.to_ascii_lowercase().replace("__", "."), value, origin, &self.folder);
            } else if let Some(known) = super::read::key_with_single_underscores(rest) {
                // `UNTICKED_SERVER_LISTEN` would otherwise be passed over in silence.
                errors.push(ConfigError::Unknown { key: name.clone(), origin, suggestion: Some(variable(known)) });
            }
        }
        layer
    }

    fn flag_layer(&self, errors: &mut Vec<ConfigError>) -> Layer {
        let mut layer = Layer::default();
        for flag in &self.flags {
            match flag.split_once('=') {
                Some((key, value)) => layer.insert(key.trim().to_owned(), value, Origin::Flag, &self.folder),
                None => errors.push(ConfigError::FlagShape { flag: flag.clone() }),
            }
        }
        layer
    }
}

impl Layer {
    fn insert(&mut self, key: String, value: &str, origin: Origin, base: &Path) {
        let entry = Entry { raw: Raw::Text(value.to_owned()), origin, base: base.to_owned() };
        self.0.insert(key, entry);
    }

    /// Puts a stronger layer over this one. A secret has three ways to be given; the stronger one replaces the others.
    fn overlay(&mut self, stronger: Self) {
        for key in stronger.0.keys().filter(|key| key.starts_with("secrets.")) {
            let name = key.trim_end_matches(".file").trim_end_matches(".env");
            for way in [name.to_owned(), format!("{name}.file"), format!("{name}.env")] {
                self.0.remove(&way);
            }
        }
        self.0.extend(stronger.0);
    }
}

/// The environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("UNTICKED_{}", key.to_ascii_uppercase().replace('.', "__"))
}

fn file_layer(path: &Path, text: &str, errors: &mut Vec<ConfigError>) -> Layer {
    let mut layer = Layer::default();
    let line = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    match DeTable::parse(text) {
        Ok(table) => {
            let base = path.parent().unwrap_or(Path::new("")).to_owned();
            gather(table.get_ref(), "", &mut |key, raw, offset| {
                let origin = Origin::File { path: path.to_owned(), line: line(offset) };
                layer.0.insert(key, Entry { raw, origin, base: base.clone() });
            });
        }
        Err(error) => errors.push(ConfigError::Syntax {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| line(span.start)),
            message: error.message().to_owned(),
        }),
    }
    layer
}

/// Every leaf of the table with its dotted key and its place in the text.
fn gather(table: &DeTable<'_>, prefix: &str, found: &mut impl FnMut(String, Raw, usize)) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        let at = key.span().start;
        match value.get_ref() {
            DeValue::Table(inner) => gather(inner, &name, found),
            DeValue::Array(list) => {
                found(name, Raw::List(list.iter().map(|item| text_of(item.get_ref())).collect()), at);
            }
            leaf => found(name, Raw::Text(text_of(leaf)), at),
        }
    }
}

fn text_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().replace('_', ""),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "[…]".to_owned(),
        DeValue::Table(_) => "{…}".to_owned(),
    }
}
