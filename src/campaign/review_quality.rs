//! How reviewers reviewed: a high share of keeps is health; with haste, one comment for all, or open findings it is not.

use crate::campaign::log::{Choice, DecidedBy};
use crate::campaign::model::ReviewerKey;
use crate::campaign::state::State;
use crate::model::Instant;
use crate::model::time::SECOND;
use std::collections::BTreeMap;

/// One reviewer's manner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewQuality {
    /// Who.
    pub reviewer: ReviewerKey,
    /// Decisions that persons took and that bind.
    pub decided: usize,
    /// Of them, to keep.
    pub kept: usize,
    /// Of the kept, those with an open finding.
    pub kept_with_findings: usize,
    /// How many carry the most frequent comment.
    pub same_comment: usize,
    /// Seconds from the first to the last decision, and how many tell their time; `None` when fewer than two do.
    pub pace: Option<(i64, usize)>,
    /// `finding`, `pass` or `not-evaluable`.
    pub verdict: &'static str,
    /// Why.
    pub because: String,
}

/// Fewer decisions than this say nothing about a manner.
const ENOUGH: usize = 50;
/// More than this many percent kept.
const SHARE: usize = 95;
/// So many decisions in so many seconds.
const HASTE: (usize, i64) = (200, 90);

/// A manner, its comments with their counts, and the times of its decisions.
type Seen<'a> = (ReviewQuality, BTreeMap<&'a str, usize>, Vec<Instant>);

/// The manner of every reviewer who decided something.
#[must_use]
pub fn review_quality(state: &State) -> Vec<ReviewQuality> {
    let mut by: BTreeMap<&str, Seen> = BTreeMap::new();
    for (index, item) in state.items.iter().enumerate() {
        let Some((_, entry)) = state.effective_decision(index).filter(|(_, d)| d.by == DecidedBy::Person) else {
            continue;
        };
        let (manner, comments, times) = by.entry(&entry.decided_by).or_default();
        manner.decided += 1;
        if entry.decision.choice == Choice::Keep {
            manner.kept += 1;
            manner.kept_with_findings += usize::from(!item.findings.is_empty());
        }
        if !entry.decision.justification.is_empty() {
            *comments.entry(&entry.decision.justification).or_default() += 1;
        }
        times.extend(entry.decided_at);
    }
    by.into_iter()
        .map(|(key, (mut manner, comments, mut times))| {
            manner.reviewer = ReviewerKey::new(key);
            manner.same_comment = comments.into_values().max().unwrap_or_default();
            times.sort();
            if let [first, .., last] = times.as_slice() {
                manner.pace = Some(((last.0 - first.0) / SECOND, times.len()));
            }
            let hasty = hasty(&times);
            (manner.verdict, manner.because) = judge(&manner, hasty);
            manner
        })
        .collect()
}

/// Whether some 200 decisions lie within 90 seconds, or all of fewer but enough do.
fn hasty(times: &[Instant]) -> bool {
    let (many, seconds) = HASTE;
    let window = many.min(times.len());
    window >= ENOUGH && times.windows(window).any(|w| w[window - 1].0 - w[0].0 <= seconds * SECOND)
}

fn judge(m: &ReviewQuality, hasty: bool) -> (&'static str, String) {
    if m.decided < ENOUGH {
        return ("not-evaluable", format!("{} decided; {ENOUGH} are needed to tell a manner", m.decided));
    }
    if m.kept * 100 <= m.decided * SHARE {
        return ("pass", format!("{} of {} kept, at most {SHARE} %", m.kept, m.decided));
    }
    let mut signs = Vec::new();
    if hasty {
        signs.push(format!("{} or more decisions within {} seconds", HASTE.0.min(m.decided), HASTE.1));
    }
    if m.same_comment * 100 >= m.decided * 90 {
        signs.push(format!("{} of {} carry the same comment", m.same_comment, m.decided));
    }
    if m.kept_with_findings > 0 {
        signs.push(format!("{} kept items have open findings", m.kept_with_findings));
    }
    let share = format!("{} of {} kept", m.kept, m.decided);
    match (signs.is_empty(), m.pace) {
        (false, _) => ("finding", format!("{share}, and {}", signs.join("; "))),
        (true, Some(_)) => ("pass", format!("{share}, with none of the signs of haste")),
        (true, None) => ("pass", format!("{share}, with no other sign; the sheets do not tell how fast")),
    }
}
