//! What to decide, in order: the checks with the most severe findings, each with the advice and the way to its rows.

use super::found::Group;
use crate::model::Severity;
use crate::report::charts::thousands;

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

/// The most severe first, and how many checks more have findings.
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
