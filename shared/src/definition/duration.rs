//! Retention periods: ISO 8601 durations in years, months, weeks or days.

/// A period as it is declared: what is counted on the calendar, not a number of seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// Counted first, together with the months.
    pub years: u32,
    /// At most 10,000, as every part.
    pub months: u32,
    /// Seven days each.
    pub weeks: u32,
    /// Counted last.
    pub days: u32,
}

/// The greatest number that a part may have.
const MOST: u32 = 10_000;

impl Period {
    /// Reads `P2Y`, `P18M`, `P6W`, `P1Y6M`, `P30D`; none where it is no such duration, or nothing at all.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('P')?;
        let mut period = Self::default();
        // Greater units come first, each once.
        let mut units = "YMWD";
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: u32 = rest[..digits].parse().ok().filter(|number| *number <= MOST)?;
            let unit = rest[digits..].chars().next()?;
            let at = units.find(unit)?;
            let part = match unit {
                'Y' => &mut period.years,
                'M' => &mut period.months,
                'W' => &mut period.weeks,
                _ => &mut period.days,
            };
            *part = number;
            units = &units[at + 1..];
            rest = &rest[digits + 1..];
        }
        (period != Self::default()).then_some(period)
    }

    /// About how many days it means, for comparing one with another.
    pub fn about_days(self) -> u64 {
        let parts = [(self.years, 365), (self.months, 30), (self.weeks, 7), (self.days, 1)];
        parts.into_iter().map(|(number, days)| u64::from(number) * days).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_years_months_weeks_or_days() {
        let days = |text| Period::parse(text).map(Period::about_days);
        assert_eq!(days("P2Y"), Some(730));
        assert_eq!(days("P1Y6M"), Some(545));
        assert_eq!(days("P6W"), Some(42));
        assert_eq!(days("P30D"), Some(30));
        assert_eq!(Period::parse("P1Y2M3W4D"), Some(Period { years: 1, months: 2, weeks: 3, days: 4 }));
        for bad in
            ["", "P", "2Y", "P2", "P2y", "P6M1Y", "P1Y1Y", "P0D", "PT5M", "P-1D", "P99999Y", "P1Y ", "P١Y", "P1é"]
        {
            assert_eq!(days(bad), None, "{bad}");
        }
    }
}
