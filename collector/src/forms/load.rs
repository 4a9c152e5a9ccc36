//! Reads the owner's folder: every `.toml` file in it and one level below.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Why the folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder or a file in it cannot be opened.
    #[error("{}: {cause}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file is no text.
    #[error("{}: the file must be UTF-8 text; byte {at} is not", .path.display())]
    NotText {
        /// Which.
        path: PathBuf,
        /// The first byte that is no UTF-8, from 0.
        at: usize,
    },
}

/// From each file's name under `dir`, with `/` between its parts, to its text.
///
/// Hidden files and what does not end in `.toml` (an editor's back-up copy) are passed over.
pub fn folder(dir: &Path) -> Result<BTreeMap<String, String>, LoadError> {
    let mut files = BTreeMap::new();
    read(dir, "", &mut files)?;
    Ok(files)
}

fn read(dir: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<(), LoadError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |cause| LoadError::Unreadable { path, cause }
    };
    for entry in fs::read_dir(dir).map_err(unreadable(dir))? {
        let path = entry.map_err(unreadable(dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if prefix.is_empty() {
                read(&path, &format!("{name}/"), files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let bytes = fs::read(&path).map_err(unreadable(&path))?;
            let text = String::from_utf8(bytes)
                .map_err(|error| LoadError::NotText { path: path.clone(), at: error.utf8_error().valid_up_to() })?;
            files.insert(format!("{prefix}{name}"), text);
        }
    }
    Ok(())
}
