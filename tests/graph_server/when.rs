//! Instants as the server needs them: microseconds since 1970, and the dates of HTTP.

use std::fmt::Write;

/// Days since 1970 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Reads `2026-03-01T10:00:00.123Z`, with any fraction or none; also a date alone.
pub fn parse(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let day = days(number(0..4)?, number(5..7)?, number(8..10)?);
    if text.len() == 10 {
        return Some(day * 86_400_000_000);
    }
    let clock = text
        .get(10..)?
        .strip_prefix('T')?
        .strip_suffix('Z')
        .or_else(|| text.get(11..)?.strip_suffix("+00:00"))?;
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let parts: Vec<i64> = whole.split(':').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = parts[..] else { return None };
    let mut digits: String = fraction.chars().take(6).collect();
    while digits.len() < 6 {
        digits.push('0');
    }
    Some((day * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + digits.parse::<i64>().ok()?)
}

/// `Sun, 01 Mar 2026 10:00:00 GMT`.
pub fn http(seconds: i64) -> String {
    let (day, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][usize::try_from(day.rem_euclid(7)).unwrap_or(0)];
    let (year, month, date) = civil(day);
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][usize::try_from(month - 1).unwrap_or(0)];
    let mut text = format!("{weekday}, {date:02} {month} {year:04} ");
    let _ = write!(text, "{:02}:{:02}:{:02} GMT", clock / 3600, clock / 60 % 60, clock % 60);
    text
}

fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let part = (5 * of_year + 2) / 153;
    let month = if part < 10 { part + 3 } else { part - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * part + 2) / 5 + 1)
}
