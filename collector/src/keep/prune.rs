//! Old backups go when the owner has said how many to keep, and never otherwise.

use std::{fs, path::Path};

use super::manifest::{Part, Reason, found_in};

/// Keeps the newest `keep` of that reason in each folder; answers how many folders went.
///
/// The keys of what stays are younger than the data of what goes, so a data folder never outlives its keys here.
pub fn prune(data: &Path, keys: &Path, reason: Reason, keep: usize) -> usize {
    let mut gone = 0;
    // Data first: data without keys is no use, keys without data do no harm.
    for (folder, part) in [(data, Part::Data), (keys, Part::Keys)] {
        let found: Vec<_> =
            found_in(folder, part).into_iter().filter(|(_, manifest)| manifest.reason == reason).collect();
        for (path, _) in found.iter().take(found.len().saturating_sub(keep.max(1))) {
            match fs::remove_dir_all(path) {
                Ok(()) => gone += 1,
                Err(error) => tracing::warn!(path = %path.display(), %error, "an old backup could not be removed"),
            }
        }
    }
    gone
}
