//! Gaps that come from what was not understood: whose they are, of when, and in words for people.

use crate::ingest::coverage::is_log;
use crate::ingest::kind::{self, Kind};
use crate::ingest::times::{self, DateOrder};
use crate::ingest::value;
use crate::lake::records::{Coverage, without_value};
use crate::lake::table::Table;
use crate::model::Window;
use crate::model::time::merge_windows;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Reasons of one file that are told apart; what comes after them is told together.
const REASONS: usize = 50;
/// Instants of one reason that get a window each; more become one span.
const WINDOWS: usize = 1000;
/// How much of a record is searched for what it was, in bytes.
const SEARCHED: usize = 64 << 10;

/// Whose gap a record leaves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// `audit`, `sign_ins:…`, or a table.
    Known(String),
    /// Nothing tells.
    Unknown,
}

/// Records of a file that were not taken, by what they belong to and why.
#[derive(Debug, Default)]
pub(super) struct Missed(BTreeMap<(Whose, String), Lost>);

#[derive(Debug, Default)]
struct Lost {
    count: u64,
    /// Ordinal of the first of them, from 1.
    first: i64,
    /// The reason of that one, with its own value.
    example: String,
    /// When they were, as far as they tell.
    when: Vec<Window>,
    /// How many do not tell.
    undated: u64,
}

impl Missed {
    /// Adds a record.
    pub fn add(&mut self, whose: Whose, when: Option<Window>, row: i64, reason: &str) {
        let mut lost = Lost {
            count: 1,
            first: row,
            example: reason.to_string(),
            ..Lost::default()
        };
        match when {
            Some(when) => lost.when.push(when),
            None => lost.undated = 1,
        }
        self.put(whose, reason, lost);
    }

    /// Adds those of another batch.
    pub fn join(&mut self, other: Self) {
        for ((whose, reason), lost) in other.0 {
            self.put(whose, &reason, lost);
        }
    }

