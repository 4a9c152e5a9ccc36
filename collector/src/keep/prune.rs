//! Old backups go when the owner has said how many to keep, and never otherwise.

use std::{fs, path::Path};

use super::manifest::{Manifest, Part, found_in};

/// Keeps `made` and the newest others of its reason in each folder, `keep` in all; answers how many folders went.
///
/// What was made just now stays, whatever the clocks said when the others were made; and another collector's backups, told
/// by their key ring, are not ours to remove. The keys of what stays are younger than the data of what goes, so a data
/// folder never outlives its keys here.
pub fn prune(data: &Path, keys: &Path, made: &Manifest, keep: usize) -> usize {
    let mut gone = 0;
    // Data first: data without keys is no use, keys without data do no harm.
    for (folder, part) in [(data, Part::Data), (keys, Part::Keys)] {
        let is_earlier = |one: &Manifest| {
            one.reason == made.reason && one.key_ring == made.key_ring && one.engine == made.engine && one.id != made.id
        };
        let found: Vec<_> = found_in(folder, part).into_iter().filter(|(_, manifest)| is_earlier(manifest)).collect();
        for (path, _) in found.iter().take(found.len().saturating_sub(keep.saturating_sub(1))) {
            match fs::remove_dir_all(path) {
                Ok(()) => gone += 1,
                Err(error) => tracing::warn!(path = %path.display(), %error, "an old backup could not be removed"),
            }
        }
    }
    gone
}

#[cfg(test)]
mod unit {
    use super::{
        super::manifest::{Engine, Reason},
        *,
    };

    #[test]
    fn neither_what_was_made_just_now_nor_what_another_collector_made_is_removed() {
        let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let make = |id: &str, hour: u32, ring: &str| {
            let at = format!("2026-11-23T{hour:02}:00:00Z");
            for (folder, part) in [(&data, Part::Data), (&keys, Part::Keys)] {
                let manifest = Manifest::new(part, id, Reason::Asked, at.clone(), Engine::Sqlite, ring.to_owned());
                let place = folder.path().join(part.folder(id));
                fs::create_dir(&place).unwrap();
                manifest.write(&place).unwrap();
            }
        };
        make("theirs", 7, "their ring");
        make("old", 8, "our ring");
        make("of-a-clock-that-was-ahead", 13, "our ring");
        make("now", 12, "our ring");
        let left = |folder: &Path, part| -> Vec<String> {
            found_in(folder, part).into_iter().map(|(_, manifest)| manifest.id).collect()
        };
        let newest = found_in(data.path(), Part::Data).into_iter().find(|(_, one)| one.id == "now").unwrap().1;
        assert_eq!(prune(data.path(), keys.path(), &newest, 2), 2);
        assert_eq!(left(data.path(), Part::Data), ["theirs", "now", "of-a-clock-that-was-ahead"]);
        assert_eq!(prune(data.path(), keys.path(), &newest, 1), 2);
        for (folder, part) in [(&data, Part::Data), (&keys, Part::Keys)] {
            assert_eq!(left(folder.path(), part), ["theirs", "now"]);
        }
    }
}
