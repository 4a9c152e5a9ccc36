//! Whether our clock agrees with those of others.

use std::process::Command;

use jiff::{SignedDuration, Timestamp};

use super::Finding;

const CHECK: &str = "clock";
/// Receivers of webhooks refuse what is older or newer than this (Standard Webhooks).
const REFUSED: SignedDuration = SignedDuration::from_mins(5);
/// No machine that sets its clock by the network is so far off.
const NOTICEABLE: SignedDuration = SignedDuration::from_secs(30);

/// What a server said the time was.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Who said it.
    pub host: String,
    /// Its time less ours, when it answered.
    pub ahead: SignedDuration,
    /// It may be our own machine: then it agrees whatever the time is.
    pub perhaps_ours: bool,
}

impl Reading {
    /// The `Date` header of an answer that came at `now`.
    pub fn new(host: &str, date: &str, now: Timestamp) -> Option<Self> {
        Some(Self { host: host.to_owned(), ahead: parse(date)?.duration_since(now), perhaps_ours: false })
    }

    /// One that may be our own.
    pub fn perhaps_ours(self) -> Self {
        Self { perhaps_ours: true, ..self }
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn parse(date: &str) -> Option<Timestamp> {
    let mut parts = date.split_once(", ")?.1.split(' ');
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|name| *name == month)? + 1;
    format!("{year}-{month:02}-{day}T{time}Z").parse().ok()
}

/// Our clock against all readings, and what the system says of itself.
pub fn examine(readings: &[Reading]) -> Vec<Finding> {
    let mut found = vec![judge(readings)];
    if synchronised() == Some(false) {
        let advice = "let it be: `timedatectl set-ntp true` (Debian: with `systemd-timesyncd` or `chrony` installed)";
        found.push(Finding::warn(CHECK, "this machine does not set its clock by the network", advice));
    }
    found
}

/// Several that agree outweigh one that is off: the one in the middle counts.
fn judge(readings: &[Reading]) -> Finding {
    let mut others: Vec<&Reading> = readings.iter().filter(|reading| !reading.perhaps_ours).collect();
    if others.is_empty() {
        // If it is off from our own, it is off all the same.
        others = readings.iter().filter(|reading| reading.ahead.abs() > NOTICEABLE).collect();
    }
    others.sort_by_key(|reading| reading.ahead);
    let middle = others.len() / 2;
    let middle = [middle.checked_sub(1 - others.len() % 2), Some(middle)].into_iter().flatten();
    let middle = middle.filter_map(|at| others.get(at)).min_by_key(|reading| reading.ahead.abs());
    let Some(middle) = middle else {
        return Finding::ok(CHECK, "nobody else's was there to compare it with");
    };
    let off = middle.ahead.abs();
    let direction = if middle.ahead.is_negative() { "ahead of" } else { "behind" };
    let says = format!("it is {} {direction} that of {}", in_words(off), middle.host);
    let advice = "set it by the network: `timedatectl set-ntp true`. While it is off, receivers refuse what we sign, and \
                  evidence carries wrong times";
    if off > REFUSED {
        Finding::fail(CHECK, says, advice)
    } else if off > NOTICEABLE {
        Finding::warn(CHECK, says, advice)
    } else {
        Finding::ok(CHECK, format!("it agrees with that of {}", middle.host))
    }
}

fn in_words(off: SignedDuration) -> String {
    let seconds = off.as_secs();
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

/// What the system says; `None` where it does not.
fn synchronised() -> Option<bool> {
    let output = Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output().ok()?;
    match String::from_utf8_lossy(&output.stdout).trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod unit {
    use super::{super::State, *};

    fn reading(host: &str, seconds: i64) -> Reading {
        Reading { host: host.to_owned(), ahead: SignedDuration::from_secs(seconds), perhaps_ours: false }
    }

    #[test]
    fn an_hour_off_fails_and_says_which_way() {
        let finding = judge(&[reading("crm.example", 3600)]);
        assert_eq!(
            (finding.state, finding.says.as_str()),
            (State::Fail, "it is 60 minutes behind that of crm.example")
        );
        let finding = judge(&[reading("crm.example", -7200)]);
        assert_eq!(finding.says, "it is 2 hours ahead of that of crm.example");
        assert_eq!(judge(&[reading("a", 45)]).state, State::Warn);
        assert_eq!(judge(&[reading("a", -2)]).state, State::Ok);
        assert_eq!(judge(&[]).state, State::Ok);
    }

    #[test]
    fn one_wrong_clock_among_others_is_not_ours() {
        assert_eq!(judge(&[reading("a", 0), reading("b", 1), reading("wrong", 86_400)]).state, State::Ok);
    }

    #[test]
    fn our_own_clock_does_not_speak_for_itself() {
        for off in [3600, -3600] {
            assert_eq!(judge(&[reading("crm", off), reading("us", 0).perhaps_ours()]).state, State::Fail);
        }
        assert!(judge(&[reading("us", 0).perhaps_ours()]).says.starts_with("nobody"));
        assert_eq!(judge(&[reading("cdn", 3600).perhaps_ours()]).state, State::Fail);
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        let at: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(at));
        assert_eq!(parse("yesterday"), None);
    }
}