    fn put(&mut self, whose: Whose, reason: &str, lost: Lost) {
        let mut key = (whose, without_value(reason).to_string());
        if self.0.len() >= REASONS && !self.0.contains_key(&key) {
            key.1 = "other reasons, which are kept with the records".into();
        }
        let all = self.0.entry(key).or_insert_with(|| Lost {
            first: i64::MAX,
            ..Lost::default()
        });
        all.count += lost.count;
        if lost.first < all.first {
            (all.first, all.example) = (lost.first, lost.example);
        }
        all.undated += lost.undated;
        all.when.extend(lost.when);
        if all.when.len() > 4 * WINDOWS {
            all.when = disjoint(std::mem::take(&mut all.when));
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.values().map(|lost| lost.count).sum()
    }

    /// Whom they belong to.
    pub fn whose(&self) -> impl Iterator<Item = &Whose> {
        self.0.keys().map(|(whose, _)| whose)
    }

    /// The gaps as rows; `fate` is what became of the records, `unknown` whose those are that nothing tells, `look` the window
    /// of objects.
    pub fn rows(&self, path: &str, fate: &str, tenant: &str, source: &str, unknown: &str, look: Option<Window>) -> Vec<Coverage> {
        let mut rows = Vec::new();
        for ((whose, _), lost) in &self.0 {
            let reason = &lost.example;
            let subject = match whose {
                Whose::Known(subject) => subject.as_str(),
                Whose::Unknown => unknown,
            };
            let first = lost.first;
            let reason = match lost.count {
                1 => format!("{path}: record {first} was not {fate}: {reason}"),
                n => format!("{path}: {n} records were not {fate}, the first of them record {first}: {reason}"),
            };
            let mut row = |window: Option<Window>| {
                rows.push(Coverage {
                    tenant_id: tenant.to_string(),
                    subject: subject.to_string(),
                    basis: "gap".into(),
                    from: window.map(|w| w.from),
                    until: window.map(|w| w.until),
                    reason: Some(reason.clone()),
                    source: Some(source.to_string()),
                });
            };
            if !is_log(subject) {
                row(look);
                continue;
            }
            lost.windows().into_iter().for_each(|w| row(Some(w)));
            if lost.undated > 0 {
                row(None);
            }
        }
        rows
    }
}

impl Lost {
    /// The instants of the records, one microsecond each; one span when they are many.
    fn windows(&self) -> Vec<Window> {
        disjoint(self.when.clone())
    }
}

/// Windows that do not touch; one span when they are many.
fn disjoint(windows: Vec<Window>) -> Vec<Window> {
    let windows = merge_windows(windows);
    match (windows.first(), windows.last()) {
        (Some(first), Some(last)) if windows.len() > WINDOWS => vec![Window {
            from: first.from,
            until: last.until,
        }],
        _ => windows,
    }
}

/// Whose gap a record leaves, by the kind of its page, else by its text, else by the record before it.
pub(super) fn whose(page: Option<&Kind>, raw: &[u8], before: Option<&str>) -> Whose {
    let known = |subject: &str| Whose::Known(subject.to_string());
    match page {
        Some(Kind::Audit) => return known("audit"),
        Some(Kind::SignIn) => return known(stream(&lowered(raw))),
        Some(Kind::Object(kind)) => return known(kind.table().name()),
        Some(Kind::Related(_)) => return known(Table::Memberships.name()),
        Some(Kind::Other(_)) | None => {}
    }
    let text = lowered(raw);
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if any(&["activitydisplayname", "activitydatetime", "\"auditlogs\"", "initiatedby", "targetresources"]) {
        return known("audit");
    }
    if any(&["signineventtypes", "signinlogs\"", "conditionalaccessstatus", "clientappused", "isinteractive"]) {
        return known(stream(&text));
    }
    if let Ok((mut parsed, _)) = value::parse(&String::from_utf8_lossy(raw), 64) {
        value::camel(&mut parsed);
        let named = parsed.get("@odata.type").and_then(Value::as_str).and_then(kind::by_type);
        let kind = named.or_else(|| parsed.as_object().map(kind::by_members));
        if let Some(Kind::Object(kind)) = kind {
            return known(kind.table().name());
        }
    }
    before.map_or(Whose::Unknown, known)
}

/// The stream of sign-ins that a text speaks of.
fn stream(lowered: &str) -> &'static str {
    let known = [
        ("noninteractiveuser", "sign_ins:nonInteractiveUser"),
        ("serviceprincipalsignin", "sign_ins:servicePrincipal"),
        ("\"serviceprincipal\"", "sign_ins:servicePrincipal"),
        ("managedidentity", "sign_ins:managedIdentity"),
        ("interactiveuser", "sign_ins:interactiveUser"),
    ];
    known.iter().find(|(word, _)| lowered.contains(word)).map_or("sign_ins", |(_, stream)| stream)
}

fn lowered(raw: &[u8]) -> String {
    String::from_utf8_lossy(&raw[..raw.len().min(SEARCHED)]).to_ascii_lowercase()
}

