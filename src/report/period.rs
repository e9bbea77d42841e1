//! How a holding lies to the period of a review.

use crate::model::{Certainty, Holding, Instant, Window};

/// `certain`, `possible`, or empty when the holding was surely not held in the period.
///
/// A stretch that is proved makes it certain; a stretch that nothing rules out makes it possible.
#[must_use]
pub fn in_period(holding: &Holding, period: Window, as_of: Instant) -> &'static str {
    let (earliest, latest) = outer(holding);
    if earliest.is_some_and(|t| t >= period.until) || latest.is_some_and(|t| t <= period.from) {
        return "";
    }
    let proved = proved(holding, as_of).is_some_and(|p| p.from < p.until && p.from < period.until && period.from < p.until);
    if proved { "certain" } else { "possible" }
}

/// The longest it can have been held; empty ends are open.
fn outer(h: &Holding) -> (Option<Instant>, Option<Instant>) {
    let from = if h.from_certainty == Certainty::Exact {
        h.from_latest.or(h.held_from)
    } else {
        h.from_earliest
    };
    let until = if h.until_certainty == Certainty::Exact {
        h.held_until
    } else {
        h.until_latest
    };
    (from, until)
}

/// The stretch that witnesses prove.
fn proved(h: &Holding, as_of: Instant) -> Option<Window> {
    let from = h.held_from.and(h.from_latest)?;
    let until = match h.until_certainty {
        Certainty::Exact => h.held_until,
        Certainty::Open => Some(as_of.plus(1)),
        _ => h.until_earliest.map(|t| t.plus(1)),
    }?;
    Some(Window { from, until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn before_inside_and_unsure() {
        let as_of = sample::as_of();
        let period = Window {
            from: sample::days_ago(90),
            until: as_of,
        };
        let mut h = sample::holding(1);
        assert_eq!(in_period(&h, period, as_of), "certain");
        h.held_until = Some(sample::days_ago(100));
        h.until_certainty = Certainty::Exact;
        assert_eq!(in_period(&h, period, as_of), "");
        h.until_certainty = Certainty::Unknown;
        h.held_until = None;
        h.until_earliest = Some(sample::days_ago(100));
        assert_eq!(in_period(&h, period, as_of), "possible");
    }
}
