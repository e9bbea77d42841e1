//! When the access ends that is held now.

use super::bars::{self, Bar};
use super::canvas::Ink;
use super::{Chart, count, thousands};
use crate::report::Review;

const ID: &str = "chart-expiry";
const QUESTION: &str = "When does current access end?";
/// Classes of the end; those between have an upper limit in days.
const CLASSES: [(&str, Ink); 8] = [
    ("end date has passed", Ink::High),
    ("within 30 days", Ink::Main),
    ("in 30 to 89 days", Ink::Main),
    ("in 90 to 179 days", Ink::Main),
    ("in 180 to 364 days", Ink::Main),
    ("in a year or later", Ink::Main),
    ("no end date", Ink::Medium),
    ("no end date recorded", Ink::Info),
];
const LIMITS: [i64; 4] = [30, 90, 180, 365];

/// The chart.
pub fn chart(review: &Review) -> Chart {
    let mut counts = [0usize; CLASSES.len()];
    for h in review.access.held() {
        let class = match h.scheduled_until {
            Some(end) if end <= review.as_of => 0,
            Some(end) => 1 + LIMITS.iter().position(|d| end.days_since(review.as_of) < *d).unwrap_or(LIMITS.len()),
            None if h.no_expiration => 6,
            None => 7,
        };
        counts[class] += 1;
    }
    let total: usize = counts.iter().sum();
    if total == 0 {
        return Chart::silent(ID, QUESTION, "No current access is on record.");
    }
    let bars: Vec<Bar> = CLASSES
        .iter()
        .zip(counts)
        .map(|((name, ink), n)| Bar {
            label: (*name).to_string(),
            parts: vec![(n, *ink)],
        })
        .collect();
    let end = if counts[6] == 1 { "has no end date" } else { "have no end date" };
    Chart {
        id: ID,
        question: QUESTION,
        finding: format!(
            "{} of {} {end}; {} within 30 days.",
            thousands(counts[6]),
            count(total, "holding"),
            ends(counts[1])
        ),
        caption: passed(counts[0])
            + "No end date recorded: the evidence shows neither an end nor that there is none, mostly for memberships and roles outside packages.",
        drawing: Some(bars::draw("holdings", 150, &[], &bars)),
        heads: vec!["end", "holdings"],
        rows: CLASSES
            .iter()
            .zip(counts)
            .map(|((name, _), n)| vec![(*name).to_string(), n.to_string()])
            .collect(),
        wide: false,
    }
}

fn ends(n: usize) -> String {
    if n == 1 { "1 ends".into() } else { format!("{} end", thousands(n)) }
}

fn passed(n: usize) -> String {
    match n {
        0 => String::new(),
        1 => "One is still current although its end date has passed. ".into(),
        n => format!("{} are still current although their end date has passed. ", thousands(n)),
    }
}
