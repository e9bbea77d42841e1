//! Pictures of a campaign: who owes, who was fast and kept everything, and when decisions came.

use super::Progress;
use crate::campaign::ReviewerKey;
use crate::campaign::quality::Manner;
use crate::report::charts::bars::{self, Bar};
use crate::report::charts::canvas::{At, Drawing, Ink};
use crate::report::charts::font::fit;
use crate::report::charts::{Chart, count, thousands};
use std::collections::BTreeMap;

/// Reviewers in a picture; the table has more.
const SHOWN: usize = 18;
/// Decisions from which a reviewer is worth a point.
const ENOUGH: usize = 5;

/// All pictures, in order.
pub fn all(progress: &Progress, manners: &[Manner]) -> Vec<Chart> {
    vec![owing(progress), days(progress), speed(progress, manners)]
}

fn owing(progress: &Progress) -> Chart {
    let question = "Who still owes decisions?";
    let mut all: Vec<_> = progress
        .state
        .by_reviewer(progress.lapsed)
        .into_iter()
        .filter(|(_, t)| t.population > 0)
        .collect();
    all.sort_by(|(a, x), (b, y)| (y.owed(), y.population, a).cmp(&(x.owed(), x.population, b)));
    let owing = all.iter().filter(|(_, t)| t.owed() > 0).count();
    let owed: usize = all.iter().map(|(_, t)| t.owed()).sum();
    let caption = match owing {
        0 => format!("Nobody: all {} have done their part.", count(all.len(), "reviewer")),
        n => format!(
            "{} of {} owe {}{}.",
            thousands(n),
            count(all.len(), "reviewer"),
            count(owed, "decision"),
            if all.len() > SHOWN {
                format!("; the {SHOWN} who owe most are shown")
            } else {
                String::new()
            }
        ),
    };
    let bar = |(key, t): &(ReviewerKey, crate::campaign::Totals)| Bar {
        label: key.to_string(),
        parts: vec![(t.by_person.sum(), Ink::Main), (t.by_silence.sum(), Ink::Medium), (t.undecided, Ink::Info)],
    };
    let bars: Vec<Bar> = all.iter().take(SHOWN).map(bar).collect();
    let legend = [("by person", Ink::Main), ("by silence", Ink::Medium), ("undecided", Ink::Info)];
    Chart {
        id: "owing",
        question,
        finding: caption,
        drawing: (!bars.is_empty()).then(|| bars::draw("decisions", 170, &legend, &bars)),
        heads: vec!["reviewer", "by person", "by silence", "undecided"],
        rows: all
            .iter()
            .take(SHOWN)
            .map(|(key, t)| {
                vec![
                    key.to_string(),
                    thousands(t.by_person.sum()),
                    thousands(t.by_silence.sum()),
                    thousands(t.undecided),
                ]
            })
            .collect(),
        ..Chart::default()
    }
}

/// Binding decisions of persons by the day on which they were recorded.
fn days(progress: &Progress) -> Chart {
    let question = "When did decisions come in?";
    let mut days: BTreeMap<String, usize> = BTreeMap::new();
    for index in 0..progress.state.items.len() {
        if let Some((at, _)) = progress.state.binding(index).filter(|(_, d)| d.by == crate::campaign::DecidedBy::Person) {
            *days.entry(at.day()).or_default() += 1;
        }
    }
    let late = days
        .iter()
        .filter(|(day, _)| **day > progress.state.head.due_at.day())
        .map(|(_, n)| n)
        .sum::<usize>();
    let total: usize = days.values().sum();
    let caption = match (days.first_key_value(), days.last_key_value()) {
        (Some((first, _)), Some((last, _))) => format!(
            "{} on {} from {first} to {last}; {} after the day that was set at the opening, {}.",
            count(total, "decision"),
            count(days.len(), "day"),
            thousands(late),
            progress.state.head.due_at.day()
        ),
        _ => "No decision of a person has been imported yet.".to_string(),
    };
    let due = progress.state.head.due_at.day();
    let skipped = days.len().saturating_sub(SHOWN);
    let bars: Vec<Bar> = days
        .iter()
        .skip(skipped)
        .map(|(day, n)| Bar {
            label: day.clone(),
            parts: vec![(*n, if *day > due { Ink::Medium } else { Ink::Main })],
        })
        .collect();
    let legend = [("in time", Ink::Main), ("late", Ink::Medium)];
    Chart {
        id: "days",
        question,
        finding: caption,
        drawing: (!bars.is_empty()).then(|| bars::draw("decisions", 100, &legend, &bars)),
        heads: vec!["day", "decisions"],
        rows: days.iter().map(|(day, n)| vec![day.clone(), thousands(*n)]).collect(),
        ..Chart::default()
    }
}

const WIDTH: i32 = 900;
const HEIGHT: i32 = 330;
const LEFT: i32 = 64;
const RIGHT: i32 = 24;
const TOP: i32 = 18;
const BOTTOM: i32 = 52;
/// Marks of the axis of time, in seconds.
const MARKS: [(i64, &str); 7] = [
    (1, "1 s"),
    (3, "3 s"),
    (10, "10 s"),
    (30, "30 s"),
    (60, "1 min"),
    (300, "5 min"),
    (1_800, "30 min"),
];

