//! When something lasts, and how sure its ends are; what two steps of a path have in common.

use crate::model::time::common;
use crate::model::{Certainty, Holding, Instant, Window};

/// When something lasts: the outer bounds, the ends with their certainty, and the stretches that are proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// How the beginning is known.
    pub from_certainty: Certainty,
    /// How the end is known.
    pub until_certainty: Certainty,
    /// First instant that is proved.
    pub held_from: Option<Instant>,
    /// The end, where there is one.
    pub held_until: Option<Instant>,
    /// It did not begin before this.
    pub from_earliest: Option<Instant>,
    /// It did not begin after this.
    pub from_latest: Option<Instant>,
    /// It did not end before this.
    pub until_earliest: Option<Instant>,
    /// It did not end after this.
    pub until_latest: Option<Instant>,
    /// Sorted, disjoint.
    pub proved: Vec<Window>,
}

/// How much an end that is known so can bear; the weakest of two binds.
fn strength(certainty: Certainty) -> u8 {
    match certainty {
        Certainty::Unknown => 0,
        Certainty::Scheduled => 1,
        Certainty::Bounded => 2,
        Certainty::Open => 3,
        Certainty::Exact => 4,
    }
}

fn weaker(a: Certainty, b: Certainty) -> Certainty {
    if strength(a) <= strength(b) { a } else { b }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Span {
    /// Of a holding.
    #[must_use]
    pub fn of(h: &Holding) -> Self {
        Self {
            from_certainty: h.from_certainty,
            until_certainty: h.until_certainty,
            held_from: h.held_from,
            held_until: h.held_until,
            from_earliest: h.from_earliest,
            from_latest: h.from_latest,
            until_earliest: h.until_earliest,
            until_latest: h.until_latest,
            proved: h.proved.clone(),
        }
    }

    /// Gives it to a holding.
    pub fn give(self, h: &mut Holding) {
        h.from_certainty = self.from_certainty;
        h.until_certainty = self.until_certainty;
        h.held_from = self.held_from;
        h.held_until = self.held_until;
        h.from_earliest = self.from_earliest;
        h.from_latest = self.from_latest;
        h.until_earliest = self.until_earliest;
        h.until_latest = self.until_latest;
        h.proved = self.proved;
    }

    /// The instant from which on it was surely over.
    fn outer_until(&self) -> Option<Instant> {
        if self.until_certainty == Certainty::Exact {
            self.held_until
        } else {
            self.until_latest
        }
    }

    /// Whether it lasts at an instant as far as anybody knows: begun for certain, and not ended for certain.
    #[must_use]
    pub fn lasts_at(&self, at: Instant) -> bool {
        let begun = self.from_latest.or(self.held_from).is_some_and(|t| t <= at);
        begun && self.held_until.is_none_or(|t| at < t)
    }

    /// The same without any proof: it may have been so.
    #[must_use]
    pub fn possible_only(mut self) -> Self {
        self.proved.clear();
        self.held_from = None;
        self
    }

    /// The same, of which nothing is proved before an instant: it may have begun earlier.
    #[must_use]
    pub fn certain_from(mut self, at: Instant) -> Self {
        let later = Window {
            from: at,
            until: Instant(i64::MAX),
        };
        self.proved = common(&self.proved, &[later]);
        if self.from_latest.or(self.held_from).is_none_or(|f| f < at) {
            self.from_latest = Some(at);
            self.from_certainty = Certainty::Bounded;
        }
        self.held_from = self.proved.first().map(|w| w.from);
        self
    }

    /// The time in which both last; `None` when they surely never met.
    ///
    /// Where one step alone binds an end, its certainty counts; where either may, the weaker one.
    #[must_use]
    pub fn common(&self, other: &Self) -> Option<Self> {
        let from_earliest = self.from_earliest.max(other.from_earliest);
        let outer_until = earlier(self.outer_until(), other.outer_until());
        if from_earliest.zip(outer_until).is_some_and(|(from, until)| from >= until) {
            return None;
        }
        let mut both = Self {
            proved: common(&self.proved, &other.proved),
            from_earliest,
            ..self.end_with(other)
        };
        both.from_latest = self.from_latest.zip(other.from_latest).map(|(a, b)| a.max(b));
        both.from_latest = both.from_latest.filter(|l| outer_until.is_none_or(|u| *l < u));
        both.from_certainty = match (self.begins_after(other), other.begins_after(self)) {
            (true, false) => self.from_certainty,
            (false, true) => other.from_certainty,
            _ => weaker(self.from_certainty, other.from_certainty),
        };
        both.weaken_ends();
        both.held_from = both.proved.first().map(|w| w.from);
        if both.held_from.zip(both.held_until).is_some_and(|(from, until)| from > until) {
            both.held_from = None;
        }
        Some(both)
    }

    /// An end that one step tells exactly is no end of both where nobody knows whether the other lasted then.
    fn weaken_ends(&mut self) {
        let is_proved = |at: Instant| self.proved.iter().any(|w| w.from <= at && at < w.until);
        if self.from_certainty == Certainty::Exact && self.from_earliest.is_some_and(|at| !is_proved(at)) {
            self.from_latest = self.proved.first().map(|w| w.from);
            self.from_certainty = if self.from_latest.is_some() { Certainty::Bounded } else { Certainty::Unknown };
        }
        let is_proved = |at: Instant| self.proved.iter().any(|w| w.from <= at && at < w.until);
        if self.until_certainty == Certainty::Exact && self.held_until.is_some_and(|at| !is_proved(at.plus(-1))) {
            self.until_certainty = Certainty::Bounded;
            self.until_latest = self.held_until;
            self.until_earliest = self.proved.last().map(|w| w.until);
            self.held_until = self.until_earliest.or(self.until_latest);
        }
    }

    /// The same, over when the other is over where that is earlier.
    #[must_use]
    pub fn ending_with(&self, other: &Self) -> Self {
        let mut both = self.end_with(other);
        let proved = other.proved.last().map(|w| w.until);
        let until = other.until_earliest.max(proved).unwrap_or(Instant(i64::MIN));
        both.proved = common(
            &self.proved,
            &[Window {
                from: Instant(i64::MIN),
                until,
            }],
        );
        both
    }

    /// Whether its beginning alone decides when both have begun.
    fn begins_after(&self, other: &Self) -> bool {
        match (self.from_earliest, other.from_latest) {
            (Some(earliest), Some(latest)) => latest <= earliest,
            _ => false,
        }
    }

    /// Whether its end alone decides when both are over.
    fn ends_before(&self, other: &Self) -> bool {
        match (self.outer_until(), other.until_earliest) {
            (Some(latest), Some(earliest)) => latest <= earliest,
            _ => false,
        }
    }

    /// The end of both; the beginning is that of `self`.
    fn end_with(&self, other: &Self) -> Self {
        match (self.ends_before(other), other.ends_before(self)) {
            (true, _) => return self.clone(),
            (false, true) => {
                return Self {
                    until_certainty: other.until_certainty,
                    held_until: other.held_until,
                    until_earliest: other.until_earliest,
                    until_latest: other.until_latest,
                    ..self.clone()
                };
            }
            (false, false) => {}
        }
        let until_earliest = self.until_earliest.zip(other.until_earliest).map(|(a, b)| a.min(b));
        let until_latest = earlier(self.outer_until(), other.outer_until());
        let weakest = weaker(self.until_certainty, other.until_certainty);
        let (until_certainty, held_until) = match (weakest, until_latest) {
            (Certainty::Open, _) => (Certainty::Open, None),
            (Certainty::Scheduled, None) => (Certainty::Scheduled, earlier(self.held_until, other.held_until)),
            (_, Some(latest)) => (Certainty::Bounded, until_earliest.or(Some(latest))),
            (_, None) => (Certainty::Unknown, None),
        };
        Self {
            until_certainty,
            held_until,
            until_earliest,
            until_latest,
            ..self.clone()
        }
    }
}
