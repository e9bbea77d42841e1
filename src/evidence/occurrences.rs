//! Occurrences of review series: each that was due in the period, by the calendar of its own series, also where nobody decided.

use crate::evidence::population::{Population, listed};
use crate::evidence::sample::{Frequency, Member};
use crate::ledger::AccessModel;
use crate::ledger::access_model::{PolicyFacts, ReviewDecision};
use crate::ledger::governance::ReviewSeries;
use crate::model::time::{DAY, SECOND};
use crate::model::{Instant, Interned, IsoDuration, PackageId, PolicyId, Window};
use std::collections::BTreeSet;

/// An odd recurrence (every second, for a century) must not list for ever.
const MOST: u32 = 1_000;

const HEADER: [&str; 13] = [
    "id",
    "stratum",
    "periods_back",
    "series_kind",
    "package_id",
    "package_name",
    "series_name",
    "from",
    "until_exclusive",
    "every",
    "decisions",
    "reviewers",
    "done",
];

/// When something happens.
#[derive(Debug, Clone, Copy, Default)]
struct Calendar {
    from: Option<Instant>,
    until: Option<Instant>,
    every: Option<IsoDuration>,
    once: bool,
}

/// A series of reviews: of an assignment policy, or a review definition of its own.
struct Series<'a> {
    id: &'a str,
    kind: &'static str,
    name: &'a str,
    package: Option<PackageId>,
    every: String,
    calendar: Calendar,
    decisions: Vec<&'a ReviewDecision>,
}

/// Each occurrence of each review series that begins in the period; a series whose beginning nobody knows is a row, too.
pub(super) fn occurrences(access: &AccessModel, period: Window) -> Population {
    let known = !access.review_decisions.is_empty() || access.looks.keys().any(|(c, _)| c.as_str() == "review_decisions");
    let of_policies = access.policies.iter().filter(|(_, p)| p.review_enabled == Some(true) && !p.removed);
    let series = of_policies.map(|(id, p)| of_policy(access, id, p)).chain(of_definitions(access));
    let mut lines = Vec::new();
    for series in series {
        if series.calendar.from.is_none() {
            lines.push(undated(access, &series));
        }
        lines.extend(series.calendar.spans(period).into_iter().map(|span| occurrence(access, &series, span, known)));
    }
    let what = format!(
        "each occurrence of each review series (of policies, and review definitions of their own), by the calendar of the series, that begins in [{}, {}); those without a decision on record are in it, and series whose record does not tell when they begin; id: series|first day",
        period.from, period.until
    );
    listed("review-occurrences", what, Some(Frequency::Quarterly), &HEADER, lines)
}

fn of_policy<'a>(access: &'a AccessModel, id: &'a PolicyId, policy: &'a PolicyFacts) -> Series<'a> {
    let about = |d: &&ReviewDecision| d.resource.as_str() == id.as_str() || policy.package.as_ref().is_some_and(|p| p.as_str() == d.resource.as_str());
    Series {
        id: id.as_str(),
        kind: "policy",
        name: &policy.name,
        package: policy.package.clone(),
        every: policy.review_every_text.clone(),
        calendar: Calendar {
            from: policy.review_from,
            until: policy.review_until,
            every: policy.review_every.filter(|_| !policy.review_range_unclear),
            once: policy.review_once,
        },
        decisions: access.review_decisions.iter().filter(about).collect(),
    }
}

/// Definitions of their own: what reviews a policy that is listed itself is that policy's series.
fn of_definitions(access: &AccessModel) -> impl Iterator<Item = Series<'_>> {
    let listed = move |p: &Interned| {
        access
            .policies
            .get(&PolicyId::of(*p))
            .is_some_and(|p| p.review_enabled == Some(true) && !p.removed)
    };
    let own = move |s: &ReviewSeries| !s.removed && (s.policies.is_empty() || !s.policies.iter().all(listed));
    let series = access.governance.series.iter().filter(move |(_, s)| own(s));
    series.map(move |(id, series)| {
        let about = |d: &&ReviewDecision| match d.series.is_empty() {
            false => d.series == *id,
            true => [&series.packages, &series.policies, &series.others]
                .into_iter()
                .flatten()
                .any(|r| *r == d.resource),
        };
        Series {
            id: id.as_str(),
            kind: "definition",
            name: &series.name,
            package: series.packages.first().map(|p| PackageId::of(*p)),
            every: series.every.map(iso).unwrap_or_default(),
            calendar: Calendar {
                from: series.from,
                until: series.until,
                every: series.every.filter(|_| !series.range_unclear),
                once: series.recurrence_told && series.every.is_none(),
            },
            decisions: access.review_decisions.iter().filter(about).collect(),
        }
    })
}

