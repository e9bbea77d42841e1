//! How old the access is that is held now.

use super::bars::{self, Bar};
use super::canvas::Ink;
use super::{Chart, count, thousands};
use crate::report::Review;

/// Upper ends of the classes in days, and their names; the last has no end.
const CLASSES: [(i64, &str); 6] = [
    (30, "under 30 days"),
    (90, "30 to 89 days"),
    (180, "90 to 179 days"),
    (365, "180 to 364 days"),
    (730, "1 to 2 years"),
    (i64::MAX, "2 years and more"),
];
/// The first class that is a year or more.
const A_YEAR: usize = 4;

/// The chart.
///
/// A beginning that is only bounded counts by the latest it can have been: the access is at least that old.
pub fn chart(review: &Review) -> Chart {
    let mut counts = [0usize; CLASSES.len()];
    let mut bounded = 0;
    for h in review.access.holdings.iter().filter(|h| h.held_at(review.as_of)) {
        let Some(began) = h.from_latest.or(h.held_from) else { continue };
        if h.from_earliest != Some(began) && h.from_certainty != crate::model::Certainty::Exact {
            bounded += 1;
        }
        let days = review.as_of.days_since(began);
        counts[CLASSES.iter().position(|(end, _)| days < *end).unwrap_or(CLASSES.len() - 1)] += 1;
    }
    let total: usize = counts.iter().sum();
    let mut chart = Chart {
        id: "chart-age",
        question: "How old is current access?",
        ..Chart::default()
    };
    if total == 0 {
        chart.finding = "No current access is on record: neither a snapshot nor an event shows any.".into();
        return chart;
    }
    let old: usize = counts[A_YEAR..].iter().sum();
    chart.finding = format!("{} of {} began a year ago or earlier.", thousands(old), count(total, "holding"));
    if bounded > 0 {
        chart.caption = format!("For {} the start is not known exactly; they are at least as old as shown.", thousands(bounded));
    }
    let bars: Vec<Bar> = CLASSES
        .iter()
        .zip(counts)
        .map(|((_, name), n)| Bar {
            label: (*name).to_string(),
            parts: vec![(n, Ink::Main)],
        })
        .collect();
    chart.drawing = Some(bars::draw("holdings", 150, &[], &bars));
    chart.heads = vec!["age", "holdings"];
    chart.rows = CLASSES
        .iter()
        .zip(counts)
        .map(|((_, name), n)| vec![(*name).to_string(), n.to_string()])
        .collect();
    chart
}
