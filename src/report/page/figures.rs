//! The answer in one sentence, and the numbers behind it, each with the way to its rows.

use super::number;
use crate::model::{Finding, Severity, Verdict};
use crate::report::charts::count;
use crate::report::{Review, open_points};

/// A number with the place of its rows.
pub struct Figure {
    /// The number.
    pub value: String,
    /// What is counted.
    pub label: String,
    /// Where the rows are.
    pub link: &'static str,
    /// Class of its colour; empty for plain ink.
    pub tone: &'static str,
}

fn of<'a>(review: &'a Review, verdict: Verdict) -> impl Iterator<Item = &'a Finding> {
    review.findings.iter().filter(move |f| f.result == verdict)
}

/// One sentence that a reader can act on.
pub fn answer(review: &Review) -> String {
    if review.sources.is_empty() && review.access.holdings.is_empty() {
        return "No conclusion is possible: the evidence store contains no source.".into();
    }
    let found = of(review, Verdict::Finding).count();
    let held = review.access.holdings.iter().filter(|h| h.held_at(review.as_of)).count();
    let start = match found {
        0 => format!("No check has a finding among {}", count(held, "current holding")),
        1 => format!("One finding needs a decision{} among {}", severities(review), count(held, "current holding")),
        _ => format!(
            "{} findings need a decision{} among {}",
            number(found),
            severities(review),
            count(held, "current holding")
        ),
    };
    let left = match of(review, Verdict::NotEvaluable).count() {
        0 => String::new(),
        1 => "; one subject could not be tested".into(),
        n => format!("; {} subjects could not be tested", number(n)),
    };
    // A headline without the state of its data would be read as complete.
    let state = open_points::state(&open_points::open_points(review));
    format!("{start}{left}. {}.", state.headline)
}

/// ` (12 high, 20 medium)`, highest severity first.
fn severities(review: &Review) -> String {
    let by = Severity::ALL
        .iter()
        .rev()
        .map(|s| (of(review, Verdict::Finding).filter(|f| f.severity == *s).count(), s));
    let parts: Vec<String> = by.filter(|(n, _)| *n > 0).map(|(n, s)| format!("{} {s}", number(n))).collect();
    format!(" ({})", parts.join(", "))
}

/// The key figures.
pub fn figures(review: &Review) -> Vec<Figure> {
    let held: Vec<_> = review.access.holdings.iter().filter(|h| h.held_at(review.as_of)).collect();
    let endless = held.iter().filter(|h| h.no_expiration).count();
    let mut holders: Vec<_> = held.iter().map(|h| &h.principal).collect();
    holders.sort_unstable();
    holders.dedup();
    let high = of(review, Verdict::Finding).filter(|f| f.severity == Severity::High).count();
    let excluded = review.excluded();
    // Nothing has no rows of its own to go to.
    let figure = |n: usize, label: &str, link: &'static str, tone: &'static str| {
        let link = match link {
            filter if n > 0 || !filter.starts_with("#f=verdict:") && !filter.starts_with("#f=severity:") => filter,
            "#f=verdict:not-evaluable" => "#unanswered",
            _ => "#findings",
        };
        Figure {
            value: number(n),
            label: label.to_string(),
            link,
            tone: if n == 0 { "" } else { tone },
        }
    };
    vec![
        figure(high, "findings of high severity", "#f=severity:high", "high"),
        figure(of(review, Verdict::Finding).count(), "findings that need a decision", "#f=verdict:finding", ""),
        figure(of(review, Verdict::Exception).count(), "accepted exceptions", "#f=verdict:exception", ""),
        figure(
            of(review, Verdict::NotEvaluable).count(),
            "subjects unable to test",
            "#f=verdict:not-evaluable",
            "medium",
        ),
        figure(
            held.len(),
            &format!("current holdings, by {}", count(holders.len(), "holder")),
            "#f=held:now",
            "",
        ),
        figure(endless, "current holdings with no end date", "#f=held:endless", ""),
        figure(excluded, "excluded records", "#excluded", "medium"),
    ]
}
