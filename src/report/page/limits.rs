//! What this report cannot show: the limits of the method, and those of these sources, with numbers.

use super::number;
use crate::model::{Certainty, Holding, Presence, Window};
use crate::report::charts::count;
use crate::report::open_points::open_points;
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
            "The hash of each source proves what was read, not that the tenant wrote it. A pull by the tool itself, or a comparison of a few rows with the portal, closes this gap.",
        ),
        (
            "A check concludes on its population only",
            "The table of checks states the population of each check; nothing outside of it was tested.",
        ),
        (
            "Permissions inside applications and on SharePoint sites",
            "The sources show who has a package, group or application role, not what it permits inside the application, and not who else can reach a site.",
        ),
        (
            "Earlier dates are restated with later information",
            "Results for an earlier date use everything that this evidence version contains, including records that arrived later. Attributes of people (department, account state) are those last observed.",
        ),
        (
            "holdings.csv lists direct access only",
            "Access through a package or a nested group is listed by vouchsafe holders --effective.",
        ),
    ];
    limits.extend(always.map(|(title, text)| Limit { title, text: text.to_string() }));
    limits.push(Limit {
        title: "Free text",
        text: match review.audience.free_text {
            FreeText::Masked => "Justifications and reasons of decisions are masked: their length and the first eight digits of their SHA-256. Somebody who knows or guesses a text can tell whether it is the same.".into(),
            FreeText::Shown => "Justifications and reasons are shown as people wrote them, because --show-text was given. They may contain anything, including health data: protect this report accordingly.".into(),
        },
    });
    limits
}

fn of_these_sources(review: &Review) -> Vec<Limit> {
    let open = open_points(review).into_iter();
    let mut limits: Vec<Limit> = open.map(|p| Limit { title: p.title, text: p.text }).collect();
    let mut add = |title, text| limits.push(Limit { title, text });
    let unsure = review
        .access
        .holdings
        .iter()
        .filter(|h| matches!(h.from_certainty, Certainty::Unknown | Certainty::Bounded))
        .count();
    if unsure > 0 {
        add(
            "Start dates that are not exact",
            format!(
                "{} of {} started at a time that is known only within bounds, or not at all; holdings.csv has the bounds.",
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
            "Possible access",
            format!(
                "{} may or may not be current, since the evidence shows neither; they are not counted as current, and vouchsafe holders lists them as possible.",
                count(possible, "holding")
            ),
        );
    }
    let unknown: i64 = review.access.unknown_activities.iter().map(|(_, n)| n).sum();
    if unknown > 0 {
        add(
            "Unrecognised activities",
            format!("{} events are in the evidence store, and no check evaluates them.", number(unknown)),
        );
    }
    limits
}
