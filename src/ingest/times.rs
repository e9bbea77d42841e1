//! One reader for the times of all records: ISO 8601, `/Date(ms)/`, and the cultures of the machines that exported them.

use crate::model::Instant;
use chrono::{DateTime, NaiveDate, NaiveTime};
use regex::Regex;
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// Whether day or month stands first in a date whose year stands last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// `20/02/2026`.
    DayFirst,
    /// `02/20/2026`.
    MonthFirst,
}

impl FromStr for DateOrder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "dmy" => Ok(Self::DayFirst),
            "mdy" => Ok(Self::MonthFirst),
            _ => Err("write dmy (20/02/2026) or mdy (02/20/2026)".into()),
        }
    }
}

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoTime {
    /// Nothing is there.
    Absent,
    /// A year that no record can have: what an unset date becomes.
    Placeholder(String),
    /// A day, and no time of that day.
    OnlyADay(String),
    /// Day and month may be either.
    EitherOrder(String),
    /// Anything else.
    Unreadable(String),
}

impl fmt::Display for NoTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no time"),
            Self::Placeholder(text) => write!(f, "no readable time: '{text}' stands for a time that was never set"),
            Self::OnlyADay(text) => write!(f, "no readable time: '{text}' is a day without a time of day"),
            Self::EitherOrder(text) => write!(
                f,
                "no readable time: in '{text}' day or month may come first; say which with --dates dmy or --dates mdy"
            ),
            Self::Unreadable(text) => write!(f, "no readable time: '{text}'"),
        }
    }
}

/// Reads the time of a record; `order` is what its file proved, or the flag said.
pub(super) fn read(text: &str, order: Option<DateOrder>) -> Result<Instant, NoTime> {
    let text = text.trim();
    // A day alone would be read as its midnight, which no event has told.
    if text.len() > 10
        && let Some(at) = Instant::parse(text)
    {
        return Ok(at);
    }
    slowly(text, order)
}

fn slowly(text: &str, order: Option<DateOrder>) -> Result<Instant, NoTime> {
    if text.is_empty() {
        return Err(NoTime::Absent);
    }
    if text.starts_with('{') {
        return of_object(text, order);
    }
    let shown = || text.chars().take(60).collect::<String>();
    let real = |at: Instant| if at.is_plausible() { Ok(at) } else { Err(NoTime::Placeholder(shown())) };
    if let Some(at) = dotnet(text) {
        return real(at);
    }
    if let Ok(at) = DateTime::parse_from_rfc2822(text) {
        return real(Instant::from_chrono(at.to_utc()));
    }
    let Some(parts) = Parts::of(text) else {
        return Err(NoTime::Unreadable(shown()));
    };
    let Some(clock) = parts.clock else {
        let day = parts.day(order).or_else(|| parts.day(Some(DateOrder::DayFirst)));
        let day = day.ok_or_else(|| NoTime::Unreadable(shown()))?;
        return real(midnight(day)).and_then(|_| Err(NoTime::OnlyADay(shown())));
    };
    if parts.either_order() && order.is_none() {
        return Err(NoTime::EitherOrder(shown()));
    }
    let day = parts.day(order).ok_or_else(|| NoTime::Unreadable(shown()))?;
    real(midnight(day).plus(clock))
}

fn midnight(day: NaiveDate) -> Instant {
    Instant::from_chrono(day.and_time(NaiveTime::MIN).and_utc())
}

/// Writes the times of an object as ISO 8601 wherever it stands in its members, so that one object is one content however it was
/// exported; how many members should hold a time and hold none.
pub(super) fn straighten(map: &mut Map<String, Value>, order: Option<DateOrder>) -> u64 {
    map.iter_mut().map(|(name, value)| member(name, value, order)).sum()
}

