//! Which day of each log is covered, and how: a line for each month.

use crate::lake::records::{Coverage, HEALED};
use crate::model::time::{DAY, merge_windows, without};
use crate::model::{Instant, Window};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What is known of one log.
#[derive(Default)]
struct Known {
    proven: Vec<Window>,
    attested: Vec<Window>,
    any: Vec<Window>,
    gaps: Vec<Window>,
    undated: usize,
}

/// Gaps that were read later, by subject and reason.
pub fn healed(rows: &[Coverage]) -> BTreeSet<(&str, Option<&str>)> {
    rows.iter()
        .filter(|r| r.basis == HEALED)
        .map(|r| (r.subject.as_str(), r.reason.as_deref()))
        .collect()
}

/// The days of all logs, each as one sign.
pub fn days(rows: &[Coverage]) -> String {
    let mut logs: BTreeMap<&str, Known> = BTreeMap::new();
    let healed = healed(rows);
    for row in rows.iter().filter(|r| crate::ingest::is_log(&r.subject) && r.basis != HEALED) {
        let known = logs.entry(&row.subject).or_default();
        let window = row.from.zip(row.until).map(|(from, until)| Window { from, until });
        match (row.basis.as_str(), window) {
            ("gap", Some(window)) => known.gaps.push(window),
            ("gap", None) if healed.contains(&(row.subject.as_str(), row.reason.as_deref())) => {}
            ("gap", None) => known.undated += 1,
            (basis, Some(window)) => {
                known.any.push(window);
                if basis != "inferred" {
                    known.attested.push(window);
                }
                if basis == "proven" {
                    known.proven.push(window);
                }
            }
            (_, None) => {}
        }
    }
    let mut text = String::new();
    if logs.is_empty() {
        return text;
    }
    text += "\ndays: # proven, = asserted, ~ a part of the day proven or asserted, - some records are there, ! a known gap, . nothing\n";
    let wide = logs.keys().map(|l| l.len()).max().unwrap_or(0);
    let _ = writeln!(text, "{:wide$}  month    1        10        20        30", "");
    for (log, known) in logs {
        text += &known.lines(log, wide);
    }
    text
}

impl Known {
    fn lines(mut self, log: &str, wide: usize) -> String {
        for list in [&mut self.proven, &mut self.attested, &mut self.any] {
            *list = merge_windows(std::mem::take(list));
        }
        // A gap that a pull has read since is none.
        self.gaps = without(&merge_windows(std::mem::take(&mut self.gaps)), &self.proven);
        let mut text = String::new();
        let ends = self.any.iter().chain(&self.gaps);
        let first = ends.clone().map(|w| w.from).min();
        let last = ends.map(|w| w.until).max();
        if let Some((first, last)) = first.zip(last) {
            let mut month = String::new();
            let mut line = String::new();
            let mut day = Instant(first.0.div_euclid(DAY) * DAY);
            while day < last {
                if day.month() != month {
                    flush(&mut text, log, wide, &month, &line);
                    month = day.month();
                    // A month that begins later begins with days of which nothing is known.
                    line = ".".repeat(usize::try_from(day_of_month(day) - 1).unwrap_or(0));
                }
                line.push(self.sign(Window {
                    from: day,
                    until: day.plus(DAY),
                }));
                day = day.plus(DAY);
            }
            flush(&mut text, log, wide, &month, &line);
        }
        if self.undated > 0 {
            let _ = writeln!(text, "{log:wide$}  and {} gaps of which nobody knows when", self.undated);
        }
        text
    }

    fn sign(&self, day: Window) -> char {
        let holds = |list: &[Window]| without(&[day], list).is_empty();
        let meets = |list: &[Window]| list.iter().any(|w| w.meets(&day));
        if meets(&self.gaps) {
            '!'
        } else if holds(&self.proven) {
            '#'
        } else if holds(&self.attested) {
            '='
        } else if meets(&self.attested) {
            '~'
        } else if meets(&self.any) {
            '-'
        } else {
            '.'
        }
    }
}

fn day_of_month(day: Instant) -> i64 {
    day.day().get(8..10).and_then(|d| d.parse().ok()).unwrap_or(1)
}

/// A month of which something is known.
fn flush(text: &mut String, log: &str, wide: usize, month: &str, line: &str) {
    if line.contains(|c| c != '.') {
        let _ = writeln!(text, "{log:wide$}  {month}  {}", line.trim_end_matches('.'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, basis: &str, from: &str, until: &str) -> Coverage {
        Coverage {
            subject: subject.into(),
            basis: basis.into(),
            from: Instant::parse(from),
            until: Instant::parse(until),
            reason: Some(basis.into()),
            ..Coverage::default()
        }
    }

    #[test]
    fn each_day_has_the_sign_of_what_is_known_of_it() {
        let rows = [
            row("audit", "proven", "2026-03-03", "2026-03-05"),
            row("audit", "asserted", "2026-03-04", "2026-03-08T12:00:00Z"),
            row("audit", "inferred", "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"),
            row("audit", "gap", "2026-03-06T10:00:00Z", "2026-03-06T10:00:01Z"),
            row("audit", "gap", "2026-03-04T10:00:00Z", "2026-03-04T10:00:01Z"),
            row("audit", "inferred", "2026-05-02", "2026-05-03"),
            Coverage {
                from: None,
                until: None,
                ..row("audit", "gap", "2026-03-01", "2026-03-02")
            },
            row("users", "gap", "2026-03-01", "2026-03-02"),
        ];
        let text = days(&rows);
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            ["audit  2026-03  --##=!=~", "audit  2026-05  .-", "audit  and 1 gaps of which nobody knows when"],
            "{text}"
        );
    }

    #[test]
    fn a_gap_that_was_healed_is_none() {
        let gap = Coverage {
            subject: "audit".into(),
            basis: "gap".into(),
            reason: Some("a.gz: torn".into()),
            ..Coverage::default()
        };
        let healed = Coverage {
            basis: HEALED.into(),
            ..gap.clone()
        };
        assert!(days(std::slice::from_ref(&gap)).contains("nobody knows when"));
        assert!(!days(&[gap, healed]).contains("nobody knows when"));
    }
}
