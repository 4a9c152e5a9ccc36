//! The statements as they stand in the sources.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const MACROS: [&str; 4] = ["execute!(", "fetch_all!(", "fetch_optional!(", "insert_many!("];

/// File (from the workspace's root) and line of every macro call in a `sql.rs` of the collector.
pub fn statements() -> BTreeSet<(String, u32)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut statements = BTreeSet::new();
    for path in sql_files(&root.join("collector/src")) {
        let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        for (at, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if MACROS.iter().any(|name| code.contains(name)) {
                statements.insert((file.clone(), u32::try_from(at + 1).unwrap()));
            }
        }
    }
    statements
}

fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sql_files(&path));
        } else if path.file_name().is_some_and(|name| name == "sql.rs") {
            files.push(path);
        }
    }
    files
}
