//! Whether there is a backup, how old it is, and whether both halves of it are there.

use jiff::Timestamp;

use super::Finding;
use crate::{
    config::Settings,
    keep::{Manifest, Part, Reason, before_upgrade_folders, found_in},
};

const CHECK: &str = "backup";
/// Older than this, a day's was missed.
const STALE_DAYS: i64 = 2;
/// Older than this, nobody looks after them.
const OLD_DAYS: i64 = 14;
/// Copies from before an upgrade hold people who were forgotten since.
const LEFTOVER_DAYS: i64 = 30;

/// What lies in the folders that the settings name.
pub fn examine(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    match (&settings.backup.dir, &settings.backup.keys_dir) {
        (Some(data), Some(keys)) => {
            let newest = |folder, part| {
                found_in(folder, part).into_iter().map(|(_, copy)| copy).rfind(|copy| copy.reason == Reason::Asked)
            };
            found.push(judge(newest(data, Part::Data).as_ref(), newest(keys, Part::Keys).as_ref(), now));
        }
        _ => found.push(Finding::warn(
            CHECK,
            "nobody said where backups go, so that nobody can see whether there are any",
            "set `backup.dir` and, on another disk or machine, `backup.keys_dir`; then let `unticked backup` run every day (docs/backup.md)",
        )),
    }
    if let Ok((data, keys)) = before_upgrade_folders(settings) {
        let old = found_in(&data, Part::Data)
            .into_iter()
            .chain(found_in(&keys, Part::Keys))
            .filter(|(_, copy)| copy.reason == Reason::BeforeUpgrade && days(copy, now) > LEFTOVER_DAYS);
        if let Some((path, copy)) = old.into_iter().next() {
            let says = format!("a copy from before an upgrade is {} days old ({})", days(&copy, now), path.display());
            let advice = "remove it when the upgrade has proved good: whoever was forgotten since is still in it";
            found.push(Finding::warn(CHECK, says, advice));
        }
    }
    found
}

fn judge(data: Option<&Manifest>, keys: Option<&Manifest>, now: Timestamp) -> Finding {
    let run = "see why `unticked backup` does not run every day; run it now";
    let Some(data) = data else { return Finding::warn(CHECK, "there is none yet", run) };
    let days = days(data, now);
    if keys.is_none_or(|keys| keys.made_at < data.made_at) {
        let says = format!("the keys of the newest backup ({}) are not in `backup.keys_dir`", data.made_at);
        let advice =
            "if they are kept elsewhere, all is well; if not, nothing in it can be read: run `unticked backup` now";
        return Finding::warn(CHECK, says, advice);
    }
    let says = format!("the newest is of {}, {days} days ago", data.made_at);
    if days > OLD_DAYS {
        Finding::fail(CHECK, says, run)
    } else if days > STALE_DAYS {
        Finding::warn(CHECK, says, run)
    } else {
        Finding::ok(CHECK, format!("the newest is of {}", data.made_at))
    }
}

fn days(copy: &Manifest, now: Timestamp) -> i64 {
    copy.made_at.parse().map_or(i64::MAX, |made: Timestamp| now.duration_since(made).as_hours() / 24)
}

#[cfg(test)]
mod unit {
    use super::{super::State, *};
    use crate::keep::Engine;

    fn copy(part: Part, made_at: &str) -> Manifest {
        Manifest::new(part, "x", Reason::Asked, made_at.to_owned(), Engine::Sqlite, String::new())
    }

    #[test]
    fn an_old_backup_or_one_without_its_keys_is_told_of() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let state = |data: &str, keys: Option<&str>| {
            let keys = keys.map(|at| copy(Part::Keys, at));
            judge(Some(&copy(Part::Data, data)), keys.as_ref(), now).state
        };
        assert_eq!(state("2026-11-23T03:00:00Z", Some("2026-11-23T03:00:00Z")), State::Ok);
        assert_eq!(state("2026-11-23T03:00:00Z", Some("2026-11-20T03:00:00Z")), State::Warn);
        assert_eq!(state("2026-11-23T03:00:00Z", None), State::Warn);
        assert_eq!(state("2026-11-18T03:00:00Z", Some("2026-11-18T03:00:00Z")), State::Warn);
        assert_eq!(state("2026-10-18T03:00:00Z", Some("2026-10-18T03:00:00Z")), State::Fail);
        assert_eq!(judge(None, None, now).state, State::Warn);
    }
}
