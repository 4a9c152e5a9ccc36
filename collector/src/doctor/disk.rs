//! Room on the disks.

use std::path::PathBuf;

use super::Finding;
use crate::{
    config::{Database, Settings},
    keep::files::{Room, device, in_words, room},
};

const CHECK: &str = "disk";
/// Below this a busy day fills it.
const LITTLE: u64 = 1_000_000_000;
/// Below this an hour may.
const NEXT_TO_NOTHING: u64 = 100_000_000;

/// Each disk that we write to, once.
pub fn examine(settings: &Settings) -> Vec<Finding> {
    let mut places: Vec<PathBuf> = [&settings.database.main, &settings.database.keys]
        .into_iter()
        .filter_map(|place| match place {
            Database::Sqlite { file } => Some(file.clone()),
            Database::Postgres { .. } => None,
        })
        .collect();
    places.extend(settings.backup.dir.clone());
    places.extend(settings.backup.keys_dir.clone());
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for place in places {
        let disk = device(&place);
        if !seen.contains(&disk) {
            seen.push(disk);
            found.extend(room(&place).map(|room| finding(&place.display().to_string(), room)));
        }
    }
    found
}

fn finding(place: &str, room: Room) -> Finding {
    let advice =
        "make room: old backups, logs, what is in `before-upgrade`; when it is full, no submission can be kept";
    let share = room.free.saturating_mul(100) / room.total.max(1);
    let says = format!("the disk of {place} has {} free ({share}%)", in_words(room.free));
    if let Some(inodes) = room.inodes.filter(|inodes| *inodes < 1000) {
        return Finding::fail(CHECK, format!("the disk of {place} has room for {inodes} more files"), advice);
    }
    // A small disk may be as it should be: what counts is what is left of it.
    match room.free {
        free if free < NEXT_TO_NOTHING => Finding::fail(CHECK, says, advice),
        free if free < LITTLE && share < 20 => Finding::warn(CHECK, says, advice),
        _ => Finding::ok(CHECK, says),
    }
}

#[cfg(test)]
mod unit {
    use super::{super::State, *};

    #[test]
    fn a_disk_without_room_for_bytes_or_for_files_fails() {
        let state = |free, total, inodes| finding("x", Room { free, total, inodes }).state;
        assert_eq!(state(50_000_000_000, 100_000_000_000, Some(9_999_999)), State::Ok);
        assert_eq!(state(600_000_000, 1_000_000_000, None), State::Ok);
        assert_eq!(state(600_000_000, 100_000_000_000, None), State::Warn);
        assert_eq!(state(60_000_000, 100_000_000_000, None), State::Fail);
        assert_eq!(state(50_000_000_000, 100_000_000_000, Some(3)), State::Fail);
    }
}
