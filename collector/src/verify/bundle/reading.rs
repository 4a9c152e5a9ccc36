//! The files of a bundle, read where they lie: nothing is unpacked, and none is taken whole that can be long.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Take},
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use unticked_shared::bundle::{About, SCHEMA, SCHEMA_OF_ANY, names, tar};

use super::BundleError;

/// No line is longer.
const LONGEST_LINE: usize = 1 << 20;
/// No small file is larger.
const LARGEST_SMALL: u64 = 1 << 26;
/// No bundle has more files.
const MOST_FILES: usize = 100_000;

/// Where its files lie.
pub struct Archive {
    /// Its own place.
    pub path: PathBuf,
    /// By name: where each begins, and its size.
    pub files: BTreeMap<String, (u64, u64)>,
}

impl Archive {
    /// Finds its files.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let failed = |cause| BundleError::File { path: path.to_owned(), cause };
        let none = |reason: String| BundleError::NoBundle { path: path.to_owned(), reason };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut files = BTreeMap::new();
        let mut at = 0u64;
        loop {
            let mut block = [0u8; tar::BLOCK];
            file.seek(SeekFrom::Start(at)).map_err(failed)?;
            if length.saturating_sub(at) < tar::BLOCK as u64 {
                if files.is_empty() {
                    return Err(none("it is no tar archive".to_owned()));
                }
                let reason = "the end of the archive is missing".to_owned();
                return Err(BundleError::Truncated { path: path.to_owned(), reason });
            }
            file.read_exact(&mut block).map_err(failed)?;
            at += tar::BLOCK as u64;
            let Some(entry) = tar::read_header(&block).map_err(|error| none(error.to_string()))? else { break };
            if files.len() >= MOST_FILES {
                return Err(none("it holds more files than a bundle can".to_owned()));
            }
            let end = at.checked_add(entry.size).and_then(|end| end.checked_add(tar::padding(entry.size)));
            let Some(end) = end.filter(|end| *end <= length) else {
                let reason = format!("`{}` ends before its end", entry.name);
                return Err(BundleError::Truncated { path: path.to_owned(), reason });
            };
            if files.insert(entry.name.clone(), (at, entry.size)).is_some() {
                return Err(none(format!("it holds `{}` twice", entry.name)));
            }
            at = end;
        }
        Ok(Self { path: path.to_owned(), files })
    }

    /// What it says of itself, if it is of this version.
    pub fn about(&self) -> Result<About, BundleError> {
        let none = |reason: &str| BundleError::NoBundle { path: self.path.clone(), reason: reason.to_owned() };
        if !self.files.contains_key(names::ABOUT) {
            return Err(none("it holds no `about.json`"));
        }
        let text = self.text(names::ABOUT)?;
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|_| none("its `about.json` cannot be read"))?;
        match value.get("schema").and_then(|schema| schema.as_str()) {
            Some(SCHEMA) => {}
            Some(other) if other.starts_with(SCHEMA_OF_ANY) => {
                let schema = other.chars().take(40).filter(|c| !c.is_control()).collect();
                return Err(BundleError::OtherVersion { path: self.path.clone(), schema });
            }
            _ => return Err(none("its `about.json` says nothing of the kind")),
        }
        serde_json::from_value(value).map_err(|_| none("its `about.json` cannot be read"))
    }

    /// Where a file begins, and its size.
    pub fn place(&self, name: &str) -> Result<(u64, u64), BundleError> {
        self.files
            .get(name)
            .copied()
            .ok_or_else(|| BundleError::NoBundle { path: self.path.clone(), reason: format!("it holds no `{name}`") })
    }

    /// What is said where a file ends too early.
    pub fn cut_off(&self, name: &str) -> BundleError {
        BundleError::Truncated { path: self.path.clone(), reason: format!("`{name}` ends before its end") }
    }

    /// A file.
    pub fn reader(&self, name: &str) -> Result<BufReader<Take<File>>, BundleError> {
        let failed = |cause| BundleError::File { path: self.path.clone(), cause };
        let (at, size) = self.place(name)?;
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        Ok(BufReader::new(file.take(size)))
    }

    /// A small file.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, BundleError> {
        let (_, size) = self.place(name)?;
        if size > LARGEST_SMALL {
            let reason = format!("`{name}` is larger than it can be");
            return Err(BundleError::NoBundle { path: self.path.clone(), reason });
        }
        let mut bytes = Vec::new();
        self.reader(name)?.read_to_end(&mut bytes).map_err(|_| self.cut_off(name))?;
        Ok(bytes)
    }

    /// A small file that is text.
    pub fn text(&self, name: &str) -> Result<String, BundleError> {
        String::from_utf8(self.bytes(name)?)
            .map_err(|_| BundleError::NoBundle { path: self.path.clone(), reason: format!("`{name}` is no text") })
    }

    /// A file of objects, one a line.
    pub fn lines<T>(&self, name: &'static str) -> Result<Lines<T>, BundleError> {
        Ok(Lines {
            reader: self.reader(name)?,
            number: 0,
            name,
            path: self.path.clone(),
            kind: std::marker::PhantomData,
        })
    }
}

/// The lines of a file, each an object.
pub struct Lines<T> {
    reader: BufReader<Take<File>>,
    number: u64,
    name: &'static str,
    path: PathBuf,
    kind: std::marker::PhantomData<T>,
}

impl<T: DeserializeOwned> Lines<T> {
    /// The next one.
    pub fn next(&mut self) -> Result<Option<T>, BundleError> {
        let mut line = Vec::new();
        let failed = |cause| BundleError::File { path: self.path.clone(), cause };
        let read = self.reader.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        serde_json::from_slice(&line).map(Some).map_err(|_| BundleError::NoBundle {
            path: self.path.clone(),
            reason: format!("line {} of `{}` cannot be read", self.number, self.name),
        })
    }
}
