//! How surely the ledger knows when access began and ended.

use super::bars::{self, Bar};
use super::canvas::Ink;
use super::{Chart, count, thousands};
use crate::model::{Certainty, EntitlementKind};
use crate::report::Review;

const ID: &str = "chart-certainty";
const QUESTION: &str = "How exact are start and end dates?";
const ORDER: [(Certainty, Ink, &str); 5] = [
    (Certainty::Exact, Ink::Main, "exact"),
    (Certainty::Open, Ink::Low, "open (current)"),
    (Certainty::Bounded, Ink::Pale, "bounded"),
    (Certainty::Scheduled, Ink::Medium, "scheduled"),
    (Certainty::Unknown, Ink::Info, "unknown"),
];

/// The chart.
pub fn chart(review: &Review) -> Chart {
    let mut counts = vec![[0usize; ORDER.len()]; EntitlementKind::ALL.len() * 2];
    let place = |c: Certainty| ORDER.iter().position(|(o, ..)| *o == c).unwrap_or(ORDER.len() - 1);
    for h in &review.access.holdings {
        let kind = EntitlementKind::ALL.iter().position(|k| *k == h.entitlement.kind).unwrap_or(0);
        counts[2 * kind][place(h.from_certainty)] += 1;
        counts[2 * kind + 1][place(h.until_certainty)] += 1;
    }
    let total = review.access.holdings.len();
    if total == 0 {
        return Chart::silent(ID, QUESTION, "No holding is on record.");
    }
    let exact: usize = counts.iter().step_by(2).map(|c| c[0]).sum();
    let unknown: usize = counts.iter().step_by(2).map(|c| c[4]).sum();
    let label = |n: usize| {
        format!(
            "{}, {}",
            EntitlementKind::ALL[n / 2].as_str().replace('_', " "),
            if n.is_multiple_of(2) { "start" } else { "end" }
        )
    };
    let told = || counts.iter().enumerate().filter(|(_, c)| c.iter().sum::<usize>() > 0);
    let bars: Vec<Bar> = told()
        .map(|(n, c)| Bar {
            label: label(n),
            parts: c.iter().copied().zip(ORDER.map(|(_, ink, _)| ink)).collect(),
        })
        .collect();
    let legend: Vec<(&str, Ink)> = ORDER
        .iter()
        .enumerate()
        .filter(|(i, _)| counts.iter().any(|c| c[*i] > 0))
        .map(|(_, (_, ink, name))| (*name, *ink))
        .collect();
    Chart {
        id: ID,
        question: QUESTION,
        finding: format!("{} of {} have a start that a log event proves.", thousands(exact), count(total, "holding")),
        caption: format!(
            "For {} the start lies before the first evidence or in a gap. Bounded means between two observations.",
            thousands(unknown)
        ),
        drawing: Some(bars::draw("holdings", 190, &legend, &bars)),
        heads: std::iter::once("kind").chain(ORDER.map(|(.., name)| name)).collect(),
        rows: told()
            .map(|(n, c)| std::iter::once(label(n)).chain(c.iter().map(ToString::to_string)).collect())
            .collect(),
        wide: false,
    }
}
