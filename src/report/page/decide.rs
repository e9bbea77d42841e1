//! What to decide, in order: the checks with the heaviest findings, each with the advice and the way to its rows.

use super::found::Group;
use crate::model::Severity;
use crate::report::Review;
use crate::report::charts::{count, thousands};

/// Decisions that the first page names.
const NAMED: usize = 6;

/// Something to decide.
pub struct Decision {
    pub check: String,
    pub severity: Severity,
    pub amount: String,
    pub title: String,
    /// The first sentence of the advice.
    pub advice: String,
}

/// The heaviest first, and how many checks more have findings.
pub fn decisions(groups: &[Group]) -> (Vec<Decision>, usize) {
    let open: Vec<&Group> = groups.iter().filter(|g| g.open > 0).collect();
    let one = |g: &&Group| Decision {
        check: g.id.clone(),
        severity: g.severity,
        amount: thousands(g.open),
        title: g.title.clone(),
        advice: first_sentence(&g.what_to_do),
    };
    (open.iter().take(NAMED).map(one).collect(), open.len().saturating_sub(NAMED))
}

fn first_sentence(text: &str) -> String {
    let line = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    line.split_once(". ").map_or(line.clone(), |(first, _)| format!("{first}."))
}

/// In one sentence, what the answers rest on.
pub fn grounds(review: &Review) -> String {
    let logs = review.access.coverage.len();
    let whole = review.access.coverage.values().filter(|c| c.attested_spans(review.period)).count();
    let complete = review.snapshots.iter().filter(|s| s.complete != "no").count();
    if logs == 0 && review.snapshots.is_empty() {
        return "Neither a log nor a look at the directory is in the lake.".into();
    }
    let logs = match logs {
        0 => "No log is in the lake".to_string(),
        _ => format!("{} of {} vouched for over the whole period", thousands(whole), count(logs, "log")),
    };
    let missed = match review.access.collection_gaps.len() {
        0 => String::new(),
        n => format!("; something of {} is missing", count(n, "collection")),
    };
    format!(
        "{logs}; {} of {} at the directory complete{missed}.",
        thousands(complete),
        count(review.snapshots.len(), "look")
    )
}
