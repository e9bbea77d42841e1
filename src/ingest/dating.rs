//! When an export was made, by the flag, by its name, or else by its modification time.

use crate::ingest::paths::Input;
use crate::model::time::{DAY, SECOND};
use crate::model::{Instant, Window};
use chrono::{NaiveDate, NaiveDateTime};
use regex::Regex;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
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
    /// How many folders of the file are in it.
    pub folders: usize,
    /// A date in its names that is yet to come, so that nothing says when it was made.
    pub to_come: Option<String>,
}

impl Dating {
    /// Whether only the modification time says so, which proves presence and never absence.
    pub fn presence_only(&self) -> bool {
        self.by == "modified"
    }

    /// The time of what the file lists; `None` where only the modification time says so.
    pub fn window(&self) -> Option<Window> {
        (!self.presence_only()).then(|| Window {
            from: self.from,
            until: self.at.plus(1),
        })
    }
}

/// Dates all files; those of one look get one instant, the latest.
pub(super) fn date_all(inputs: &[Input], observed_at: Option<Window>, now: Instant) -> Vec<Dating> {
    let mut dated: Vec<Dating> = inputs.iter().map(|input| date(input, observed_at, now)).collect();
    tell_apart(inputs, &mut dated);
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

/// Folders of one name are told apart by the folders above them, as far up as that takes.
fn tell_apart(inputs: &[Input], dated: &mut [Dating]) {
    let mut depths: Vec<usize> = vec![0; inputs.len()];
    for depth in 1..=64 {
        let mut places: HashMap<String, BTreeSet<&Path>> = HashMap::new();
        for ((input, one), up) in inputs.iter().zip(dated.iter()).zip(&depths) {
            places.entry(up_to(input, one, *up)).or_default().insert(dated_folder(input, one));
        }
        let mut more = false;
        for ((input, one), up) in inputs.iter().zip(dated.iter()).zip(&mut depths) {
            if places[&up_to(input, one, *up)].len() > 1 {
                *up = depth;
                more = true;
            }
        }
        if !more {
            break;
        }
    }
    for ((input, one), up) in inputs.iter().zip(dated.iter_mut()).zip(depths) {
        one.look = up_to(input, one, up);
    }
}

/// The folder at which the name of a look begins.
fn dated_folder<'i>(input: &'i Input, dating: &Dating) -> &'i Path {
    input.folder.ancestors().nth(dating.folders.saturating_sub(1)).unwrap_or(&input.folder)
}

/// A look with so many more folders before it.
fn up_to(input: &Input, dating: &Dating, up: usize) -> String {
    let own = dating.folders.min(input.folders.len());
    let above = &input.folders[..input.folders.len() - own];
    let above = &above[above.len().saturating_sub(up)..];
    above.iter().map(|name| format!("{name}/")).collect::<String>() + &dating.look
}

fn date(input: &Input, observed_at: Option<Window>, now: Instant) -> Dating {
    // The folder that holds a file, however it was named on the command line.
    let folder = input.folders.last().cloned().unwrap_or_default();
    if let Some(at) = observed_at {
        return Dating {
            from: at.from.min(now),
            at: at.until.plus(-1).min(now),
            folders: 1,
            by: "flag",
            look: folder,
            to_come: None,
        };
    }
    let own = in_name(&input.name).map(|(label, from, at)| (label.clone(), from, at, format!("{folder}/{label}"), 1));
    let outer = (1..).zip(input.folders.iter().rev().take(input.reach));
    let outer = || outer.filter_map(|(up, name)| Some((up, in_name(name)?))).next();
    let outer = || {
        // From the folder of that date down.
        outer().map(|(up, (label, from, at))| (label, from, at, input.folders[input.folders.len() - up..].join("/"), up))
    };
    let mut to_come = None;
    match own.or_else(outer) {
        // A digit typed wrong: nothing says that it was made now.
        Some((label, from, ..)) if from > now => to_come = Some(label),
        Some((_, from, at, look, folders)) => return named((from, at), now, look, folders),
        None => {}
    }
    let at = input.modified.unwrap_or(now).min(now);
    Dating {
        from: at,
        at,
        by: "modified",
        look: format!("{folder}/{}", stem(&input.name)),
        folders: 1,
        to_come,
    }
}

fn named((from, at): (Instant, Instant), now: Instant, look: String, folders: usize) -> Dating {
    Dating {
        from: from.min(now),
        at: at.min(now),
        by: "path",
        look,
        folders,
        to_come: None,
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
                T(?P<clock>\d{2}[-:_.]?\d{2}(?:[-:_.]?\d{2})?)(?:\.\d+)?(?P<zone>Z|[+]\d{2}(?:[:_.]?\d{2})?|-\d{2}[:_.]?\d{2})?
                # After anything but T, four digits are rather the year of another date.
                |[_\x20](?P<other>\d{6}|\d{2}[-:]\d{2}(?:[-:]\d{2})?)\x20?(?P<behind>Z|[+]\d{2}:?\d{2}|-\d{2}:?\d{2})?
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
        let zone = text("zone").or(text("behind")).map_or(0, offset);
        let Some(from) = clock.map(|clock| instant(clock).plus(-zone)).filter(|t| t.is_plausible()) else {
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

/// Microseconds east of UTC; none for what is rather the number of a page, such as `-0002`.
fn offset(zone: &str) -> i64 {
    let digits: Vec<i64> = zone.bytes().filter(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0')).collect();
    let parts: Vec<i64> = digits.chunks(2).map(|two| two[0] * 10 + two[1]).collect();
    let (hours, minutes) = (parts.first().copied().unwrap_or(0), parts.get(1).copied().unwrap_or(0));
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let is_zone = hours <= 14 && minutes % 15 == 0 && minutes < 60;
    if is_zone { sign * (hours * 60 + minutes) * 60 * SECOND } else { 0 }
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
            ("2026-03-31T080000+0200", Some(moment)),
            ("2026-03-31T08:00:00+02:00", Some(moment)),
            ("20260331T013000-0430", Some(moment)),
            ("users_2026-03-31 08:00:00 +0200.json", Some(moment)),
            ("2026-03-31T08-00-00+02", Some(moment)),
            ("20260331T060000-0002", Some(moment)),
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
