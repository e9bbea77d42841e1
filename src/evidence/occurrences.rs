//! Occurrences of review series: each that was due in the period, by the calendar of its own series, also where nobody decided.

use crate::evidence::campaign::asked::Campaigned;
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

const HEADER: [&str; 15] = [
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
    "items",
    "decisions",
    "reviewers",
    "done",
    "evidence",
];

/// When something happens.
#[derive(Debug, Clone, Copy, Default)]
struct Calendar {
    from: Option<Instant>,
    until: Option<Instant>,
    every: Option<IsoDuration>,
    once: bool,
    /// How long reviewers have.
    lasts: Option<IsoDuration>,
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
pub(super) fn occurrences(access: &AccessModel, period: Window, campaign: &Campaigned) -> Population {
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
    // The campaign of the bundle is a review with decisions, too; its items are in campaign/.
    if !campaign.id.is_empty() && period.from <= campaign.opened && campaign.opened < period.until.max(access.as_of.plus(1)) {
        lines.push(of_campaign(campaign));
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
            lasts: policy.review_lasts,
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
                lasts: series.lasts,
            },
            decisions: access.review_decisions.iter().filter(about).collect(),
        }
    })
}

/// Whether a person decided: who did not answer, or did not know, has not, and what the settings do then is nobody's decision.
#[must_use]
pub(super) fn is_decided(d: &ReviewDecision) -> bool {
    d.reviewer.is_some() && ["approve", "approved", "deny", "denied"].iter().any(|w| d.decision.eq_ignore_ascii_case(w))
}

/// The records of a span of time: decided in it, or, without a time of their own, of an instance that has such or begins in it.
#[must_use]
pub(super) fn of_span<'a>(access: &AccessModel, decisions: &[&'a ReviewDecision], span: Window) -> Vec<&'a ReviewDecision> {
    let within = |t: Instant| span.from <= t && t < span.until;
    let listed = access.governance.instances.iter().filter(|i| i.from.is_some_and(within)).map(|i| i.id);
    let told = decisions.iter().filter(|d| d.reviewed_at.is_some_and(within)).map(|d| d.instance);
    let instances: BTreeSet<Interned> = listed.chain(told).filter(|id| !id.is_empty()).collect();
    let here = |d: &&&ReviewDecision| match d.reviewed_at.or(d.applied_at) {
        _ if d.reviewed_at.is_none() && instances.contains(&d.instance) => true,
        at => at.is_some_and(within),
    };
    decisions.iter().filter(here).copied().collect()
}

fn occurrence(access: &AccessModel, series: &Series, span: Window, known: bool) -> (Member, Vec<String>) {
    let all = of_span(access, &series.decisions, span);
    let decided: Vec<&&ReviewDecision> = all.iter().filter(|d| is_decided(d)).collect();
    let over = series.calendar.lasts.map_or(span.until, |lasts| lasts.after(span.from).min(span.until));
    // That none is on record is no proof that none was taken: the service keeps decisions for a while only.
    let done = match (decided.len(), all.len()) {
        (0, 0) if !known => "cannot tell: no decisions of reviews are in the lake",
        (n, all) if n < all && access.as_of < over => "still running",
        (0, 0) if access.as_of < over => "no decision on record yet",
        (0, 0) => "no decision on record",
        (0, _) => "decided by nobody",
        (n, all) if n < all => "decided in part",
        _ => "decided",
    };
    row(access, series, Some(span), &all, done)
}

/// The row of a campaign of this program.
fn of_campaign(campaign: &Campaigned) -> (Member, Vec<String>) {
    let done = match campaign.decided {
        n if n == campaign.items => "decided",
        _ if campaign.closed.is_none() => "still running",
        0 => "decided by nobody",
        _ => "decided in part",
    };
    let id = format!("{}|{}", campaign.id, campaign.opened.day());
    let cells = vec![
        id.clone(),
        done.to_string(),
        "0".into(),
        "campaign".into(),
        String::new(),
        String::new(),
        campaign.name.clone(),
        campaign.opened.to_string(),
        campaign.closed.unwrap_or(campaign.due).to_string(),
        String::new(),
        campaign.items.to_string(),
        campaign.decided.to_string(),
        campaign.reviewers.to_string(),
        done.to_string(),
        String::new(),
    ];
    let member = Member {
        back: 0,
        stratum: done.into(),
        id,
    };
    (member, cells)
}

