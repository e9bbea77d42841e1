//! Dates as spreadsheets save them: German, French and American Excel, LibreOffice, and what people type.

use crate::model::Instant;
use crate::model::access::words;

words! {
    /// Which of two numbers before a year is the day.
    DateOrder {
        /// Day first: Europe.
        DayFirst => "dmy",
        /// Month first: United States.
        MonthFirst => "mdy",
    }
}

/// What a text says as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateReading {
    /// One day or instant.
    At(Instant),
    /// Either of two days, by the country of the spreadsheet.
    Ambiguous(Instant, Instant),
    /// The number by which Excel counts days.
    Serial(Instant),
    /// None.
    Nothing,
}

/// Reads a date: ISO 8601, `31.12.2026`, `31/12/2026`, `12/31/2026`, `31-Dec-26`, `31. Dezember 2026`.
///
/// A time of midnight after it is taken off. What could be two days is ambiguous, unless `order` says which is meant.
#[must_use]
pub fn read(text: &str, order: Option<DateOrder>) -> DateReading {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '"' | '\''));
    // A bare number is no date of anybody's, whatever else it could be read as.
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return serial(text).map_or(DateReading::Nothing, DateReading::Serial);
    }
    if let Some(at) = Instant::parse(text) {
        return DateReading::At(written_day(text, at).unwrap_or(at));
    }
    let text = without_midnight(text);
    let separators: &[char] = &['.', '/', '-', ' ', ',', '\u{a0}', '\u{202f}'];
    let parts: Vec<&str> = text.split(separators).filter(|p| !p.is_empty() && *p != "de").collect();
    let [a, b, c] = parts.as_slice() else {
        return DateReading::Nothing;
    };
    match (month(a), month(b)) {
        // `31 Dec 2026`, and `Dec 31, 2026`.
        (None, Some(m)) => at(year(c), Some(m), number(a)),
        (Some(m), None) => at(year(c), Some(m), number(b)),
        (Some(_), Some(_)) => DateReading::Nothing,
        (None, None) if a.len() == 4 => at(number(a), number(b), number(c)),
        (None, None) => either(number(a), number(b), year(c), text.contains('.'), order),
    }
}

/// The day that somebody wrote with an offset, where its midnight is meant, or the instant is another day in UTC.
fn written_day(text: &str, at: Instant) -> Option<Instant> {
    let (date, clock) = text.split_once(['T', 't', ' '])?;
    let offset = clock.contains('+') || clock.contains('-');
    let day = Instant::parse(date).filter(|_| offset)?;
    let midnight = clock.starts_with("00:00");
    (midnight || at.day() != day.day()).then_some(day)
}

/// The last instant of a day that is named, else the instant itself.
#[must_use]
pub fn last_instant(at: Instant) -> Instant {
    crate::campaign::follow_up::asked_end(at)
}

fn either(a: Option<u32>, b: Option<u32>, y: Option<u32>, dots: bool, order: Option<DateOrder>) -> DateReading {
    let (day_first, month_first) = (at(y, b, a), at(y, a, b));
    // Nobody who writes points puts the month first.
    match (day_first, month_first, if dots { Some(DateOrder::DayFirst) } else { order }) {
        (day, _, Some(DateOrder::DayFirst)) => day,
        (_, month, Some(DateOrder::MonthFirst)) => month,
        (DateReading::At(x), DateReading::At(y), None) if x != y => DateReading::Ambiguous(x, y),
        (DateReading::At(x), _, None) | (_, DateReading::At(x), None) => DateReading::At(x),
        _ => DateReading::Nothing,
    }
}

fn at(year: Option<u32>, month: Option<u32>, day: Option<u32>) -> DateReading {
    let made = year
        .zip(month)
        .zip(day)
        .and_then(|((y, m), d)| Instant::parse(&format!("{y:04}-{m:02}-{d:02}")));
    made.map_or(DateReading::Nothing, DateReading::At)
}

