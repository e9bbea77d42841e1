//! How long to wait: `Retry-After` in all its spellings, and our own patience where there is none.

use crate::model::Instant;
use crate::model::time::SECOND;
use chrono::{DateTime, NaiveDateTime, Utc};

/// Longest wait that a service can ask for, in microseconds.
const LONGEST: i64 = 300 * SECOND;
/// Longest wait of our own, in microseconds.
const OWN_LONGEST: i64 = 60 * SECOND;

/// What `Retry-After` asks for, in microseconds: whole seconds, an HTTP date (measured with the answer's own `Date`, so that
/// clocks that differ do no harm), or a list of either, of which the longest counts (`30,120` was seen in 2025 and 2026).
/// `None` for what cannot be read; a wait is at most five minutes.
#[must_use]
pub fn retry_after(value: &str, date: Option<&str>, now: Instant) -> Option<i64> {
    let value = value.trim();
    let here = date.and_then(http_date).unwrap_or(now);
    let one = |text: &str| -> Option<i64> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            #[expect(clippy::cast_possible_truncation, reason = "clamped to five minutes just before")]
            return (seconds >= 0.0).then(|| (seconds.min(300.0) * 1e6) as i64);
        }
        http_date(text).map(|at| (at.0 - here.0).max(0))
    };
    let wait = one(value).or_else(|| value.split([',', ';']).filter_map(one).max())?;
    Some(wait.min(LONGEST))
}

/// Our own wait before the next try, in microseconds: doubled each time from one second, spread by `salt` so that
/// workers do not come back together.
#[must_use]
pub fn backoff(tries: u32, salt: u64) -> i64 {
    let base = SECOND << tries.saturating_sub(1).min(6);
    let spread = i64::try_from(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54).unwrap_or_default();
    (base + base / 2 * spread / 1024).min(OWN_LONGEST)
}

/// The three spellings of an HTTP date.
fn http_date(text: &str) -> Option<Instant> {
    if let Ok(at) = DateTime::parse_from_rfc2822(text) {
        return Some(Instant::from_chrono(at.with_timezone(&Utc)));
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|at| Instant::from_chrono(at.and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_retry_after() {
        let now = Instant::parse("2026-03-31T12:00:00Z").expect("a time");
        let date = Some("Tue, 31 Mar 2026 12:05:00 GMT");
        for (value, date, seconds) in [
            ("30", None, Some(30)),
            (" 7 ", None, Some(7)),
            ("0", None, Some(0)),
            ("1.5", None, Some(1)),
            ("30,120", None, Some(120)),
            ("30, 120", None, Some(120)),
            ("99999999", None, Some(300)),
            ("Tue, 31 Mar 2026 12:00:20 GMT", None, Some(20)),
            ("Tue, 31 Mar 2026 12:05:20 GMT", date, Some(20)),
            ("Tue, 31 Mar 2026 11:00:00 GMT", None, Some(0)),
            ("Tuesday, 31-Mar-26 12:00:09 GMT", None, Some(9)),
            ("-5", None, None),
            ("soon", None, None),
            ("", None, None),
            ("NaN", None, None),
        ] {
            assert_eq!(retry_after(value, date, now).map(|w| w / SECOND), seconds, "{value:?}");
        }
    }

    #[test]
    fn patience_grows_and_ends() {
        assert!((1..10).all(|n| backoff(n, 3) <= backoff(n + 1, 3)));
        assert!((1..40).all(|n| (SECOND..=OWN_LONGEST).contains(&backoff(n, u64::from(n)))));
        assert_ne!(backoff(3, 1), backoff(3, 2));
    }
}
