//! The ends that a package's holding can outlive.

use crate::check::Context;
use crate::check::judge::{Applied, applied};
use crate::ledger::access_model::ReviewDecision;
use crate::model::{Certainty, Holding, Instant, PackageId};

/// An end that a holding outlives.
pub(super) struct MissedEnd {
    pub end: Instant,
    pub reason: &'static str,
    pub told: String,
    pub evidence: Vec<String>,
}

/// The end that was set has passed.
pub(super) fn scheduled(cx: &Context, holding: &Holding) -> Option<MissedEnd> {
    let end = holding.scheduled_until.filter(|end| *end < cx.as_of())?;
    // An end before the beginning belongs to an earlier holding of the same assignment.
    if holding.from_earliest.is_some_and(|from| end <= from) {
        return None;
    }
    Some(MissedEnd {
        end,
        reason: "past-end",
        told: "its end was".into(),
        evidence: Vec::new(),
    })
}

/// The assignment ended by an event, and goes on with nothing that granted it again.
pub(super) fn removed(cx: &Context, holding: &Holding) -> Option<MissedEnd> {
    let own = cx.index.packages_of(&holding.principal);
    let same = |h: &Holding| h.entitlement == holding.entitlement;
    // Cut in two by the removal.
    let goes_on = |end: Instant| holding.from_earliest.is_none_or(|f| f <= end) && holding.from_latest.is_none_or(|f| end <= f);
    let cut = |h: &Holding| {
        let mine = h.assignment == holding.assignment || h.assignment.is_none() || holding.assignment.is_none();
        mine && holding.from_certainty != Certainty::Exact && h.held_until.is_some_and(goes_on)
    };
    // A removal that names no assignment, when this one was the only one there.
    let begun = |h: &Holding, at: Instant| h.from_latest.or(h.held_from).is_some_and(|f| f < at);
    let spans = |h: &Holding, at: Instant| h.assignment.is_some() && begun(h, at) && h.held_until.is_none_or(|t| at <= t);
    let unnamed = |h: &Holding| {
        let only = |at: Instant| spans(holding, at) && own.iter().filter(|o| same(o) && spans(o, at)).count() == 1;
        h.assignment.is_none() && h.held_until.is_some_and(only)
    };
    let ended = |h: &&&Holding| same(h) && h.until_certainty == Certainty::Exact && (cut(h) || unnamed(h));
    let before = own.iter().find(ended)?;
    Some(MissedEnd {
        end: before.held_until?,
        reason: "after-removal",
        told: "its removal was logged as done".into(),
        evidence: before.evidence.iter().map(ToString::to_string).collect(),
    })
}

/// Denials of reviews, sorted by whom they concern, and what kept access after them.
pub(super) struct Denials<'a> {
    all: Vec<&'a ReviewDecision>,
    kept: Vec<&'a ReviewDecision>,
    cx: &'a Context<'a>,
}

/// What became of a denial.
enum Carried {
    Applied,
    /// It has not been applied, or cannot be: REV-05 tells of it.
    Not,
    /// The record does not tell.
    Untold,
}

fn carried(denial: &ReviewDecision) -> Carried {
    match applied(denial) {
        Applied::Yes if denial.applied_at.is_some() => Carried::Applied,
        Applied::Yes | Applied::Unknown => Carried::Untold,
        Applied::No(..) => Carried::Not,
    }
}

impl<'a> Denials<'a> {
    pub(super) fn new(cx: &'a Context<'a>) -> Self {
        let of = |word: &str| -> Vec<&ReviewDecision> {
            let all = cx.access.review_decisions.iter();
            let mut list: Vec<_> = all.filter(|d| d.decision.eq_ignore_ascii_case(word)).collect();
            list.sort_by(|a, b| (&a.principal, decided(a), &a.id).cmp(&(&b.principal, decided(b), &b.id)));
            list
        };
        Self {
            all: of("deny"),
            kept: of("approve"),
            cx,
        }
    }

    /// The last denial of a package that was held already when it was applied.
    pub(super) fn of(&self, holding: &Holding, package: &PackageId) -> Option<MissedEnd> {
        let own = self.of_holding(&self.all, holding, package);
        let applied = own.filter(|d| matches!(carried(d), Carried::Applied) && self.taken_back(d, holding, package) == Some(false));
        let last = applied.filter(|d| d.applied_at.is_some_and(|t| self.held_at(holding, t))).last()?;
        Some(MissedEnd {
            end: last.applied_at?,
            reason: "after-denial",
            told: "a review's denial was applied".into(),
            evidence: vec![format!("review_decisions:{}", last.id)],
        })
    }

    /// The last denial of which no record tells whether it was applied or taken back, and when it was given.
    pub(super) fn untold(&self, holding: &Holding, package: &PackageId) -> Option<(&'a ReviewDecision, Option<Instant>)> {
        let untold = |d: &&&ReviewDecision| match (carried(d), self.taken_back(d, holding, package)) {
            (Carried::Not, _) | (_, Some(true)) => false,
            (Carried::Untold, _) => true,
            (Carried::Applied, back) => back.is_none(),
        };
        let own = self.of_holding(&self.all, holding, package).filter(untold);
        let then = |d: &&&ReviewDecision| decided(d).is_none_or(|t| self.held_at(holding, t));
        own.filter(then).last().map(|d| (*d, decided(d)))
    }

    /// Whether a later review kept what a denial was about; `None` where no record tells which of the two came later.
    fn taken_back(&self, denial: &ReviewDecision, holding: &Holding, package: &PackageId) -> Option<bool> {
        let kept: Vec<Option<Instant>> = self.of_holding(&self.kept, holding, package).map(|d| d.reviewed_at).collect();
        let Some(denied) = denial.reviewed_at else {
            return kept.is_empty().then_some(false);
        };
        if kept.iter().flatten().any(|t| *t > denied) {
            return Some(true);
        }
        kept.iter().all(Option::is_some).then_some(false)
    }

    fn of_holding<'l>(&'l self, list: &'l [&'a ReviewDecision], holding: &'l Holding, package: &'l PackageId) -> impl Iterator<Item = &'l &'a ReviewDecision> {
        let first = list.partition_point(|d| d.principal < holding.principal);
        let own = list[first..].iter().take_while(|d| d.principal == holding.principal);
        own.filter(|d| {
            let of_policy = holding.policy.as_ref().is_some_and(|p| p.as_str().eq_ignore_ascii_case(&d.resource));
            let by_now = d.reviewed_at.is_none_or(|t| t <= self.cx.as_of());
            by_now && (package.as_str().eq_ignore_ascii_case(&d.resource) || of_policy)
        })
    }

    fn held_at(&self, holding: &Holding, at: Instant) -> bool {
        holding.from_earliest.or(holding.held_from).is_none_or(|from| from <= at) && at <= self.cx.as_of()
    }
}

/// When a decision was applied, else taken.
fn decided(decision: &ReviewDecision) -> Option<Instant> {
    decision.applied_at.or(decision.reviewed_at)
}
