//! `manifest.json`: what a folder of a backup holds, and which other half and which key ring it needs.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    KeepError,
    files::{self, Digest, at, write_file},
};
use crate::store::EngineKind;

/// The name of the file.
pub const FILE: &str = "manifest.json";
/// What this build writes.
const SCHEMA: &str = "unticked backup v1";

/// Which half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The main database and the definitions.
    Data,
    /// The key store and the key ring.
    Keys,
}

impl Part {
    /// `data` or `keys`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Keys => "keys",
        }
    }

    /// The name of the folder.
    pub fn folder(self, id: &str) -> String {
        format!("unticked-{}-{id}", self.word())
    }
}

/// Why it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Somebody asked for it.
    Asked,
    /// A newer build was about to change the databases.
    BeforeUpgrade,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Which half.
    pub part: Part,
    /// Shared by both halves; sorts by time.
    pub id: String,
    /// Why it was made.
    pub reason: Reason,
    /// The version of Unticked that made it.
    pub product: String,
    /// RFC 3339, UTC: nothing that came later is in it.
    pub made_at: String,
    /// `sqlite` or `postgres`.
    pub engine: Engine,
    /// The migrations that stand in this half's database.
    pub migrations: Vec<i64>,
    /// Submissions in the data, persons in the keys.
    pub rows: u64,
    /// When the newest of them came, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_at: Option<String>,
    /// Names the key ring that opens the keys, without revealing it.
    pub key_ring: String,
    /// Every other file of the folder.
    pub files: BTreeMap<String, Digest>,
}

/// Which engine, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Engine {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// Of a store.
    pub fn kind(self) -> EngineKind {
        match self {
            Self::Sqlite => EngineKind::Sqlite,
            Self::Postgres => EngineKind::Postgres,
        }
    }
}

impl Manifest {
    /// A manifest without its contents.
    pub fn new(part: Part, id: &str, reason: Reason, made_at: String, engine: Engine, key_ring: String) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            part,
            id: id.to_owned(),
            reason,
            product: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            engine,
            migrations: Vec::new(),
            rows: 0,
            newest_at: None,
            key_ring,
            files: BTreeMap::new(),
        }
    }

    /// Writes it into its folder, last of all files.
    pub fn write(&self, folder: &Path) -> Result<(), KeepError> {
        let mut text = serde_json::to_vec_pretty(self).expect("a manifest is plain text and numbers");
        text.push(b'\n');
        write_file(&folder.join(FILE), &text)
    }

    /// Reads the manifest of a folder.
    pub fn read(folder: &Path) -> Result<Self, KeepError> {
        let path = folder.join(FILE);
        let text = fs::read(&path).map_err(at(&path))?;
        let damaged = |reason| KeepError::Damaged { path: path.clone(), reason };
        let manifest: Self = serde_json::from_slice(&text).map_err(|_| damaged("cannot be read"))?;
        if manifest.schema != SCHEMA {
            return Err(damaged("is of a kind that this version does not know"));
        }
        // Names come from a file that somebody may have changed: none of them may lead out of the folder.
        let within =
            |name: &String| Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !manifest.files.keys().all(within) {
            return Err(damaged("names a file outside its folder"));
        }
        Ok(manifest)
    }

    /// Holds every file against its digest.
    pub fn verify(&self, folder: &Path) -> Result<(), KeepError> {
        for (name, expected) in &self.files {
            let path = folder.join(name);
            if !path.is_file() {
                return Err(KeepError::Damaged { path, reason: "is missing" });
            }
            if files::digest(&path)? != *expected {
                return Err(KeepError::Damaged { path, reason: "is not what was written" });
            }
        }
        Ok(())
    }
}

/// The backups in a folder, the oldest first; what cannot be read is passed over.
pub fn found_in(folder: &Path, part: Part) -> Vec<(PathBuf, Manifest)> {
    let prefix = part.folder("");
    let mut found: Vec<(PathBuf, Manifest)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .filter_map(|entry| Some((entry.path(), Manifest::read(&entry.path()).ok()?)))
        .filter(|(_, manifest)| manifest.part == part)
        .collect();
    found.sort_by(|(_, a), (_, b)| (&a.made_at, &a.id).cmp(&(&b.made_at, &b.id)));
    found
}

/// The backup that `path` names: the folder itself, or the newest of those in it.
pub fn named(path: &Path, part: Part) -> Result<(PathBuf, Manifest), KeepError> {
    if !path.join(FILE).is_file() {
        return found_in(path, part).pop().ok_or_else(|| KeepError::NoBackup(path.to_owned()));
    }
    let manifest = Manifest::read(path)?;
    if manifest.part != part {
        return Err(KeepError::WrongPart { path: path.to_owned(), found: manifest.part.word(), wanted: part.word() });
    }
    Ok((path.to_owned(), manifest))
}
