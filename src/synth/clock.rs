//! Instants of the invented world, in microseconds since 1970, and how they are written.

use chrono::{DateTime, Datelike, Months, NaiveDateTime, Utc, Weekday};

/// An instant or a length of time in microseconds.
pub type Micros = i64;

/// One second.
pub const SECOND: Micros = 1_000_000;
/// One minute.
pub const MINUTE: Micros = 60 * SECOND;
/// One hour.
pub const HOUR: Micros = 60 * MINUTE;
/// One day.
pub const DAY: Micros = 24 * HOUR;

/// RFC 3339 in UTC with six decimals, as events and truth carry it.
pub fn text(at: Micros) -> String {
    moment(at).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// RFC 3339 in UTC with three decimals, as entitlement management writes schedules.
pub fn millis_text(at: Micros) -> String {
    moment(at).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// RFC 3339 in UTC in whole seconds.
pub fn second_text(at: Micros) -> String {
    moment(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The name of a look's folder.
pub fn folder_name(at: Micros) -> String {
    moment(at).format("%Y-%m-%dT%H%M%SZ").to_string()
}

/// The day alone.
pub fn day_text(at: Micros) -> String {
    moment(at).format("%Y-%m-%d").to_string()
}

/// A day in words, as people write it into a request.
pub fn spoken_day(at: Micros) -> String {
    moment(at).format("%-d %B %Y").to_string()
}

/// The instant that a text such as `2026-03-14 09:20` names.
///
/// # Panics
/// Where the text names none: it stands in a story, and a story is tested.
pub fn named(text: &str) -> Micros {
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a day and a time");
    moment.and_utc().timestamp_micros()
}

/// The same day and time some calendar months later.
pub fn months_later(at: Micros, months: u32) -> Micros {
    moment(at).checked_add_months(Months::new(months)).unwrap_or_default().timestamp_micros()
}

/// The same time of day, so many working days (Monday to Friday) earlier.
pub fn working_days_before(at: Micros, days: u32) -> Micros {
    let mut day = at;
    let mut left = days;
    while left > 0 {
        day -= DAY;
        if !matches!(moment(day).weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    day
}

fn moment(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or_default()
}