fn occurrence(access: &AccessModel, series: &Series, span: Window, known: bool) -> (Member, Vec<String>) {
    let within = |d: &&&ReviewDecision| d.reviewed_at.is_some_and(|t| span.from <= t && t < span.until);
    // What nobody decided has a row of its own and no reviewer.
    let decided: Vec<&&ReviewDecision> = series.decisions.iter().filter(within).filter(|d| d.reviewer.is_some()).collect();
    let reviewers: BTreeSet<_> = decided.iter().filter_map(|d| d.reviewer.as_ref()).collect();
    // That none is on record is no proof that none was taken: the service keeps decisions for a while only.
    let done = match decided.len() {
        0 if !known => "cannot tell: no decisions of reviews are in the lake",
        0 if access.as_of < span.until => "no decision on record yet",
        0 => "no decision on record",
        _ => "decided",
    };
    row(access, series, Some(span), (decided.len(), reviewers.len()), done)
}

fn undated(access: &AccessModel, series: &Series) -> (Member, Vec<String>) {
    row(access, series, None, (0, 0), "cannot tell: its record does not tell when it begins")
}

fn row(access: &AccessModel, series: &Series, span: Option<Window>, (decisions, reviewers): (usize, usize), done: &str) -> (Member, Vec<String>) {
    let id = format!("{}|{}", series.id, span.map(|s| s.from.day()).unwrap_or_default());
    let name = series.package.as_ref().and_then(|p| access.packages.get(p)).map(|p| p.name.clone());
    let cells = vec![
        id.clone(),
        done.to_string(),
        "0".into(),
        series.kind.to_string(),
        series.package.as_ref().map(ToString::to_string).unwrap_or_default(),
        name.unwrap_or_default(),
        series.name.to_string(),
        span.map(|s| s.from.to_string()).unwrap_or_default(),
        span.filter(|s| s.until < Instant(i64::MAX)).map(|s| s.until.to_string()).unwrap_or_default(),
        series.every.clone(),
        decisions.to_string(),
        reviewers.to_string(),
        done.to_string(),
    ];
    let member = Member {
        back: 0,
        stratum: done.into(),
        id,
    };
    (member, cells)
}

impl Calendar {
    /// The occurrences that begin in the period; none when nothing tells when the series began.
    fn spans(&self, period: Window) -> Vec<Window> {
        let Some(first) = self.from else { return Vec::new() };
        let over = |t: Instant| self.until.is_some_and(|end| end <= t);
        let every = self.every.filter(|e| !self.once && e.after(first) > first);
        let mut spans = Vec::new();
        let start = every.map_or(0, |e| earliest(first, e, period.from));
        // Each is counted from the first: months are not equally long, and the 31st would become the 28th for ever.
        for n in start..start.saturating_add(MOST) {
            let from = nth(first, every, n);
            if from >= period.until || over(from) {
                break;
            }
            let until = every.map_or(Instant(i64::MAX), |_| nth(first, every, n + 1));
            if period.from <= from {
                spans.push(Window { from, until });
            }
            if every.is_none() {
                break;
            }
        }
        spans
    }
}

/// A number of an occurrence at or before `begin`, as near as the longest month allows.
fn earliest(first: Instant, every: IsoDuration, begin: Instant) -> u32 {
    let length = i64::from(every.months)
        .saturating_mul(31 * DAY)
        .saturating_add(every.seconds.saturating_mul(SECOND));
    let before = begin.0.saturating_sub(first.0).max(0) / length.max(1);
    u32::try_from(before).unwrap_or(u32::MAX)
}

