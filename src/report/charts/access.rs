//! How many people held each of the largest packages, week by week.

use super::bars::ticks;
use super::canvas::{At, Drawing, Ink};
use super::font::fit;
use super::{Chart, count, thousands};
use crate::model::time::DAY;
use crate::model::{EntitlementKind, Instant};
use crate::report::Review;
use std::collections::BTreeMap;

const ID: &str = "chart-access";
const QUESTION: &str = "How has access grown, by package?";
/// Packages with a line of their own: as many as there are colours that everybody can tell apart.
const LINES: usize = 6;
const WIDTH: i32 = 1120;
const LEFT: i32 = 64;
const RIGHT: i32 = 300;
const TOP: i32 = 14;
const TALL: i32 = 250;
const WEEK: i64 = 7 * DAY;

struct Line<'a> {
    name: &'a str,
    id: &'a str,
    held: Vec<usize>,
}

/// The chart: holdings that are proved at the end of each week of the period.
pub fn chart(review: &Review) -> Chart {
    let weeks = weeks(review.period.from, review.as_of);
    let mut steps: BTreeMap<&str, (&str, Vec<i64>)> = BTreeMap::new();
    for h in review.access.holdings.iter().filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage) {
        let Some(begun) = h.from_latest.or(h.held_from) else { continue };
        let first = weeks.partition_point(|w| *w < begun);
        let after = h.held_until.map_or(weeks.len(), |end| weeks.partition_point(|w| *w < end));
        if first < after {
            let entry = steps
                .entry(&h.entitlement.id)
                .or_insert_with(|| (&h.entitlement_name, vec![0; weeks.len() + 1]));
            entry.1[first] += 1;
            entry.1[after] -= 1;
        }
    }
    let mut lines: Vec<Line> = steps.into_iter().map(|(id, (name, steps))| Line { name, id, held: sums(&steps) }).collect();
    if lines.is_empty() {
        return Chart::silent(ID, QUESTION, "No holding of a package falls into the period.");
    }
    lines.sort_by_key(|l| (std::cmp::Reverse(l.held.last().copied()), std::cmp::Reverse(l.held.iter().max().copied()), l.id));
    let rest = lines.len().saturating_sub(LINES);
    let shown = &lines[..lines.len().min(LINES)];
    let change = |l: &Line| {
        let ends = |v: Option<&usize>| v.map_or(0, |n| i64::try_from(*n).unwrap_or(i64::MAX));
        ends(l.held.last()) - ends(l.held.first())
    };
    let most = lines.iter().max_by_key(|l| (change(l), std::cmp::Reverse(l.id)));
    let finding = match most {
        Some(l) if change(l) > 0 => {
            let ends = |v: Option<&usize>| thousands(v.copied().unwrap_or(0));
            format!("{} grew most: from {} to {} in the period.", l.name, ends(l.held.first()), ends(l.held.last()))
        }
        _ => "No package has more holders now than at the beginning of the period.".into(),
    };
    let more = if rest > 0 {
        format!(" {} more in the table.", count(rest, "package"))
    } else {
        String::new()
    };
    Chart {
        id: ID,
        question: QUESTION,
        finding,
        caption: format!("Proven holdings at the end of each week; packages with the most current holders.{more}"),
        drawing: Some(draw(&weeks, shown)),
        heads: vec!["package", "id", "at the beginning", "most", "now"],
        rows: lines
            .iter()
            .take(200)
            .map(|l| {
                let number = |v: Option<&usize>| v.copied().unwrap_or(0).to_string();
                vec![
                    l.name.to_string(),
                    l.id.to_string(),
                    number(l.held.first()),
                    number(l.held.iter().max()),
                    number(l.held.last()),
                ]
            })
            .collect(),
        wide: true,
    }
}

/// Week by week back from the instant of the questions, to the first in the period; at least two.
fn weeks(from: Instant, as_of: Instant) -> Vec<Instant> {
    let mut weeks = vec![as_of];
    while let Some(last) = weeks.last().copied()
        && weeks.len() < 60
        && (last.plus(-WEEK) >= from || weeks.len() < 2)
    {
        weeks.push(last.plus(-WEEK));
    }
    weeks.reverse();
    weeks
}

fn sums(steps: &[i64]) -> Vec<usize> {
    let mut now = 0i64;
    let sum = |step: &i64| {
        now += step;
        usize::try_from(now).unwrap_or(0)
    };
    steps[..steps.len().saturating_sub(1)].iter().map(sum).collect()
}

fn draw(weeks: &[Instant], lines: &[Line]) -> Drawing {
    let most = lines.iter().flat_map(|l| &l.held).max().copied().unwrap_or(0).max(1);
    let across = WIDTH - LEFT - RIGHT;
    let last = i32::try_from(weeks.len() - 1).unwrap_or(1).max(1);
    let x = |n: usize| LEFT + i32::try_from(n).unwrap_or(0) * across / last;
    let y = |n: usize| TOP + TALL - super::bars::share(n, most, TALL);
    let mut pen = Drawing::new((WIDTH, TOP + TALL + 40));
    for tick in ticks(most, 4) {
        pen.line((LEFT, y(tick)), (LEFT + across, y(tick)), Ink::Grid);
        pen.words(&thousands(tick), (LEFT - 10, y(tick)), At::End, Ink::Soft);
    }
    let mut free = 0;
    for (n, week) in weeks.iter().enumerate() {
        let label = week.day();
        let half = super::font::width(&label) / 2;
        if x(n) - half >= free && x(n) + half <= LEFT + across + half {
            pen.line((x(n), TOP + TALL), (x(n), TOP + TALL + 5), Ink::Soft);
            pen.words(&label, (x(n), TOP + TALL + 17), At::Middle, Ink::Soft);
            free = x(n) + half + 24;
        }
    }
    pen.words(
        "holders; ends of weeks, UTC",
        (LEFT + across + 14 + super::font::width("2026-01-31") / 2, TOP + TALL + 17),
        At::Start,
        Ink::Soft,
    );
    // Names stand at the ends of their lines, moved apart where lines meet.
    let mut ends: Vec<(i32, usize)> = lines.iter().enumerate().map(|(n, l)| (y(l.held.last().copied().unwrap_or(0)), n)).collect();
    ends.sort_unstable();
    let mut lowest = TOP - 8;
    for (at, n) in ends {
        let line = &lines[n];
        let ink = Ink::Line(n);
        pen.path(line.held.iter().enumerate().map(|(w, held)| (x(w), y(*held))).collect(), ink);
        pen.dot((x(weeks.len() - 1), at), 4, ink);
        let place = at.max(lowest + 18);
        lowest = place;
        pen.rect((LEFT + across + 14, place - 5), (10, 10), ink);
        let amount = thousands(line.held.last().copied().unwrap_or(0));
        let name = fit(line.name, RIGHT - 44 - super::font::width(&amount));
        pen.words(&format!("{name}  {amount}"), (LEFT + across + 30, place), At::Start, Ink::Text);
    }
    pen.size.1 = pen.size.1.max(lowest + 14);
    pen
}