fn member(name: &str, value: &mut Value, order: Option<DateOrder>) -> u64 {
    let text = match value {
        Value::String(text) if Instant::parse(text).is_some() => return 0,
        Value::String(text) if speaks_of_time(name) => text.clone(),
        Value::Object(map) if speaks_of_time(name) && dressed(map) => value.to_string(),
        Value::Object(map) => return straighten(map, order),
        Value::Array(items) => return items.iter_mut().map(|item| member("", item, order)).sum(),
        _ => return 0,
    };
    match read(&text, order) {
        Ok(at) => *value = Value::String(at.to_string()),
        Err(NoTime::Absent | NoTime::Placeholder(_)) => {}
        Err(_) => return u64::from(name.to_ascii_lowercase().ends_with("datetime")),
    }
    0
}

/// Whether an object is an instant that Windows PowerShell has dressed up.
fn dressed(map: &Map<String, Value>) -> bool {
    let known = |key: &String| ["value", "datetime", "displayhint"].iter().any(|k| key.eq_ignore_ascii_case(k));
    !map.is_empty() && map.keys().all(known)
}

/// The day and the month of a date, in the order in which they stand, and the rest.
struct Parts {
    year: i32,
    first: u32,
    second: u32,
    /// Whether the year stands first: month and day follow it in this order everywhere.
    year_first: bool,
    /// Microseconds of that day, in UTC.
    clock: Option<i64>,
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(
                r"(?x)^
                (?: (?P<y1>\d{4})[/.\-]\s?(?P<m>\d{1,2})[/.\-]\s?(?P<d>\d{1,2})\.?
                  | (?P<a>\d{1,2})[/.\-]\s?(?P<b>\d{1,2})[/.\-]\s?(?P<y2>\d{4})\.?
                )
                (?: (?:,\s*|\s+|T)
                  (?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?
                  (?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?
                  (?:\s*(?P<zone>Z|z|UTC|GMT|[+\-]\d{2}:?\d{2}))?
                )?$",
            )
            .ok()
        });
        let found = FORM.as_ref()?.captures(text)?;
        let number = |name: &str| found.name(name).and_then(|n| n.as_str().parse::<u32>().ok());
        let year_first = found.name("y1").is_some();
        let year = number("y1").or(number("y2"))?;
        let clock = match number("hour") {
            None => None,
            Some(hour) => Some(clock(&found, hour)?),
        };
        Some(Self {
            year: i32::try_from(year).ok()?,
            first: number("m").or(number("a"))?,
            second: number("d").or(number("b"))?,
            year_first,
            clock,
        })
    }

    /// Whether day and month could be exchanged, and the date would be another.
    fn either_order(&self) -> bool {
        !self.year_first && self.proves().is_none() && self.first != self.second
    }

    /// The order that a number above 12 proves.
    fn proves(&self) -> Option<DateOrder> {
        match (self.first > 12, self.second > 12) {
            _ if self.year_first => None,
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }

    fn day(&self, order: Option<DateOrder>) -> Option<NaiveDate> {
        let day_first = !self.year_first && self.proves().or(order) == Some(DateOrder::DayFirst);
        let (month, day) = if day_first { (self.second, self.first) } else { (self.first, self.second) };
        NaiveDate::from_ymd_opt(self.year, month, day)
    }
}

/// Microseconds of the day, less the offset from UTC.
fn clock(found: &regex::Captures<'_>, hour: u32) -> Option<i64> {
    let text = |name: &str| found.name(name).map(|t| t.as_str());
    let number = |name: &str| text(name).map_or(Some(0), |t| t.parse::<i64>().ok());
    let hour = match text("half").map(str::to_ascii_lowercase).as_deref() {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some("p") => hour % 12 + 12,
        Some(_) => hour % 12,
        None => hour,
    };
    let (minute, second) = (number("minute")?, number("second")?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let part: String = text("part").unwrap_or("").chars().chain(std::iter::repeat('0')).take(6).collect();
    let offset = match text("zone") {
        Some(zone) if zone.starts_with(['+', '-']) => {
            let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
            let minutes = digits.get(..2)?.parse::<i64>().ok()? * 60 + digits.get(2..)?.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
        _ => 0,
    };
    let seconds = i64::from(hour) * 3600 + (minute - offset) * 60 + second;
    Some(seconds * crate::model::time::SECOND + part.parse::<i64>().ok()?)
}

/// `{"value": "/Date(…)/", "DateTime": "…"}`, as Windows PowerShell writes an instant that it has dressed up.
fn of_object(text: &str, order: Option<DateOrder>) -> Result<Instant, NoTime> {
    let parsed: Value = serde_json::from_str(text).unwrap_or_default();
    let member = |name: &str| {
        let found = parsed.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_str()).map(str::to_string)
    };
    match member("value").or_else(|| member("DateTime")) {
        Some(inner) if !inner.trim_start().starts_with('{') => read(&inner, order),
        _ => Err(NoTime::Unreadable(text.chars().take(60).collect())),
    }
}

/// `/Date(1769788627239)/`, perhaps with an offset, which says where the machine stood and changes no instant.
fn dotnet(text: &str) -> Option<Instant> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign = inner.get(1..)?.find(['+', '-']).map(|at| at + 1);
    let millis: i64 = inner.get(..sign.unwrap_or(inner.len()))?.parse().ok()?;
    Some(Instant(millis.checked_mul(1000)?))
}

