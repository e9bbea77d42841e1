//! When an export was made, by the flag, by its name, or else by its modification time.

use crate::ingest::paths::Input;
use crate::model::Instant;
use crate::model::time::{DAY, SECOND};
use chrono::{NaiveDate, NaiveDateTime};
use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// When a file's objects were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dating {
    /// First instant at which the look can have begun.
    pub from: Instant,
    /// When the look was over.
    pub at: Instant,
    /// `flag`, `path` or `modified`.
    pub by: &'static str,
    /// What files of one look have in common: their folder, and the date in their names.
    pub look: String,
}

impl Dating {
    /// Whether only the modification time says so, which proves presence and never absence.
    pub fn presence_only(&self) -> bool {
        self.by == "modified"
    }
}

/// Dates all files; those of one look get one instant, the latest.
pub(super) fn date_all(inputs: &[Input], observed_at: Option<Instant>, now: Instant) -> Vec<Dating> {
    let mut dated: Vec<Dating> = inputs.iter().map(|input| date(input, observed_at, now)).collect();
    let mut spans: HashMap<String, (Instant, Instant)> = HashMap::new();
    for one in &dated {
        let span = spans.entry(one.look.clone()).or_insert((one.from, one.at));
        *span = (span.0.min(one.from), span.1.max(one.at));
    }
    for one in &mut dated {
        (one.from, one.at) = spans[&one.look];
    }
    dated
}

fn date(input: &Input, observed_at: Option<Instant>, now: Instant) -> Dating {
    let folder = input.folders.join("/");
    if let Some(at) = observed_at {
        return Dating {
            from: at.min(now),
            at: at.min(now),
            by: "flag",
            look: folder,
        };
    }
    if let Some((label, from, at)) = in_name(&input.name) {
        return named(from, at, now, format!("{folder}/{label}"));
    }
    let outer = input.folders.iter().rev().chain(&input.given);
    if let Some((_, from, at)) = outer.filter_map(|name| in_name(name)).next() {
        return named(from, at, now, folder);
    }
    let at = input.modified.unwrap_or(now).min(now);
    Dating {
        from: at,
        at,
        by: "modified",
        look: format!("{folder}/{}", stem(&input.name)),
    }
}

fn named(from: Instant, at: Instant, now: Instant, look: String) -> Dating {
    Dating {
        from: from.min(now),
        at: at.min(now),
        by: "path",
        look,
    }
}

/// `users.json`, `users-2.json` and `users_page3.json` are pages of one look.
fn stem(name: &str) -> String {
    let first = name.split('.').next().unwrap_or(name);
    let bare = first.trim_end_matches(|c: char| c.is_ascii_digit() || "-_ ()".contains(c));
    let bare = ["page", "part"].iter().find_map(|word| bare.strip_suffix(word)).unwrap_or(bare);
    bare.trim_end_matches(['-', '_', ' ']).to_lowercase()
}

/// The last date or instant in a name: how it is written, its first and its last microsecond.
fn in_name(name: &str) -> Option<(String, Instant, Instant)> {
    static GUID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").ok());
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?x)(?:^|[^0-9A-Za-z])
            (?P<whole>
              (?P<y>\d{4})-?(?P<m>\d{2})-?(?P<d>\d{2})
              (?:
                T(?P<clock>\d{2}[-:_.]?\d{2}(?:[-:_.]?\d{2})?)(?:\.\d+)?Z?
                # After anything but T, four digits are rather the year of another date.
                |[_\x20](?P<other>\d{6}|\d{2}[-:]\d{2}(?:[-:]\d{2})?)Z?
              )?
            )(?:$|[^0-9A-Za-z])",
        )
        .ok()
    });
    // The first group of a GUID can be eight digits that look like a date.
    let bare = GUID.as_ref()?.replace_all(name, "#");
    let mut at = 0;
    let mut last = None;
    while let Some(found) = DATE.as_ref()?.captures_at(&bare, at) {
        let whole = found.name("whole")?;
        // The closing boundary of one date may be the opening one of the next.
        at = whole.end();
        let text = |group: &str| found.name(group).map(|g| g.as_str());
        let number = |group: &str| text(group).and_then(|t| t.parse::<u32>().ok());
        let day = text("y")
            .and_then(|y| y.parse::<i32>().ok())
            .zip(number("m"))
            .zip(number("d"))
            .and_then(|((y, m), d)| NaiveDate::from_ymd_opt(y, m, d));
        let Some(day) = day else { continue };
        let clock: Vec<u32> = text("clock")
            .or(text("other"))
            .unwrap_or("")
            .bytes()
            .filter(u8::is_ascii_digit)
            .map(|digit| u32::from(digit - b'0'))
            .collect();
        let clock: Vec<u32> = clock.chunks(2).map(|two| two[0] * 10 + two[1]).collect();
        let part = |at: usize| clock.get(at).copied().unwrap_or(0);
        let length = clock.len();
        let clock = day.and_hms_opt(part(0), part(1), part(2));
        let Some(from) = clock.map(instant).filter(|t| t.is_plausible()) else {
            continue;
        };
        let until = match length {
            0 => from.plus(DAY - 1),
            2 => from.plus(60 * SECOND - 1),
            _ => from,
        };
        last = Some((whole.as_str().to_string(), from, until));
    }
    last
}

fn instant(clock: NaiveDateTime) -> Instant {
    Instant::from_chrono(clock.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> Option<String> {
        in_name(name).map(|(_, from, at)| format!("{from} {at}"))
    }

    #[test]
    fn dates_in_names() {
        let day = "2026-03-31T00:00:00Z 2026-03-31T23:59:59.999999Z";
        let moment = "2026-03-31T06:00:00Z 2026-03-31T06:00:00Z";
        for (name, expected) in [
            ("2026-03-31", Some(day)),
            ("users-2026-03-31.json", Some(day)),
            ("20260331", Some(day)),
            ("users_20260331_2.json", Some(day)),
            ("2026-03-31T060000Z", Some(moment)),
            ("20260331T060000Z.ndjson", Some(moment)),
            ("2026-03-31T06-00-00Z", Some(moment)),
            ("users 2026-03-31 06:00:00.json", Some(moment)),
            ("2026-02-01_2026-03-31", Some(day)),
            ("2026-13-31", None),
            ("20260331-aaaa-bbbb-cccc-0123456789ab", None),
            ("a20260331", None),
            ("202603311", None),
            ("users", None),
        ] {
            assert_eq!(shown(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn pages_of_one_export_share_a_stem() {
        for name in ["users.json", "users.2.json", "users-2.json", "Users_page3.json"] {
            assert_eq!(stem(name), "users", "{name}");
        }
    }
}