/// As Graph writes it.
fn iso(every: IsoDuration) -> String {
    match (every.months, every.seconds) {
        (months, 0) => format!("P{months}M"),
        (0, seconds) => format!("P{}D", seconds / 86_400),
        (months, seconds) => format!("P{months}M{}D", seconds / 86_400),
    }
}

/// When occurrence `n` begins, the first being number 0.
fn nth(first: Instant, every: Option<IsoDuration>, n: u32) -> Instant {
    let Some(every) = every else { return first };
    let times = IsoDuration {
        months: every.months.saturating_mul(n),
        seconds: every.seconds.saturating_mul(n.into()),
    };
    times.after(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("a time")
    }

    #[test]
    fn a_series_has_its_own_calendar_and_every_occurrence_counts() {
        let calendar = Calendar {
            from: Some(at("2025-11-15T00:00:00Z")),
            every: IsoDuration::parse("P3M"),
            ..Calendar::default()
        };
        let year = Window {
            from: at("2026-01-01T00:00:00Z"),
            until: at("2027-01-01T00:00:00Z"),
        };
        let days = |c: Calendar| c.spans(year).iter().map(|w| w.from.day()).collect::<Vec<_>>();
        assert_eq!(days(calendar), ["2026-02-15", "2026-05-15", "2026-08-15", "2026-11-15"]);
        let ended = Calendar {
            until: Some(at("2026-06-01T00:00:00Z")),
            ..calendar
        };
        assert_eq!(days(ended), ["2026-02-15", "2026-05-15"]);
        let once = Calendar {
            once: true,
            from: Some(at("2026-03-01T00:00:00Z")),
            ..calendar
        };
        assert_eq!(days(once), ["2026-03-01"]);
        let never = Calendar {
            every: IsoDuration::parse("PT0S"),
            ..calendar
        };
        assert_eq!(days(never), Vec::<String>::new(), "one occurrence, before the period");
        let odd = Calendar {
            from: Some(at("1995-01-01T00:00:00Z")),
            every: IsoDuration::parse("PT1S"),
            ..calendar
        };
        assert_eq!(odd.spans(year).len(), MOST as usize, "neither for ever nor for years");
        let month_ends = Calendar {
            from: Some(at("2026-01-31T00:00:00Z")),
            every: IsoDuration::parse("P1M"),
            ..calendar
        };
        let told = days(month_ends);
        assert_eq!(told[..3], ["2026-01-31", "2026-02-28", "2026-03-31"], "a short month does not shorten the next");
    }

    #[test]
    fn a_series_of_its_own_is_listed_and_one_without_a_beginning_is_told() {
        let mut access = AccessModel {
            as_of: at("2026-12-31T00:00:00Z"),
            ..AccessModel::default()
        };
        let series = ReviewSeries {
            name: "Owners of GRP Finance".into(),
            others: vec!["g1".into()],
            every: IsoDuration::parse("P6M"),
            recurrence_told: true,
            from: Some(at("2026-01-10T00:00:00Z")),
            ..ReviewSeries::default()
        };
        access.governance.series.insert("s1".into(), series.clone());
        access.governance.series.insert("s2".into(), ReviewSeries { from: None, ..series });
        access.review_decisions.push(ReviewDecision {
            id: "d1".into(),
            reviewer: Some(crate::model::PrincipalId::new("bo")),
            reviewed_at: Some(at("2026-01-12T00:00:00Z")),
            series: "s1".into(),
            ..ReviewDecision::default()
        });
        let year = Window {
            from: at("2026-01-01T00:00:00Z"),
            until: access.as_of,
        };
        let listed = occurrences(&access, year);
        let told: Vec<(&str, &str)> = listed.table.rows.iter().map(|r| (r[0].as_str(), r[12].as_str())).collect();
        assert_eq!(
            told,
            [
                ("s1|2026-01-10", "decided"),
                ("s1|2026-07-10", "no decision on record yet"),
                ("s2|", "cannot tell: its record does not tell when it begins"),
            ]
        );
    }
}