/// What the dates of a file say of their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Orders {
    day_first: Option<String>,
    month_first: Option<String>,
    either: Option<String>,
}

impl Orders {
    /// Takes a text that stands where a time does.
    pub fn note(&mut self, text: &str) {
        let text = text.trim();
        if text.as_bytes().get(2).is_none_or(|b| b.is_ascii_digit()) && text.as_bytes().get(1).is_none_or(|b| b.is_ascii_digit()) {
            // The year stands first: the ordinary case.
            return;
        }
        let Some(parts) = Parts::of(text).filter(|p| p.day(None).or(p.day(Some(DateOrder::DayFirst))).is_some()) else {
            return;
        };
        let slot = match parts.proves() {
            Some(DateOrder::DayFirst) => &mut self.day_first,
            Some(DateOrder::MonthFirst) => &mut self.month_first,
            None if parts.either_order() => &mut self.either,
            None => return,
        };
        slot.get_or_insert_with(|| text.to_string());
    }

    /// Takes the times of JSON text: strings in members whose names speak of a time or date.
    pub fn of_json(bytes: &[u8]) -> Self {
        let mut out = Self::default();
        for needle in [&b"/20"[..], b".20", b"-20"] {
            for at in memchr::memmem::find_iter(bytes, needle) {
                if let Some(text) = dated_member(bytes, at) {
                    out.note(text);
                }
            }
        }
        out
    }

    /// What both say.
    pub fn join(&mut self, other: Self) {
        for (slot, found) in [
            (&mut self.day_first, other.day_first),
            (&mut self.month_first, other.month_first),
            (&mut self.either, other.either),
        ] {
            // The smallest text, so that no order of work shows.
            *slot = [slot.take(), found].into_iter().flatten().min();
        }
    }

    /// The order of the file: what it proves itself, else what the flag says.
    ///
    /// # Errors
    /// When it cannot be told, with what to do.
    pub fn verdict(&self, flag: Option<DateOrder>) -> Result<Option<DateOrder>, String> {
        match (&self.day_first, &self.month_first, &self.either) {
            (Some(day), Some(month), _) => Err(format!(
                "its dates have the day first ('{day}') and the month first ('{month}'); export it again with dates such as 2026-03-31T12:00:00Z"
            )),
            (Some(_), None, _) => Ok(Some(DateOrder::DayFirst)),
            (None, Some(_), _) => Ok(Some(DateOrder::MonthFirst)),
            (None, None, Some(_)) if flag.is_some() => Ok(flag),
            (None, None, Some(text)) => Err(format!(
                "no date in it tells whether the day or the month comes first ('{text}'); say it with --dates dmy or --dates mdy"
            )),
            (None, None, None) => Ok(flag),
        }
    }
}