fn number(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h', 'e', 'º', 'ª']);
    (!digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

/// A year of two digits is one of this century.
fn year(text: &str) -> Option<u32> {
    match text.len() {
        2 => number(text).map(|y| y + 2000),
        4 => number(text),
        _ => None,
    }
}

fn without_midnight(text: &str) -> &str {
    let ends = [" 12:00:00 AM", " 12:00 AM", " 00:00:00", " 00:00", " 0:00:00", " 0:00"];
    ends.iter().find_map(|e| text.strip_suffix(e)).unwrap_or(text)
}

/// Days since 30 December 1899, as Excel counts them; only those of this half century.
fn serial(text: &str) -> Option<Instant> {
    let days: i64 = text.parse().ok()?;
    // 1 January 2000 is day 36,526.
    let turn = Instant::parse("2000-01-01")?;
    (36_526..73_051).contains(&days).then(|| turn.plus((days - 36_526) * crate::model::time::DAY))
}

/// Months by the names of English, German, French and Spanish, whole or as spreadsheets shorten them.
fn month(text: &str) -> Option<u32> {
    const NAMES: [&[&str]; 12] = [
        &["january", "jan", "januar", "jän", "jänner", "janvier", "janv", "enero", "ene"],
        &["february", "feb", "februar", "février", "févr", "fév", "febrero"],
        &["march", "mar", "märz", "mrz", "mär", "mars", "marzo"],
        &["april", "apr", "avril", "avr", "abril", "abr"],
        &["may", "mai", "mayo"],
        &["june", "jun", "juni", "juin", "junio"],
        &["july", "jul", "juli", "juillet", "juil", "julio"],
        &["august", "aug", "août", "agosto", "ago"],
        &["september", "sep", "sept", "septembre", "septiembre"],
        &["october", "oct", "oktober", "okt", "octobre", "octubre"],
        &["november", "nov", "novembre", "noviembre"],
        &["december", "dec", "dezember", "dez", "décembre", "déc", "diciembre", "dic"],
    ];
    let lower = text.to_lowercase();
    let place = NAMES.iter().position(|names| names.contains(&lower.as_str()))?;
    u32::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> DateReading {
        DateReading::At(Instant::parse(text).expect("a day"))
    }

    #[test]
    fn a_day_that_is_written_with_an_offset_is_that_day() {
        for text in [
            "2026-12-31T00:00:00+02:00",
            "2026-12-31T00:00:00-08:00",
            "2026-12-31T00:30:00+02:00",
            "2026-12-31T23:00:00-05:00",
            "2026-12-31 00:00:00+02:00",
        ] {
            assert_eq!(read(text, None), day("2026-12-31"), "{text}");
        }
        assert_eq!(
            read("2026-12-31T17:00:00+02:00", None),
            day("2026-12-31T15:00:00Z"),
            "the same day: the instant that was meant"
        );
    }

    #[test]
    fn each_spreadsheet_is_read_as_it_writes() {
        for text in [
            "2027-12-31",
            "31.12.2027",
            "31.12.27",
            "31/12/2027",
            "12/31/2027",
            "12/31/27",
            "31-12-2027",
            "2027/12/31",
            "31-Dec-27",
            "31 déc. 2027",
            "31. Dezember 2027",
            "Dec 31, 2027",
            "31 de diciembre de 2027",
            " 31/12/2027 00:00:00 ",
            "12/31/2027 12:00:00 AM",
        ] {
            assert_eq!(read(text, None), day("2027-12-31"), "{text}");
        }
        assert_eq!(read("05/05/2027", None), day("2027-05-05"), "both orders say the same");
        assert_eq!(read("1.2.2027", None), day("2027-02-01"), "points are day first");
    }

    #[test]
    fn what_could_be_two_days_is_not_guessed() {
        let two = |text: &str| matches!(read(text, None), DateReading::Ambiguous(..));
        assert!(two("03/04/2027") && two("3-4-27") && two("12/11/2027"));
        assert_eq!(read("03/04/2027", Some(DateOrder::DayFirst)), day("2027-04-03"));
        assert_eq!(read("03/04/2027", Some(DateOrder::MonthFirst)), day("2027-03-04"));
        assert!(matches!(read("46387", None), DateReading::Serial(_)));
        for none in ["soon", "31/13/2027", "31.02.2027", "2027", "", "12/2027", "99/99/99", "1/2/3"] {
            assert_eq!(read(none, None), DateReading::Nothing, "{none}");
        }
        // Another order than the one that was told is no date at all.
        assert_eq!(read("12/31/2027", Some(DateOrder::DayFirst)), DateReading::Nothing);
    }
}
