//! Times as both engines keep them.

use jiff::Timestamp;

use super::StoreError;

/// Milliseconds since 1970, UTC.
pub fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// The time of a stored number of milliseconds.
pub fn time(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Defect(format!("{millis} is no time")))
}

/// RFC 3339, UTC, to the second: how times leave the house.
pub fn rfc3339(time: Timestamp) -> String {
    let seconds = Timestamp::from_second(time.as_second()).unwrap_or(time);
    seconds.to_string()
}
