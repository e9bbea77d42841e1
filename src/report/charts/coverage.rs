//! What the sources cover of the period: a strip of days for each log, and the snapshots.

use super::canvas::{At, Drawing, Ink};
use super::font::fit;
use super::{Chart, count};
use crate::ledger::access_model::Covered;
use crate::model::time::DAY;
use crate::model::{Instant, Window};
use crate::report::Review;
use std::collections::BTreeMap;

const WIDTH: i32 = 1120;
const LEFT: i32 = 240;
const RIGHT: i32 = 24;
const TOP: i32 = 40;
const STEP: i32 = 32;
const THICK: i32 = 18;

/// How a day is witnessed, from the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Day {
    Proven,
    Asserted,
    Inferred,
    Gap,
    None,
}

impl Day {
    const LEGEND: [(&'static str, Ink); 5] = [
        ("proven", Ink::Main),
        ("asserted", Ink::Low),
        ("inferred, or in part", Ink::Pale),
        ("gap", Ink::Medium),
        ("not covered", Ink::Track),
    ];

    fn shown(self) -> (&'static str, Ink) {
        Self::LEGEND[self as usize]
    }
}

struct Strip {
    name: String,
    days: Vec<Day>,
}

/// The chart.
pub fn chart(review: &Review) -> Chart {
    let period = review.period;
    let days = days_of(period);
    let mut chart = Chart {
        id: "chart-coverage",
        question: "What do the sources cover?",
        wide: true,
        ..Chart::default()
    };
    if days == 0 {
        chart.finding = "The period is empty, so there is no day to cover.".into();
        return chart;
    }
    if review.access.coverage.is_empty() && review.snapshots.is_empty() {
        chart.finding = "Neither a log nor a snapshot of the directory was collected; without them nothing can be proven.".into();
        return chart;
    }
    let strips: Vec<Strip> = review
        .access
        .coverage
        .iter()
        .map(|(name, c)| Strip {
            name: name.clone(),
            days: (0..days).map(|d| of_day(c, day(period, d))).collect(),
        })
        .collect();
    let snapshots = snapshots(review);
    chart.finding = finding(&strips, days);
    chart.caption = caption(&strips, &snapshots, days);
    chart.drawing = Some(draw(period, days, &strips, &snapshots));
    chart.heads = vec!["source", "from", "until", "how"];
    chart.rows = strips
        .iter()
        .flat_map(|s| runs(&s.days).into_iter().map(|(a, b, how)| line(&s.name, period, a, b, how.shown().0)))
        .collect();
    chart.rows.extend(
        snapshots
            .iter()
            .map(|(d, (n, complete))| line("snapshots", period, *d, d + 1, &format!("{}, {complete} complete", count(*n, "snapshot")))),
    );
    chart
}

fn line(name: &str, period: Window, from: i64, until: i64, how: &str) -> Vec<String> {
    vec![
        name.to_string(),
        day(period, from).from.day(),
        day(period, until - 1).from.day(),
        how.to_string(),
    ]
}

fn days_of(period: Window) -> i64 {
    let last = period.until.plus(-1);
    if last < period.from {
        0
    } else {
        start(last).days_since(start(period.from)) + 1
    }
}

fn start(at: Instant) -> Instant {
    Instant(at.0.div_euclid(DAY) * DAY)
}

/// The part of the calendar day that lies in the period.
fn day(period: Window, n: i64) -> Window {
    let first = start(period.from).plus(n.saturating_mul(DAY));
    Window {
        from: first.max(period.from),
        until: first.plus(DAY).min(period.until),
    }
}

/// A gap that has a time outweighs proof, since something of that day is lost.
fn of_day(covered: &Covered, day: Window) -> Day {
    let gap = covered.gaps.iter().any(|(w, _)| w.is_some_and(|w| w.from < day.until && day.from < w.until));
    if gap {
        Day::Gap
    } else if covered.proven.iter().any(|w| w.contains(&day)) {
        Day::Proven
    } else if covered.attested_spans(day) {
        Day::Asserted
    } else if covered.any.iter().any(|w| w.from < day.until && day.from < w.until) {
        Day::Inferred
    } else {
        Day::None
    }
}

/// Looks by day of the period: how many, and how many complete.
fn snapshots(review: &Review) -> BTreeMap<i64, (usize, usize)> {
    let mut by_day: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for s in review
        .snapshots
        .iter()
        .filter(|s| review.period.from <= s.observed_at && s.observed_at < review.period.until.plus(1))
    {
        let entry = by_day
            .entry(start(s.observed_at).days_since(start(review.period.from)).min(days_of(review.period) - 1))
            .or_default();
        entry.0 += 1;
        entry.1 += usize::from(s.complete != "no");
    }
    by_day
}

fn runs(days: &[Day]) -> Vec<(i64, i64, Day)> {
    let mut runs: Vec<(i64, i64, Day)> = Vec::new();
    for (n, how) in (0..).zip(days) {
        match runs.last_mut() {
            Some(last) if last.2 == *how => last.1 = n + 1,
            _ => runs.push((n, n + 1, *how)),
        }
    }
    runs
}

/// The worst first: a gap, else the log that is attested least.
fn finding(strips: &[Strip], days: i64) -> String {
    let of = |s: &Strip, how: Day| s.days.iter().filter(|d| **d == how).count();
    let vouched = |s: &Strip| of(s, Day::Proven) + of(s, Day::Asserted);
    let gapped = strips
        .iter()
        .map(|s| (of(s, Day::Gap), s))
        .max_by_key(|(n, s)| (*n, std::cmp::Reverse(&s.name)));
    let least = strips.iter().map(|s| (vouched(s), s)).min_by_key(|(n, s)| (*n, &s.name));
    match (gapped, least) {
        (Some((n, s)), _) if n > 0 => format!("{} has a gap on {} of the {days} days of the period.", s.name, super::thousands(n)),
        (_, Some((n, _))) if n == whole(days) => format!("Every log is proven or asserted to be complete on all {days} days of the period."),
        (_, Some((0, s))) => format!(
            "{} is neither proven nor asserted to be complete on any of the {days} days of the period.",
            s.name
        ),
        (_, Some((n, s))) => format!(
            "{} is proven or asserted to be complete on {} of the {days} days of the period.",
            s.name,
            super::thousands(n)
        ),
        (_, None) => "No log was collected: only snapshots of the directory.".into(),
    }
}

fn whole(days: i64) -> usize {
    usize::try_from(days).unwrap_or(usize::MAX)
}

fn caption(strips: &[Strip], snapshots: &BTreeMap<i64, (usize, usize)>, days: i64) -> String {
    let mut parts: Vec<String> = strips
        .iter()
        .map(|s| {
            let of = |how: Day| s.days.iter().filter(|d| **d == how).count();
            let (proven, asserted) = (of(Day::Proven), of(Day::Asserted));
            let inferred = s.days.iter().filter(|d| **d == Day::Inferred).count();
            let more = if inferred > 0 {
                format!(" and by inference or in part on {inferred}")
            } else {
                String::new()
            };
            format!("{} is proven on {proven} and asserted on {asserted} of {days} days{more}", s.name)
        })
        .collect();
    let seen: usize = snapshots.values().map(|(n, _)| n).sum();
    let incomplete = seen - snapshots.values().map(|(_, complete)| complete).sum::<usize>();
    let pale = if incomplete > 0 {
        format!(", {incomplete} of them incomplete and drawn pale")
    } else {
        String::new()
    };
    parts.push(if seen == 0 {
        "no snapshot of the directory falls into the period".into()
    } else {
        format!("{} of the directory on {}{pale}", count(seen, "snapshot"), count(snapshots.len(), "day"))
    });
    parts.join("; ") + "."
}

fn draw(period: Window, days: i64, strips: &[Strip], snapshots: &BTreeMap<i64, (usize, usize)>) -> Drawing {
    let x = |d: i64| LEFT + i32::try_from(d * i64::from(WIDTH - LEFT - RIGHT) / days).unwrap_or(0);
    let mut pen = Drawing::new((WIDTH, 0));
    pen.legend(LEFT, &Day::LEGEND);
    let mut y = TOP;
    for strip in strips {
        pen.words(&fit(&strip.name, LEFT - 14), (LEFT - 12, y + THICK / 2 + 1), At::End, Ink::Text);
        for (from, until, how) in runs(&strip.days) {
            pen.rect((x(from), y), ((x(until) - x(from)).max(1), THICK), how.shown().1);
        }
        y += STEP;
    }
    pen.words("snapshots of the directory", (LEFT - 12, y + THICK / 2 + 1), At::End, Ink::Text);
    pen.line((LEFT, y + THICK / 2), (x(days), y + THICK / 2), Ink::Grid);
    for (d, (n, complete)) in snapshots {
        let ink = if complete == n { Ink::Main } else { Ink::Pale };
        let middle = (x(*d) + x(d + 1)) / 2;
        pen.rect((middle - 2, y), (4, THICK), ink);
    }
    axis(&mut pen, period, days, y + STEP, &x);
    pen.words("days, UTC", (LEFT - 12, y + STEP + 10), At::End, Ink::Soft);
    pen.size.1 = y + STEP + 26;
    pen
}

/// The first of each month, as many as there is room for.
fn axis(pen: &mut Drawing, period: Window, days: i64, y: i32, x: &dyn Fn(i64) -> i32) {
    let mut free = 0;
    for d in 0..days {
        let date = day(period, d).from.day();
        if !date.ends_with("-01") && d != 0 {
            continue;
        }
        let at = x(d);
        let label = if d == 0 { date.clone() } else { date.get(..7).unwrap_or(&date).to_string() };
        let half = super::font::width(&label) / 2;
        if at < free || at + half > WIDTH {
            continue;
        }
        pen.line((at, y - 6), (at, y - 1), Ink::Soft);
        pen.words(&label, (at, y + 10), if d == 0 { At::Start } else { At::Middle }, Ink::Soft);
        free = at + if d == 0 { 2 * half + 40 } else { 2 * half + 6 };
    }
}
