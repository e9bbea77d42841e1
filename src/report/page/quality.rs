//! How far the data can be relied on, said beside the conclusion: coverage, snapshots, gaps, and what was excluded.

use crate::model::Verdict;
use crate::report::Review;
use crate::report::charts::{count, thousands};

/// Collections with gaps that are named; the table of gaps has all.
const NAMED: usize = 6;

/// The state of the data.
pub struct Quality {
    /// Whether anything is known to be missing.
    pub gaps: bool,
    /// `no known gaps`, or what is missing; stands after "Data quality".
    pub verdict: String,
    /// The same as a sentence beside a headline, without its full stop.
    pub headline: String,
    /// What it rests on, point by point.
    pub points: Vec<String>,
}

/// The state of the data behind a review.
pub fn quality(review: &Review) -> Quality {
    let missing = missing(review);
    let empty = review.access.coverage.is_empty() && review.snapshots.is_empty();
    let verdict = match missing.as_slice() {
        _ if empty => "no log and no snapshot was collected".to_string(),
        [] => "no known gaps".to_string(),
        some => format!("known gaps in {}", listed(some)),
    };
    let headline = match missing.as_slice() {
        _ if empty => "No log and no snapshot was collected".to_string(),
        [] => "No gap in the data is known".to_string(),
        some => format!("The data has known gaps: {}", listed(some)),
    };
    Quality {
        gaps: empty || !missing.is_empty(),
        verdict,
        headline,
        points: points(review),
    }
}

/// Names of what is not whole: logs that do not span the period, and collections with gaps.
fn missing<'a>(review: &'a Review) -> Vec<&'a str> {
    let logs = review.access.coverage.iter().filter(|(_, c)| !c.attested_spans(review.period));
    let mut names: Vec<&str> = logs.map(|(log, _)| log.as_str()).collect();
    names.extend(review.access.collection_gaps.keys().map(String::as_str));
    names.extend(review.snapshots.iter().filter(|s| s.complete == "no").map(|s| s.collection.as_str()));
    names.sort_unstable();
    names.dedup();
    names
}

fn listed(names: &[&str]) -> String {
    let first: Vec<&str> = names.iter().take(NAMED).copied().collect();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {} more", first.join(", "), thousands(more)),
    }
}

fn points(review: &Review) -> Vec<String> {
    let access = review.access;
    let mut points = Vec::new();
    let whole = access.coverage.values().filter(|c| c.attested_spans(review.period)).count();
    points.push(match access.coverage.len() {
        0 => "No log was collected, so no event can be ruled out.".to_string(),
        all => format!(
            "{} of {} proven or asserted to be complete for the whole period.",
            thousands(whole),
            count(all, "log")
        ),
    });
    let complete = review.snapshots.iter().filter(|s| s.complete != "no").count();
    points.push(match review.snapshots.len() {
        0 => "No snapshot of the directory was collected.".to_string(),
        all => format!("{} of {} of the directory complete.", thousands(complete), count(all, "snapshot")),
    });
    for (collection, gaps) in access.collection_gaps.iter().take(NAMED) {
        let reason = gaps.first().map_or("", |(_, reason)| reason.trim_end_matches('.'));
        points.push(format!("{collection} is not complete: {reason}."));
    }
    if access.collection_gaps.len() > NAMED {
        points.push(format!("{} more have gaps.", count(access.collection_gaps.len() - NAMED, "collection")));
    }
    let excluded: usize = review.rejects.iter().map(|r| r.count).sum();
    if excluded > 0 {
        points.push(format!("{} excluded, each with its reason.", count(excluded, "record")));
    }
    let untested = review.findings.iter().filter(|f| f.result == Verdict::NotEvaluable).count();
    if untested > 0 {
        points.push(format!("{} could not be tested.", count(untested, "subject")));
    }
    points
}
