//! Retention periods: ISO 8601 durations in years, months, weeks or days.

/// About how many days `text` means; none where it is no such duration, or nothing at all.
pub(super) fn days(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix('P')?;
    let mut units: &[(char, u64)] = &[('Y', 365), ('M', 30), ('W', 7), ('D', 1)];
    let mut days: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().ok().filter(|number| *number <= 10_000)?;
        let unit = rest[digits..].chars().next()?;
        let at = units.iter().position(|(name, _)| *name == unit)?;
        days += number * units[at].1;
        // Greater units come first, each once.
        units = &units[at + 1..];
        rest = &rest[digits + 1..];
    }
    (days > 0).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_years_months_weeks_or_days() {
        assert_eq!(days("P2Y"), Some(730));
        assert_eq!(days("P1Y6M"), Some(545));
        assert_eq!(days("P6W"), Some(42));
        assert_eq!(days("P30D"), Some(30));
        for bad in ["", "P", "2Y", "P2", "P2y", "P6M1Y", "P1Y1Y", "P0D", "PT5M", "P-1D", "P99999Y", "P1Y ", "P١Y"] {
            assert_eq!(days(bad), None, "{bad}");
        }
    }
}
