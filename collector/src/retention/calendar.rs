//! When a period ends, counted on the calendar in UTC.

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use unticked_shared::definition::Period;

/// `period` after `start`, at the same time of day; none where that is no year anybody will see.
///
/// Years and months go by the calendar, and where the month that is reached has no such day, its last day counts: one
/// month from 31 January ends on 28 February, one year from 29 February on 28 February. That is never later than what
/// was promised.
pub fn end(start: Timestamp, period: Period) -> Option<Timestamp> {
    let span = Span::new().try_years(period.years).ok()?.try_months(period.months).ok()?;
    let span = span.try_weeks(period.weeks).ok()?.try_days(period.days).ok()?;
    let end = TimeZone::UTC.to_datetime(start).checked_add(span).ok()?;
    TimeZone::UTC.to_timestamp(end).ok()
}

/// The day in which a time lies, `YYYY-MM-DD`.
pub fn day(time: Timestamp) -> String {
    TimeZone::UTC.to_datetime(time).date().to_string()
}

/// The first moment of a day; none where it is none.
pub fn day_start(day: &str) -> Option<Timestamp> {
    let date: Date = day.parse().ok()?;
    TimeZone::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ends(start: &str, period: &str) -> String {
        end(at(start), Period::parse(period).unwrap()).unwrap().to_string()
    }

    #[test]
    fn months_and_years_go_by_the_calendar_and_end_no_later_than_their_month() {
        for (start, period, expected) in [
            ("2026-11-23T12:00:20Z", "P2Y", "2028-11-23T12:00:20Z"),
            ("2026-01-31T10:00:00Z", "P1M", "2026-02-28T10:00:00Z"),
            ("2028-01-31T10:00:00Z", "P1M", "2028-02-29T10:00:00Z"),
            ("2028-02-29T23:59:59Z", "P1Y", "2029-02-28T23:59:59Z"),
            ("2028-02-29T23:59:59Z", "P4Y", "2032-02-29T23:59:59Z"),
            ("2096-02-29T00:00:00Z", "P4Y", "2100-02-28T00:00:00Z"),
            ("2026-03-31T10:00:00Z", "P6M", "2026-09-30T10:00:00Z"),
            ("2026-08-31T10:00:00Z", "P18M", "2028-02-29T10:00:00Z"),
            ("2026-12-31T10:00:00Z", "P2M", "2027-02-28T10:00:00Z"),
            ("2026-12-31T23:30:00Z", "P1D", "2027-01-01T23:30:00Z"),
            ("2028-02-28T12:00:00Z", "P1D", "2028-02-29T12:00:00Z"),
            ("2028-02-22T12:00:00Z", "P1W", "2028-02-29T12:00:00Z"),
            ("2026-01-31T10:00:00Z", "P1M1D", "2026-03-01T10:00:00Z"),
            ("2027-12-31T10:00:00Z", "P1Y2M1W1D", "2029-03-08T10:00:00Z"),
            // Where clocks are put forward, UTC's are not.
            ("2026-03-28T01:30:00Z", "P1D", "2026-03-29T01:30:00Z"),
            ("2026-11-23T12:00:20Z", "P7000Y", "9026-11-23T12:00:20Z"),
        ] {
            assert_eq!(ends(start, period), expected, "{start} and {period}");
        }
    }

    #[test]
    fn what_ends_after_all_calendars_does_not_end() {
        assert_eq!(end(at("2026-11-23T12:00:00Z"), Period::parse("P10000Y").unwrap()), None);
        assert_eq!(end(Timestamp::MAX, Period::parse("P1D").unwrap()), None);
    }

    #[test]
    fn a_day_begins_at_midnight_and_is_named_by_its_date() {
        assert_eq!(day(at("2026-11-23T23:59:59.999Z")), "2026-11-23");
        assert_eq!(day_start("2026-11-23"), Some(at("2026-11-23T00:00:00Z")));
        for bad in ["", "2026-02-29", "yesterday"] {
            assert_eq!(day_start(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_period_never_ends_later_than_its_longest_reading(
            second in 0i64..4_000_000_000, years in 0u32..50, months in 0u32..50, weeks in 0u32..50, days in 0u32..400,
        ) {
            let start = Timestamp::from_second(second).unwrap();
            let period = Period { years, months, weeks, days };
            let end = end(start, period).unwrap();
            let longest = i64::from(years) * 366 + i64::from(months) * 31 + i64::from(weeks) * 7 + i64::from(days);
            let shortest = i64::from(years) * 365 + i64::from(months) * 28 + i64::from(weeks) * 7 + i64::from(days) - 3;
            let seconds = end.as_second() - second;
            prop_assert!(seconds <= longest * 86_400, "{start} {period:?} {end}");
            prop_assert!(seconds >= shortest * 86_400, "{start} {period:?} {end}");
            // The same time of day.
            prop_assert_eq!(seconds % 86_400, 0);
        }

        #[test]
        fn who_was_heard_of_later_is_never_forgotten_earlier(
            second in 0i64..4_000_000_000, later in 0i64..100_000_000, months in 0u32..50, days in 0u32..400,
        ) {
            let period = Period { months, days, ..Period::default() };
            let at = |second| end(Timestamp::from_second(second).unwrap(), period).unwrap();
            // Within a day the last days of a month fall together; across days the order holds.
            prop_assert!(day(at(second)) <= day(at(second + later)));
        }
    }
}
