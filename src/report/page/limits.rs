//! What this report cannot show: the limits of the method, and those of these sources, with numbers.

use super::number;
use crate::model::{Certainty, Holding, Presence, Verdict, Window};
use crate::report::charts::count;
use crate::report::{FreeText, Review};

/// A limit, and the numbers or rows that tell how far it reaches here.
pub struct Limit {
    /// What it is about.
    pub title: &'static str,
    /// How far it reaches here.
    pub text: String,
}

/// Limits, those that these sources set first.
pub fn limits(review: &Review) -> Vec<Limit> {
    let mut limits = of_these_sources(review);
    let always = [
        (
            "Files can be changed before they are read",
            "The hash of each source proves what was read, not that the tenant wrote it. A pull by the tool itself, or a look into the portal at a few rows, closes this gap.",
        ),
        (
            "A check that is silent proves only what it looked at",
            "The table of checks names the population of each; what is outside of it was not judged.",
        ),
        (
            "Rights inside applications and on SharePoint sites",
            "The sources say who holds a package, group or application role, not what an application makes of it, and not who else reaches a site.",
        ),
        (
            "As of means then, known means now",
            "Earlier instants are answered with everything that this commit knows, also what was recorded later. Attributes of people (department, account state) are those last seen.",
        ),
        (
            "Direct access only in holdings.csv",
            "What a package or nested group leads to is answered by holders --effective and is not listed here.",
        ),
    ];
    limits.extend(always.map(|(title, text)| Limit { title, text: text.to_string() }));
    limits.push(Limit {
        title: "People's own words",
        text: match review.audience.free_text {
            FreeText::Masked => "Justifications and reasons of decisions are masked: their length and the first eight digits of their SHA-256. Whoever knows a text can tell whether it is the same.".into(),
            FreeText::Shown => "Justifications and reasons are shown as people wrote them, because --show-text was given. They may hold anything, also about health: keep this report accordingly.".into(),
        },
    });
    limits
}

fn of_these_sources(review: &Review) -> Vec<Limit> {
    let mut limits = Vec::new();
    let mut add = |title, text| limits.push(Limit { title, text });
    let unanswered = review.findings.iter().filter(|f| f.result == Verdict::NotEvaluable).count();
    if unanswered > 0 {
        add(
            "Questions without an answer",
            format!("{} could not be evaluated; each names its reason above.", count(unanswered, "question")),
        );
    }
    let unvouched: Vec<&str> = review
        .access
        .coverage
        .iter()
        .filter(|(_, c)| !c.attested_spans(review.period))
        .map(|(log, _)| log.as_str())
        .collect();
    if !unvouched.is_empty() {
        add(
            "Silence of logs",
            format!(
                "The whole period is not vouched for by {}. Where coverage is inferred or missing, the absence of an event proves nothing.",
                unvouched.join(", ")
            ),
        );
    }
    let missed: Vec<&str> = review.access.collection_gaps.keys().map(String::as_str).collect();
    if !missed.is_empty() {
        add(
            "Collections that are not whole",
            format!(
                "Something of {} is not in the lake: it could not be read, or retention dropped it. What it held is not known, and the table of gaps says why.",
                missed.join(", ")
            ),
        );
    }
    let incomplete = review.snapshots.iter().filter(|s| s.complete == "no").count();
    if incomplete > 0 {
        add(
            "Incomplete looks",
            format!(
                "{} of {} at the directory are not known to be complete: what they do not list may still be held.",
                number(incomplete),
                count(review.snapshots.len(), "look")
            ),
        );
    }
    let unsure = review
        .access
        .holdings
        .iter()
        .filter(|h| matches!(h.from_certainty, Certainty::Unknown | Certainty::Bounded))
        .count();
    if unsure > 0 {
        add(
            "Beginnings that nobody witnessed",
            format!(
                "{} of {} began at an instant that is only bounded or unknown; holdings.csv has the bounds.",
                number(unsure),
                count(review.access.holdings.len(), "holding")
            ),
        );
    }
    let now = Window {
        from: review.as_of,
        until: review.as_of.plus(1),
    };
    let maybe = |h: &&Holding| h.presence(now) == Presence::Possible;
    let possible = review.access.holdings.iter().filter(maybe).count();
    if possible > 0 {
        add(
            "Access that may be held",
            format!(
                "{} may or may not be held now, since nothing shows either; such access is not counted as held, and holders lists it as possible.",
                count(possible, "holding")
            ),
        );
    }
    let not_taken: usize = review.rejects.iter().map(|r| r.count).sum();
    if not_taken > 0 {
        add(
            "Records that were not taken",
            format!(
                "{} are in the lake with their reasons, and take no part in any answer.",
                count(not_taken, "record")
            ),
        );
    }
    let unknown: i64 = review.access.unknown_activities.iter().map(|(_, n)| n).sum();
    if unknown > 0 {
        add(
            "Activities that no mapping knows",
            format!("{} events are kept, and no check reads them.", number(unknown)),
        );
    }
    limits
}
