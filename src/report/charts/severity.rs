//! Where the findings lie: by check, stacked by severity.

use super::bars::{self, Bar};
use super::canvas::Ink;
use super::{Chart, count};
use crate::model::{Severity, Verdict};
use crate::report::Review;
use std::collections::BTreeMap;

/// Severities from the heaviest, with their inks.
pub const ORDER: [(Severity, Ink); 4] = [
    (Severity::High, Ink::High),
    (Severity::Medium, Ink::Medium),
    (Severity::Low, Ink::Low),
    (Severity::Info, Ink::Info),
];

/// Up to this many checks each get a bar, also the silent ones.
const ROOM: usize = 20;

/// The chart.
pub fn chart(review: &Review) -> Chart {
    let mut counts: BTreeMap<&str, [usize; 4]> = review.checks.iter().map(|c| (c.id.as_str(), [0; 4])).collect();
    for f in review.findings.iter().filter(|f| f.result == Verdict::Finding) {
        let place = ORDER.iter().position(|(s, _)| *s == f.severity).unwrap_or(3);
        counts.entry(f.check.as_str()).or_default()[place] += 1;
    }
    let total: usize = counts.values().flatten().sum();
    let mut chart = Chart {
        id: "chart-findings",
        question: "Where are the findings?",
        ..Chart::default()
    };
    if counts.is_empty() {
        chart.finding = "No check ran, so there is nothing to count.".into();
        return chart;
    }
    if total == 0 {
        chart.finding = format!("None of the {} has a finding.", count(counts.len(), "check"));
        return chart;
    }
    let mut rows: Vec<(&str, [usize; 4])> = counts.into_iter().collect();
    rows.sort_by_key(|(id, n)| (std::cmp::Reverse(n.iter().sum::<usize>()), *id));
    let silent = rows.iter().filter(|(_, n)| n.iter().sum::<usize>() == 0).count();
    let (first, most) = rows.first().map_or(("", 0), |(id, n)| (*id, n.iter().sum()));
    let nothing = match silent {
        0 => String::new(),
        n => format!("; {} without a finding", count(n, "check")),
    };
    let leaders = rows.iter().filter(|(_, n)| n.iter().sum::<usize>() == most).count();
    let lead = if leaders > 1 {
        format!("{first} and {} have", count(leaders - 1, "other"))
    } else {
        format!("{first} has")
    };
    let each = if leaders > 1 { " each" } else { "" };
    chart.finding = format!("{lead} the most, {most}{each} of {}{nothing}.", count(total, "finding"));
    let bars: Vec<Bar> = rows
        .iter()
        // A check that looked and found nothing is an answer too, while there is room for it.
        .filter(|(_, n)| rows.len() <= ROOM || n.iter().any(|n| *n > 0))
        .map(|(id, n)| Bar {
            label: (*id).to_string(),
            parts: n.iter().copied().zip(ORDER.map(|(_, ink)| ink)).collect(),
        })
        .collect();
    let legend: Vec<(&str, Ink)> = ORDER
        .iter()
        .enumerate()
        .filter(|(i, _)| rows.iter().any(|(_, n)| n[*i] > 0))
        .map(|(_, (s, ink))| (s.as_str(), *ink))
        .collect();
    chart.drawing = Some(bars::draw("findings", 90, &legend, &bars));
    chart.heads = vec!["check", "high", "medium", "low", "info"];
    chart.rows = rows
        .iter()
        .map(|(id, n)| std::iter::once((*id).to_string()).chain(n.iter().map(ToString::to_string)).collect())
        .collect();
    chart
}