/// The string around a place, when it begins with one or two digits and its member's name speaks of a time.
fn dated_member(bytes: &[u8], at: usize) -> Option<&str> {
    let mut from = at;
    while from > 0 && at - from < 12 && (bytes[from - 1].is_ascii_digit() || b"/.- \\".contains(&bytes[from - 1])) {
        from -= 1;
    }
    if from == 0 || at - from < 3 || bytes[from - 1] != b'"' {
        return None;
    }
    let end = memchr::memchr2(b'"', b'\\', bytes.get(at..at + 48).unwrap_or(&bytes[at..]))? + at;
    let before = bytes[..from - 1].trim_ascii_end();
    let before = before
        .strip_suffix(b"\\")
        .unwrap_or(before)
        .trim_ascii_end()
        .strip_suffix(b":")?
        .trim_ascii_end();
    let before = before.strip_suffix(b"\"")?;
    let before = before.strip_suffix(b"\\").unwrap_or(before);
    let name = &before[memchr::memrchr(b'"', before).map_or(0, |at| at + 1)..];
    let name = std::str::from_utf8(name).ok()?;
    speaks_of_time(name).then(|| std::str::from_utf8(&bytes[from..end]).ok()).flatten()
}

/// Whether a member of this name or a column of this heading holds times.
pub(super) fn speaks_of_time(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.len() < 64 && (lower.contains("time") || lower.contains("date"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use DateOrder::{DayFirst, MonthFirst};

    fn shown(text: &str, order: Option<DateOrder>) -> String {
        read(text, order).map_or_else(|e| e.to_string(), |t| t.to_string())
    }

    #[test]
    fn every_spelling_of_an_instant_is_read() {
        for (text, order, expected) in [
            ("2026-02-03T08:15:00Z", None, "2026-02-03T08:15:00Z"),
            ("2026-02-03T08:15Z", None, "2026-02-03T08:15:00Z"),
            ("2026-02-03T08:15:00.1234567Z", None, "2026-02-03T08:15:00.123456Z"),
            ("2026-02-03 08:15:00.123456789", None, "2026-02-03T08:15:00.123456Z"),
            ("2026-02-03T08:15:00.5+0130", None, "2026-02-03T06:45:00.500Z"),
            ("2026/2/3 8:15:00", None, "2026-02-03T08:15:00Z"),
            ("2026. 02. 03. 8:15:00", None, "2026-02-03T08:15:00Z"),
            ("Tue, 03 Feb 2026 08:15:00 GMT", None, "2026-02-03T08:15:00Z"),
            ("/Date(1770106500000)/", None, "2026-02-03T08:15:00Z"),
            ("/Date(1770106500123+0200)/", None, "2026-02-03T08:15:00.123Z"),
            (
                r#"{"value":"/Date(1770106500000)/","DateTime":"Tuesday, 3 February 2026 08:15:00"}"#,
                None,
                "2026-02-03T08:15:00Z",
            ),
            (r#"{"DateTime":"2026-02-03T08:15:00Z"}"#, None, "2026-02-03T08:15:00Z"),
            ("6/15/2026, 12:40:24.178 PM", None, "2026-06-15T12:40:24.178Z"),
            ("6/15/2026, 12:40:24\u{202f}AM", None, "2026-06-15T00:40:24Z"),
            ("15/06/2026 12:40 p. m.", None, "2026-06-15T12:40:00Z"),
            ("9/5/2023 16:41", Some(MonthFirst), "2023-09-05T16:41:00Z"),
            ("9/5/2023 16:41", Some(DayFirst), "2023-05-09T16:41:00Z"),
            ("5/5/2023 16:41", None, "2023-05-05T16:41:00Z"),
            ("20/02/2026 16:00:00", None, "2026-02-20T16:00:00Z"),
            ("3.2.2026 8.15.00", Some(DayFirst), "2026-02-03T08:15:00Z"),
            ("03-02-2026 08:15:00 +01:00", Some(DayFirst), "2026-02-03T07:15:00Z"),
        ] {
            assert_eq!(shown(text, order), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, order, why) in [
            ("", None, "no time"),
            ("0001-01-01T00:00:00Z", None, "never set"),
            ("1/1/0001 12:00:00 AM", None, "never set"),
            ("/Date(-62135596800000)/", None, "never set"),
            ("2026-02-03", None, "without a time of day"),
            ("13/2/2026", None, "without a time of day"),
            ("9/5/2023 16:41", None, "--dates dmy"),
            ("31/31/2026 10:00:00", Some(DayFirst), "no readable time"),
            ("31/02/2026 10:00:00", Some(DayFirst), "no readable time"),
            ("13/2/2026 16:41 PM", None, "no readable time"),
            ("String (timestamp)", None, "no readable time: 'String"),
            ("yesterday", None, "no readable time"),
            (r#"{"value":{}}"#, None, "no readable time"),
        ] {
            assert!(shown(text, order).contains(why), "{text}: {}", shown(text, order));
        }
    }

    fn orders(text: &str) -> Result<Option<DateOrder>, String> {
        Orders::of_json(text.as_bytes()).verdict(None)
    }

    #[test]
    fn the_whole_file_decides_the_order_of_its_dates() {
        let one = |date: &str| format!(r#"{{"Id":"1","ActivityDateTime":"{date} 08:15:00"}}"#);
        let both = |a: &str, b: &str| format!("[{},{}]", one(a), one(b));
        assert_eq!(orders(&both("03/02/2026", "20/02/2026")), Ok(Some(DayFirst)));
        assert_eq!(orders(&both("3.2.2026", "20.2.2026")), Ok(Some(DayFirst)));
        assert_eq!(orders(&both("3/2/2026", "2/20/2026")), Ok(Some(MonthFirst)));
        assert_eq!(orders(&both("2026-02-03", "2026-02-20")), Ok(None));
        assert_eq!(orders(&one("2/2/2026")), Ok(None), "either way the same day");
        assert!(orders(&both("3/2/2026", "5/4/2026")).is_err_and(|e| e.contains("--dates dmy")));
        assert!(orders(&both("20/02/2026", "02/20/2026")).is_err_and(|e| e.contains("month first")));
        assert_eq!(Orders::of_json(one("3/2/2026").as_bytes()).verdict(Some(MonthFirst)), Ok(Some(MonthFirst)));
        let proven = Orders::of_json(both("3/2/2026", "20/2/2026").as_bytes());
        assert_eq!(
            proven.verdict(Some(MonthFirst)),
            Ok(Some(DayFirst)),
            "what the file proves goes before the flag"
        );
    }

    #[test]
    fn an_object_is_the_same_however_its_times_are_spelled() {
        let text = r#"{"createdDateTime":"/Date(1770106500000)/","schedule":{"expiration":{"endDateTime":{"value":"/Date(1770106500000)/","DateTime":"x"}}},
            "list":[{"modifiedDateTime":"20/02/2026 16:00:00","note":"3/2/2026 10:00"}],"timeZone":"UTC","oldDateTime":"0001-01-01T00:00:00Z","badDateTime":"soon"}"#;
        let Ok(Value::Object(mut map)) = serde_json::from_str(text) else {
            panic!("an object")
        };
        assert_eq!(straighten(&mut map, None), 1, "one is no time");
        let expected = r#"{"badDateTime":"soon","createdDateTime":"2026-02-03T08:15:00Z","list":[{"modifiedDateTime":"2026-02-20T16:00:00Z","note":"3/2/2026 10:00"}],"oldDateTime":"0001-01-01T00:00:00Z","schedule":{"expiration":{"endDateTime":"2026-02-03T08:15:00Z"}},"timeZone":"UTC"}"#;
        assert_eq!(Value::Object(map), serde_json::from_str::<Value>(expected).expect("JSON"));
    }

    #[test]
    fn only_members_that_speak_of_a_time_decide() {
        let text = r#"{"createdDateTime":"3/2/2026 08:15:00","justification":"20/02/2026 is the day","ip":"10.20.20.20"}"#;
        assert!(orders(text).is_err(), "what a person wrote proves nothing");
        let nested = r#"{"time":"x","properties":"{\"activityDateTime\":\"20\/02\/2026 08:15:00\"}"}"#;
        assert_eq!(orders(&nested.replace("\\/", "/")), Ok(Some(DayFirst)));
        assert_eq!(orders(r#"{ "time" : "20/02/2026 08:15" }"#), Ok(Some(DayFirst)));
    }
}
