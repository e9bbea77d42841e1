//! Instants: microseconds since 1970 in UTC, read from the spellings that exports use.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// One second, in the unit of [`Instant`].
pub const SECOND: i64 = 1_000_000;
/// One minute, in the unit of [`Instant`].
pub const MINUTE: i64 = 60 * SECOND;
/// One hour, in the unit of [`Instant`].
pub const HOUR: i64 = 60 * MINUTE;
/// One day of 24 hours, in the unit of [`Instant`].
pub const DAY: i64 = 24 * HOUR;

/// Years outside this range are placeholders, such as the year 0001 of an unset .NET date.
const PLAUSIBLE_YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;

impl Instant {
    /// Reads RFC 3339 and its near kin: no zone, a blank for `T`, a day alone.
    ///
    /// A spelling without a zone is UTC, as the diagnostic pipeline writes it.
    /// Returns `None` for text that is no time and for placeholder years.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        rfc3339_fast(text).or_else(|| spelled(text)).filter(|t| t.is_plausible())
    }

    /// Whether the year can be one of a real record.
    #[must_use]
    pub fn is_plausible(self) -> bool {
        self.to_chrono().is_some_and(|t| PLAUSIBLE_YEARS.contains(&t.year()))
    }

    /// The same instant for calendar arithmetic; `None` beyond chrono's range.
    #[must_use]
    pub fn to_chrono(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// From calendar arithmetic.
    #[must_use]
    pub fn from_chrono(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// This instant moved by microseconds.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Whole days between two instants, rounded down.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(DAY)
    }

    /// `2026-03`, the partition of audit events.
    #[must_use]
    pub fn month(self) -> String {
        self.to_chrono().map_or_else(|| "unknown".into(), |t| t.format("%Y-%m").to_string())
    }

    /// `2026-03-31`, the partition of sign-ins.
    #[must_use]
    pub fn day(self) -> String {
        self.to_chrono().map_or_else(|| "unknown".into(), |t| t.format("%Y-%m-%d").to_string())
    }

    /// `30 June 2026, 14:32 UTC` for people; the first and the last instant of a day are named as such, machines get [`Display`](fmt::Display).
    #[must_use]
    pub fn in_words(self) -> String {
        let Some(t) = self.to_chrono() else { return self.to_string() };
        let day = t.format("%-d %B %Y");
        match self.0.rem_euclid(DAY) {
            0 => format!("{day}, start of day (UTC)"),
            last if last == DAY - 1 => format!("{day}, end of day (UTC)"),
            _ => format!("{day}, {} UTC", t.format("%H:%M")),
        }
    }

    /// The instant after `days` business days (Monday to Friday, the same time of day).
    #[must_use]
    pub fn plus_business_days(self, days: u32) -> Self {
        let mut at = self;
        let mut left = days;
        while left > 0 {
            at = at.plus(DAY);
            let weekend = at.to_chrono().is_some_and(|t| t.weekday().number_from_monday() > 5);
            if !weekend {
                left -= 1;
            }
        }
        at
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_chrono() {
            Some(t) => f.write_str(&t.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(f, "{}us", self.0),
        }
    }
}

/// A half-open span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside.
    pub from: Instant,
    /// First instant after.
    pub until: Instant,
}

impl Window {
    /// The window that holds one instant and nothing else.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self {
            from: instant,
            until: instant.plus(1),
        }
    }

    /// Whether the whole of `other` lies inside.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.from <= other.from && other.until <= self.until
    }

    /// Whether both have an instant in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }
}

/// What two lists of windows have in common; sorted, disjoint.
#[must_use]
pub fn common(a: &[Window], b: &[Window]) -> Vec<Window> {
    let both = |a: &Window| {
        let a = *a;
        b.iter().filter(move |b| a.meets(b)).map(move |b| Window {
            from: a.from.max(b.from),
            until: a.until.min(b.until),
        })
    };
    merge_windows(a.iter().flat_map(both).collect())
}

/// Joins windows that touch or overlap; sorted, disjoint.
#[must_use]
pub fn merge_windows(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_unstable();
    let mut merged: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.from <= last.until => last.until = last.until.max(window.until),
            _ => merged.push(window),
        }
    }
    merged
}

/// What is left of windows when others are taken away; sorted, disjoint.
#[must_use]
pub fn without(windows: &[Window], gone: &[Window]) -> Vec<Window> {
    let mut left = merge_windows(windows.to_vec());
    for hole in merge_windows(gone.iter().copied().filter(|w| w.from < w.until).collect()) {
        let mut rest = Vec::with_capacity(left.len() + 1);
        for w in left {
            if hole.until <= w.from || w.until <= hole.from {
                rest.push(w);
                continue;
            }
            let (before, after) = (w.until.min(hole.from), w.from.max(hole.until));
            let parts = [Window { from: w.from, until: before }, Window { from: after, until: w.until }];
            rest.extend(parts.into_iter().filter(|p| p.from < p.until));
        }
        left = rest;
    }
    left
}

