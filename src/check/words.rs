//! Small phrases that messages are made of.

use crate::model::{Instant, IsoDuration};

/// `1 day`, `2 days`, `1,204 requests`.
pub(super) fn count(number: i64, one: &str) -> String {
    if number == 1 {
        return format!("1 {one}");
    }
    let plural = match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{one}s"),
    };
    format!("{} {plural}", grouped(number))
}

/// The same for a count of things in memory.
pub(super) fn many(number: usize, one: &str) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX), one)
}

/// `2026-03-31`.
pub(super) fn day(at: Instant) -> String {
    at.day()
}

/// `2026-03-31 09:04 UTC`: a message needs the minute where two acts are compared.
pub(super) fn minute(at: Instant) -> String {
    at.to_chrono().map_or_else(|| at.to_string(), |t| t.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// `3 months`, `90 days`: a period of reviews; as written where it is neither.
#[must_use]
pub fn period(every: IsoDuration, written: &str) -> String {
    match (every.months, every.seconds) {
        (months, 0) if months > 0 => count(i64::from(months), "month"),
        (0, seconds) if seconds > 0 && seconds % 86_400 == 0 => count(seconds / 86_400, "day"),
        _ => written.to_string(),
    }
}

/// `; the request was denied`: a state of the wire in words, or nothing where none is known.
pub(super) fn state(wire: &str) -> String {
    let mut out = String::new();
    for letter in wire.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    match out.as_str() {
        "" => String::new(),
        "pending approval" => "; the request awaits approval".into(),
        state => format!("; the request was {state}"),
    }
}

/// `3 days`, `5 hours`, `4 minutes`: the largest unit that has at least one.
pub(super) fn duration(micros: i64) -> String {
    use crate::model::time::{DAY, HOUR, MINUTE, SECOND};
    match micros {
        m if m >= DAY => count(m / DAY, "day"),
        m if m >= HOUR => count(m / HOUR, "hour"),
        m if m >= MINUTE => count(m / MINUTE, "minute"),
        m => count(m.max(0) / SECOND, "second"),
    }
}

/// `a`, `a and b`, `a, b and 3 more`: a sentence stays one sentence however long the list is.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => "nobody".into(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "day"), "1 day");
        assert_eq!(count(0, "day"), "0 days");
        assert_eq!(count(1_204_000, "policy"), "1,204,000 policies");
        assert_eq!(state("partiallyDelivered"), "; the request was partially delivered");
        let quarter = IsoDuration { months: 3, seconds: 0 };
        assert_eq!(period(quarter, "P3M"), "3 months");
        assert_eq!(duration(90 * 60 * 1_000_000), "1 hour");
        let names: Vec<String> = ["ana", "bo", "cy", "di"].map(String::from).to_vec();
        assert_eq!(listed(&names), "ana, bo and 2 more");
        assert_eq!(listed(&names[..3]), "ana, bo and cy");
    }
}