/// When a record of a log was; `None` for one that does not tell, and for one that breaks off.
pub(super) fn own_time(whose: &Whose, raw: &[u8], dates: Option<DateOrder>) -> Option<Window> {
    static TIMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let members = "activitydatetime|createddatetime|time|timegenerated";
        Regex::new(&format!(r#"(?i)\\?"({members})\\?"\s*:\s*(?:\{{\s*"value"\s*:\s*)?\\?"([^"]{{6,60}}?)\\?""#)).ok()
    });
    let Whose::Known(subject) = whose else { return None };
    // An envelope's time is when a sign-in was logged, minutes after it happened; an audit record's own time is that of its envelope.
    let members: &[&str] = match subject.as_str() {
        "audit" => &["activitydatetime", "time", "timegenerated"],
        subject if is_log(subject) => &["createddatetime"],
        _ => return None,
    };
    // Where a record breaks off, what was to come after it may be missing too: nobody knows of which time.
    if !matches!(raw.trim_ascii_end().last(), Some(b'}' | b']')) {
        return None;
    }
    let text = String::from_utf8_lossy(&raw[..raw.len().min(SEARCHED)]);
    let found: Vec<(String, String)> = TIMES
        .as_ref()?
        .captures_iter(&text)
        .map(|c| (c[1].to_ascii_lowercase(), c[2].replace("\\/", "/")))
        .collect();
    let own = members.iter().find_map(|member| found.iter().find(|(name, _)| name == member))?;
    let at = times::read(&own.1, dates).ok()?;
    Some(Window { from: at, until: at.plus(1) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Instant;

    fn of(raw: &str) -> (String, Option<String>) {
        let whose = whose(None, raw.as_bytes(), None);
        let at = own_time(&whose, raw.as_bytes(), None).map(|w| match w.until.0 - w.from.0 {
            1 => w.from.to_string(),
            _ => format!("{} {}", w.from, w.until),
        });
        let subject = match whose {
            Whose::Known(subject) => subject,
            Whose::Unknown => "unknown".into(),
        };
        (subject, at)
    }

    #[test]
    fn what_is_left_of_a_record_tells_whose_it_was_and_of_when() {
        let at = "2026-03-01T10:00:00Z";
        for (raw, subject, time) in [
            (format!(r#"{{"id":"x","activityDateTime":"{at}","activityDis"#), "audit", None),
            (format!(r#"{{"id":"x","activityDateTime":"{at}","targetResources":7}}"#), "audit", Some(at)),
            (format!(r#"{{"time":"{at}","category":"AuditLogs","properties":7}}"#), "audit", Some(at)),
            (
                format!(r#"{{"time":"2026-03-01T10:05:00Z","category":"SignInLogs","properties":{{"createdDateTime":"{at}"}}}}"#),
                "sign_ins",
                Some(at),
            ),
            (
                r#"{"time":"2026-03-01T10:05:00Z","category":"ServicePrincipalSignInLogs","prop"#.into(),
                "sign_ins:servicePrincipal",
                None,
            ),
            (format!(r#"{{"properties":"{{\"activityDateTime\":\"{at}\"}}"}}"#), "audit", Some(at)),
            (r#"{"ActivityDateTime":"\/Date(1772359200000)\/"}"#.into(), "audit", Some(at)),
            (r#"{"activityDateTime":"0001-01-01T00:00:00Z","activityDisplayName":"x"}"#.into(), "audit", None),
            (r#"{"groupTypes":[],"displayName":"x"}"#.into(), "groups", None),
            (r#"{"id":"x","activityDateTime":"2025-12-29T22:41:"#.into(), "audit", None),
            ("hello".into(), "unknown", None),
        ] {
            assert_eq!(of(&raw), (subject.to_string(), time.map(str::to_string)), "{raw}");
        }
    }

    #[test]
    fn reasons_that_differ_in_a_value_are_one_told_by_the_first_record() {
        let mut missed = Missed::default();
        for n in (0..1000).rev() {
            missed.add(Whose::Known("audit".into()), None, n + 1, &format!("no readable time: 'le {n}'"));
        }
        let rows = missed.rows("f", "taken", "t", "s", "unknown", None);
        let told: Vec<_> = rows.iter().filter_map(|r| r.reason.as_deref()).collect();
        assert_eq!(told, ["f: 1000 records were not taken, the first of them record 1: no readable time: 'le 0'"]);
    }

    #[test]
    fn many_records_make_a_bounded_list_of_gaps() {
        let mut missed = Missed::default();
        for n in 0..100_000i64 {
            let at = Window {
                from: Instant(n * 10),
                until: Instant(n * 10 + 1),
            };
            missed.add(Whose::Known("audit".into()), Some(at), n, &format!("reason {}", n % 200));
        }
        let rows = missed.rows("f", "taken", "t", "s", "unknown", None);
        assert!(rows.len() <= REASONS * WINDOWS, "{}", rows.len());
        let whole = rows
            .iter()
            .filter_map(|r| r.from.zip(r.until))
            .fold((i64::MAX, 0), |(a, b), (from, until)| (a.min(from.0), b.max(until.0)));
        assert_eq!(whole, (0, 999_991), "from the first to the last");
        assert_eq!(missed.count(), 100_000);
    }
}
