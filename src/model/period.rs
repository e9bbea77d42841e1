//! ISO 8601 durations as Graph writes them (`P365D`, `PT2H`, `P3M`).

use crate::model::time::{DAY, Instant, SECOND};
use chrono::Months;

/// A length of calendar time: months stay months, since a month has no fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IsoDuration {
    /// Years and months together, in months.
    pub months: u32,
    /// Weeks, days, hours, minutes and seconds together, in seconds.
    pub seconds: i64,
}

/// No duration that anybody means is longer, in years: more is a mistake, and would leave the range of instants.
const YEARS: i64 = 10_000;

impl IsoDuration {
    /// Reads `P[nY][nM][nW][nD][T[nH][nM][n[.n]S]]`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix(['P', 'p'])?;
        let mut out = Self::default();
        let mut digits = String::new();
        let (mut in_time, mut seen) = (false, false);
        for c in rest.chars() {
            match c.to_ascii_uppercase() {
                'T' if digits.is_empty() && !in_time => in_time = true,
                d @ ('0'..='9' | '.' | ',') => digits.push(if d == ',' { '.' } else { d }),
                unit => {
                    let number: f64 = digits.parse().ok()?;
                    digits.clear();
                    seen = true;
                    #[expect(clippy::cast_possible_truncation, reason = "bounded by the check below")]
                    let whole = number as i64;
                    if !(0.0..1e9).contains(&number) {
                        return None;
                    }
                    match (unit, in_time) {
                        ('Y', false) => out.months = out.months.checked_add(u32::try_from(whole * 12).ok()?)?,
                        ('M', false) => out.months = out.months.checked_add(u32::try_from(whole).ok()?)?,
                        ('W', false) => out.seconds += whole * 7 * 86_400,
                        ('D', false) => out.seconds += whole * 86_400,
                        ('H', true) => out.seconds += whole * 3_600,
                        ('M', true) => out.seconds += whole * 60,
                        ('S', true) => out.seconds += whole,
                        _ => return None,
                    }
                }
            }
        }
        let in_range = i64::from(out.months) <= 12 * YEARS && out.seconds <= YEARS * 366 * 86_400;
        (seen && digits.is_empty() && in_range).then_some(out)
    }

    /// `start` plus this duration on the calendar.
    #[must_use]
    pub fn after(self, start: Instant) -> Instant {
        let moved = start.to_chrono().and_then(|t| t.checked_add_months(Months::new(self.months)));
        moved.map_or(start, Instant::from_chrono).plus(self.seconds.saturating_mul(SECOND))
    }

    /// The longest this duration can be, in microseconds: a month counts as 31 days.
    #[must_use]
    pub fn longest(self) -> i64 {
        i64::from(self.months)
            .saturating_mul(31 * DAY)
            .saturating_add(self.seconds.saturating_mul(SECOND))
    }

    /// The same in whole days.
    #[must_use]
    pub fn longest_days(self) -> i64 {
        self.longest() / DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graph_durations() {
        assert_eq!(IsoDuration::parse("P365D").map(|d| d.seconds), Some(365 * 86_400));
        assert_eq!(IsoDuration::parse("PT2H").map(|d| d.seconds), Some(7_200));
        assert_eq!(IsoDuration::parse("P3M").map(|d| d.months), Some(3));
        assert_eq!(
            IsoDuration::parse("P1Y2M3DT4H5M6.5S"),
            Some(IsoDuration {
                months: 14,
                seconds: 3 * 86_400 + 14_706
            })
        );
        for bad in ["", "P", "365", "PD", "P-3D", "P3X", "P999999999W", "P300000000Y300000000Y", "P10001Y"] {
            assert_eq!(IsoDuration::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_part_of_a_day_counts() {
        let longest = |text: &str| IsoDuration::parse(text).map(IsoDuration::longest);
        assert_eq!(longest("P14DT1H"), Some(14 * DAY + 3_600 * SECOND));
        assert_eq!(longest("PT336H"), Some(14 * DAY));
        assert_eq!(longest("P1M"), Some(31 * DAY));
    }

    #[test]
    fn months_are_calendar_months() {
        let start = Instant::parse("2026-01-31T00:00:00Z").expect("a time");
        let end = IsoDuration { months: 1, seconds: 0 }.after(start);
        assert_eq!(end.to_string(), "2026-02-28T00:00:00Z");
    }
}