/// `2026-03-31T12:34:56[.fraction](Z|+hh:mm)` without a parser's overhead: the shape of nearly every record.
fn rfc3339_fast(text: &str) -> Option<Instant> {
    let b = text.as_bytes();
    if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let number =
        |range: std::ops::Range<usize>| -> Option<u32> { b[range].iter().try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0'))) };
    let year = i32::try_from(number(0..4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?;
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut micros = 0i64;
    if b.get(at) == Some(&b'.') {
        at += 1;
        let start = at;
        let mut scale = 100_000i64;
        while at < b.len() && b[at].is_ascii_digit() {
            micros += i64::from(b[at] - b'0') * scale;
            scale /= 10;
            at += 1;
        }
        if at == start {
            return None;
        }
    }
    let offset = match b.get(at)? {
        b'Z' | b'z' if at + 1 == b.len() => 0i64,
        sign @ (b'+' | b'-') if at + 6 == b.len() && b[at + 3] == b':' => {
            let minutes = i64::from(number(at + 1..at + 3)?) * 60 + i64::from(number(at + 4..at + 6)?);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let days = i64::from(date.num_days_from_ce()) - 719_163;
    let seconds = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second) - offset * 60;
    Some(Instant(seconds * SECOND + micros))
}

/// The rarer spellings of ISO 8601: no zone, and a blank for `T`. A date whose year stands last is none: its day and month are a guess.
fn spelled(text: &str) -> Option<Instant> {
    if let Ok(t) = DateTime::parse_from_rfc3339(text) {
        return Some(Instant::from_chrono(t.with_timezone(&Utc)));
    }
    if let Ok(t) = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %:z") {
        return Some(Instant::from_chrono(t.with_timezone(&Utc)));
    }
    let bare = text.trim_end_matches(['Z', 'z']);
    for plain in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(t) = NaiveDateTime::parse_from_str(bare, plain) {
            return Some(Instant::from_chrono(t.and_utc()));
        }
    }
    NaiveDate::parse_from_str(bare, "%Y-%m-%d")
        .ok()
        .and_then(|d| d.and_hms_opt(0, 0, 0))
        .map(|t| Instant::from_chrono(t.and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_in_words_keep_their_day() {
        for (text, words) in [
            ("2026-07-31T23:59:59.999999Z", "31 July 2026, end of day (UTC)"),
            ("2026-07-31T00:00:00Z", "31 July 2026, start of day (UTC)"),
            ("2026-07-01T09:04:59Z", "1 July 2026, 09:04 UTC"),
            ("2000-02-29T23:59:59.999999Z", "29 February 2000, end of day (UTC)"),
        ] {
            assert_eq!(Instant::parse(text).map(Instant::in_words).as_deref(), Some(words));
        }
    }

    fn shown(text: &str) -> Option<String> {
        Instant::parse(text).map(|t| t.to_string())
    }

    #[test]
    fn the_spellings_of_exports() {
        for (text, expected) in [
            ("2007-01-09T09:41:00Z", "2007-01-09T09:41:00Z"),
            ("2007-01-09T09:41:00.22Z", "2007-01-09T09:41:00.220Z"),
            ("2007-01-09T09:41:00.6816663Z", "2007-01-09T09:41:00.681666Z"),
            ("2007-01-09T09:41:00.535404056Z", "2007-01-09T09:41:00.535404Z"),
            ("2007-01-09T11:41:00+02:00", "2007-01-09T09:41:00Z"),
            ("2007-01-09T09:41:00", "2007-01-09T09:41:00Z"),
            ("2007-01-09 09:41:00.123456789", "2007-01-09T09:41:00.123456Z"),
            ("2007-01-09", "2007-01-09T00:00:00Z"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn placeholders_and_nonsense_are_no_time() {
        for text in [
            "0001-01-01T00:00:00Z",
            "String (timestamp)",
            "",
            "2024-13-01T00:00:00Z",
            "2024-01-01T00:00:00.",
            "1/9/2007 9:41:00 AM",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn business_days_skip_the_weekend() {
        let friday = Instant::parse("2026-03-06T10:00:00Z").expect("a time");
        assert_eq!(friday.plus_business_days(3).to_string(), "2026-03-11T10:00:00Z");
    }
}
