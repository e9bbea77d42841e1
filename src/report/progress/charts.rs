//! Charts of a campaign: who owes, who was fast and kept everything, and when decisions came.

use super::Progress;
use crate::campaign::ReviewerKey;
use crate::campaign::due::day_of;
use crate::campaign::review_quality::ReviewQuality;
use crate::model::time::SECOND;
use crate::report::charts::bars::{self, Bar};
use crate::report::charts::canvas::Ink;
use crate::report::charts::reviewers::{self, Reviewer};
use crate::report::charts::{Chart, count, thousands};
use std::collections::BTreeMap;

/// Reviewers in a picture; the table has more.
const SHOWN: usize = 18;
/// Decisions from which a reviewer is worth a point.
const ENOUGH: usize = 5;

/// All charts, in order.
pub fn all(progress: &Progress, review_quality: &[ReviewQuality]) -> Vec<Chart> {
    vec![owing(progress), days(progress), speed(progress, review_quality)]
}

fn owing(progress: &Progress) -> Chart {
    let closed = progress.state.closing.is_some();
    let question = if closed { "Who answered?" } else { "Who still owes decisions?" };
    let mut all: Vec<_> = progress
        .state
        .by_reviewer(progress.lapsed)
        .into_iter()
        .filter(|(_, t)| t.population > 0)
        .collect();
    all.sort_by(|(a, x), (b, y)| (y.owed(), y.population, a).cmp(&(x.owed(), x.population, b)));
    let owing = all.iter().filter(|(_, t)| t.owed() > 0).count();
    let owed: usize = all.iter().map(|(_, t)| t.owed()).sum();
    let silence: usize = all.iter().map(|(_, t)| t.by_silence.sum()).sum();
    let undecided: usize = all.iter().map(|(_, t)| t.undecided).sum();
    let caption = match owing {
        _ if closed => {
            let left = if undecided > 0 {
                format!(", and {} stayed undecided", thousands(undecided))
            } else {
                String::new()
            };
            match silence {
                0 => format!("It is closed: every item had a response{left}."),
                n => format!("It is closed: no response came about {}{left}.", count(n, "item")),
            }
        }
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
    let legend = [("by person", Ink::Main), ("no response", Ink::Medium), ("undecided", Ink::Info)];
    Chart {
        id: "owing",
        question,
        drawing: (!bars.is_empty()).then(|| bars::draw("items", 170, &legend, &bars)),
        finding: caption,
        heads: vec!["reviewer", "by person", "no response", "undecided"],
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
        if let Some((at, entry)) = progress
            .state
            .effective_decision(index)
            .filter(|(_, d)| d.by == crate::campaign::DecidedBy::Person)
        {
            // An adopted review came in all at once: Entra tells when each decision was taken.
            let taken = entry.decided_at.filter(|_| progress.state.head.entra_instance.is_some());
            *days.entry(taken.unwrap_or(*at).day()).or_default() += 1;
        }
    }
    let due = day_of(progress.state.head.due_at, progress.state.zone());
    let late = days.iter().filter(|(day, _)| **day > due).map(|(_, n)| n).sum::<usize>();
    let total: usize = days.values().sum();
    let caption = match (days.first_key_value(), days.last_key_value()) {
        (Some((first, _)), Some((last, _))) => format!(
            "{} on {} from {first} to {last}; {} after the day that was set at the opening, {}.",
            count(total, "decision"),
            count(days.len(), "day"),
            thousands(late),
            due
        ),
        _ => "No decision of a person has been imported yet.".to_string(),
    };
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
        drawing: (!bars.is_empty()).then(|| bars::draw("items", 100, &legend, &bars)),
        finding: caption,
        heads: vec!["day", "decisions"],
        rows: days.iter().map(|(day, n)| vec![day.clone(), thousands(*n)]).collect(),
        ..Chart::default()
    }
}

/// Speed against the share that was kept; a high share alone is health.
fn speed(progress: &Progress, review_quality: &[ReviewQuality]) -> Chart {
    let known = |m: &&ReviewQuality| m.decided >= ENOUGH;
    let points: Vec<(&ReviewQuality, Reviewer)> = review_quality.iter().filter(known).filter_map(|m| each(m).map(|s| (m, point(m, s)))).collect();
    let fast = points.iter().filter(|(_, r)| r.in_question()).count();
    let without = review_quality.iter().filter(known).filter(|m| m.pace.is_none()).count();
    let finding = match (points.len(), fast) {
        (0, _) if review_quality.iter().any(|m| m.pace.is_some()) && !review_quality.iter().any(|m| known(&m)) => {
            format!("No reviewer has decided {ENOUGH} items: too few to tell a pace.")
        }
        (0, _) if progress.state.closing.is_some() => "Nobody can tell: no returned sheet says when each decision was taken.".to_string(),
        (0, _) => "Nobody can tell yet: no returned sheet says when each decision was taken (review.html does).".to_string(),
        (n, 0) => format!("None of {} kept nearly all at a pace too fast to read.", count(n, "reviewer")),
        (n, fast) => format!("{} of {} kept nearly all at a pace too fast to read.", thousands(fast), count(n, "reviewer")),
    };
    let caption = match without {
        0 => String::new(),
        n => format!("{} returned spreadsheets, which tell no times.", count(n, "reviewer")),
    };
    let rows = points
        .iter()
        .map(|(m, r)| {
            vec![
                r.name.clone(),
                thousands(r.decisions),
                format!("{} %", r.share()),
                thousands(m.kept_with_findings),
                thousands(m.same_comment),
                thousands(r.pace / SECOND),
                format!("{}: {}", m.verdict, m.because),
            ]
        })
        .collect();
    let drawn: Vec<Reviewer> = points.into_iter().map(|(_, r)| r).collect();
    Chart {
        id: "speed",
        question: "Who decided fast and kept everything?",
        finding,
        caption,
        drawing: (!drawn.is_empty()).then(|| reviewers::draw(&drawn)),
        heads: vec![
            "reviewer",
            "decisions",
            "kept",
            "kept in spite of a finding",
            "the same comment",
            "seconds each",
            "in question",
        ],
        rows,
        wide: true,
    }
}

fn point(m: &ReviewQuality, seconds: i64) -> Reviewer {
    Reviewer {
        name: m.reviewer.to_string(),
        decisions: m.decided,
        kept: m.kept,
        pace: seconds * SECOND,
    }
}

/// Seconds from one decision to the next, on average, as far as the sheets tell times.
pub(super) fn each(m: &ReviewQuality) -> Option<i64> {
    let (seconds, times) = m.pace?;
    let steps = i64::try_from(times).ok()? - 1;
    (steps > 0).then(|| seconds / steps)
}