fn undated(access: &AccessModel, series: &Series) -> (Member, Vec<String>) {
    row(access, series, None, &[], "cannot tell: its record does not tell when it begins")
}

fn row(access: &AccessModel, series: &Series, span: Option<Window>, all: &[&ReviewDecision], done: &str) -> (Member, Vec<String>) {
    let decided: Vec<&&ReviewDecision> = all.iter().filter(|d| is_decided(d)).collect();
    let reviewers: BTreeSet<_> = decided.iter().filter_map(|d| d.reviewer.as_ref()).collect();
    let evidence: Vec<String> = all.iter().map(|d| format!("review_decisions:{}", d.id)).collect();
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
        all.len().to_string(),
        decided.len().to_string(),
        reviewers.len().to_string(),
        done.to_string(),
        evidence.join(";"),
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
            decision: "Approve".into(),
            reviewer: Some(crate::model::PrincipalId::new("bo")),
            reviewed_at: Some(at("2026-01-12T00:00:00Z")),
            series: "s1".into(),
            ..ReviewDecision::default()
        });
        let year = Window {
            from: at("2026-01-01T00:00:00Z"),
            until: access.as_of,
        };
        let listed = occurrences(&access, year, &Campaigned::default());
        let told: Vec<(&str, &str)> = listed.table.rows.iter().map(|r| (r[0].as_str(), r[13].as_str())).collect();
        assert_eq!(
            told,
            [
                ("s1|2026-01-10", "decided"),
                ("s1|2026-07-10", "no decision on record yet"),
                ("s2|", "cannot tell: its record does not tell when it begins"),
            ]
        );
    }

    #[test]
    fn an_occurrence_is_as_much_decided_as_its_items_and_over_when_reviewers_have_no_more_time() {
        let decision = |id: &str, instance: &str, word: &str, person: bool| ReviewDecision {
            id: id.into(),
            decision: word.into(),
            reviewer: person.then(|| crate::model::PrincipalId::new("bo")),
            reviewed_at: (word != "NotReviewed").then(|| at("2026-01-12T00:00:00Z")),
            applied_at: Some(at("2026-01-20T00:00:00Z")),
            instance: instance.into(),
            series: instance.into(),
            ..ReviewDecision::default()
        };
        let mut access = AccessModel {
            as_of: at("2026-06-30T00:00:00Z"),
            ..AccessModel::default()
        };
        for (name, words) in [
            ("all", &[("Approve", true), ("Deny", true)][..]),
            ("part", &[("Approve", true), ("NotReviewed", false), ("NotReviewed", false)]),
            ("none", &[("NotReviewed", false), ("NotReviewed", false)]),
            ("unsure", &[("DontKnow", true), ("DontKnow", true)]),
            ("service", &[("Approve", false), ("Deny", false)]),
        ] {
            let series = ReviewSeries {
                others: vec!["g1".into()],
                every: IsoDuration::parse("P3M"),
                recurrence_told: true,
                from: Some(at("2026-01-10T00:00:00Z")),
                lasts: IsoDuration::parse("P14D"),
                ..ReviewSeries::default()
            };
            access.governance.series.insert(name.into(), series);
            for (n, (word, person)) in words.iter().enumerate() {
                access.review_decisions.push(decision(&format!("{name}{n}"), name, word, *person));
            }
        }
        let half = Window {
            from: at("2026-01-01T00:00:00Z"),
            until: access.as_of,
        };
        let listed = occurrences(&access, half, &Campaigned::default());
        let told: Vec<(&str, &str, &str, &str)> = listed
            .table
            .rows
            .iter()
            .map(|r| (r[0].as_str(), r[10].as_str(), r[11].as_str(), r[13].as_str()))
            .collect();
        let second = |name: &'static str| (name, "0", "0", "no decision on record");
        assert_eq!(
            told,
            [
                ("all|2026-01-10", "2", "2", "decided"),
                second("all|2026-04-10"),
                ("none|2026-01-10", "2", "0", "decided by nobody"),
                second("none|2026-04-10"),
                ("part|2026-01-10", "3", "1", "decided in part"),
                second("part|2026-04-10"),
                ("service|2026-01-10", "2", "0", "decided by nobody"),
                second("service|2026-04-10"),
                ("unsure|2026-01-10", "2", "0", "decided by nobody"),
                second("unsure|2026-04-10"),
            ],
            "nothing can come any more of what began in April"
        );
    }
}