/// REV-04: speed against the share that was kept; a high share alone is health.
fn speed(progress: &Progress, manners: &[Manner]) -> Chart {
    let question = "Who decided fast and kept everything?";
    let points: Vec<(&Manner, i64)> = manners.iter().filter(|m| m.decided >= ENOUGH).filter_map(|m| each(m).map(|s| (m, s))).collect();
    let hasty: Vec<_> = points.iter().filter(|(m, s)| is_hasty(m, *s)).collect();
    let without = manners.iter().filter(|m| m.decided >= ENOUGH && m.pace.is_none()).count();
    let caption = match (points.len(), hasty.len()) {
        (0, _) if progress.state.closing.is_some() => "Nobody can tell: no returned sheet says when each decision was taken.".to_string(),
        (0, _) => "Nobody can tell yet: no returned sheet says when each decision was taken (review.html does).".to_string(),
        (n, 0) => format!(
            "Of {} with known times, nobody kept more than 95 % in under 5 seconds each.",
            count(n, "reviewer")
        ),
        (n, hasty) => format!(
            "{} of {} with known times kept more than 95 % in under 5 seconds each; look at what they kept.",
            thousands(hasty),
            count(n, "reviewer")
        ),
    };
    let caption = if without == 0 || points.is_empty() {
        caption
    } else {
        format!("{caption} {} returned spreadsheets, which tell no times.", count(without, "reviewer"))
    };
    let drawing = (!points.is_empty()).then(|| draw(&points));
    Chart {
        id: "speed",
        question,
        finding: caption,
        drawing,
        heads: vec![
            "reviewer",
            "decisions",
            "kept",
            "kept in spite of a finding",
            "the same comment",
            "seconds each",
            "REV-04",
        ],
        rows: points
            .iter()
            .map(|(m, seconds)| {
                vec![
                    m.reviewer.to_string(),
                    thousands(m.decided),
                    format!("{} %", kept(m)),
                    thousands(m.kept_with_findings),
                    thousands(m.same_comment),
                    thousands(*seconds),
                    format!("{}: {}", m.verdict, m.because),
                ]
            })
            .collect(),
        wide: true,
        ..Chart::default()
    }
}

/// The picture of [`speed`].
fn draw(points: &[(&Manner, i64)]) -> Drawing {
    let mut pen = Drawing::new((WIDTH, HEIGHT));
    pen.rect((LEFT, level(100)), (across(5) - LEFT, level(95) - level(100)), Ink::Track);
    for share in [0, 25, 50, 75, 100] {
        pen.line((LEFT, level(share)), (WIDTH - RIGHT, level(share)), Ink::Grid);
        pen.words(&format!("{share} %"), (LEFT - 8, level(share)), At::End, Ink::Soft);
    }
    for (seconds, name) in MARKS {
        pen.line((across(seconds), TOP), (across(seconds), HEIGHT - BOTTOM), Ink::Grid);
        pen.words(name, (across(seconds), HEIGHT - BOTTOM + 16), At::Middle, Ink::Soft);
    }
    pen.words(
        "seconds from one decision to the next, on average",
        (WIDTH / 2, HEIGHT - 12),
        At::Middle,
        Ink::Soft,
    );
    pen.words("kept", (LEFT - 8, 6), At::End, Ink::Soft);
    for (m, seconds) in points {
        let (x, y) = (across(*seconds), level(i32::try_from(kept(m)).unwrap_or(100)));
        let hasty = is_hasty(m, *seconds);
        pen.rect((x - 4, y - 4), (8, 8), if hasty { Ink::High } else { Ink::Main });
        if hasty || points.len() <= 12 {
            pen.words(&fit(m.reviewer.as_str(), 150), (x + 9, y + 12), At::Start, Ink::Text);
        }
    }
    pen
}

/// Share kept, in percent rounded down.
fn kept(m: &Manner) -> usize {
    (m.kept * 100).checked_div(m.decided).unwrap_or(0)
}

/// Seconds from one decision to the next, on average, as far as the sheets tell times.
pub(super) fn each(m: &Manner) -> Option<i64> {
    let (seconds, times) = m.pace?;
    let steps = i64::try_from(times).ok()? - 1;
    (steps > 0).then(|| seconds / steps)
}

/// Worth a look: the area that the picture shades.
fn is_hasty(m: &Manner, seconds: i64) -> bool {
    seconds < 5 && kept(m) > 95
}

/// Where a number of seconds stands, on a scale on which each step of ten is as long.
fn across(seconds: i64) -> i32 {
    // From 1 s to 3,600 s, in thousandths of the logarithm: whole numbers, the same on every machine.
    let hundredths = hundredths_of_log(seconds.clamp(1, 3_600));
    let most = hundredths_of_log(3_600);
    LEFT + (WIDTH - LEFT - RIGHT) * hundredths / most
}

/// 100 times the logarithm to base 2, between powers of two in a straight line: near enough for a picture.
fn hundredths_of_log(n: i64) -> i32 {
    let whole = n.max(1).ilog2();
    let below = 1i64 << whole;
    let part = (n - below) * 100 / below;
    i32::try_from(i64::from(whole) * 100 + part).unwrap_or(0)
}

fn level(share: i32) -> i32 {
    TOP + (HEIGHT - TOP - BOTTOM) * (100 - share) / 100
}
