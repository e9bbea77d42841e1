//! The ends that a package's holding can outlive.

use crate::check::Context;
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

/// Denials of reviews that were applied, sorted by whom they concern.
pub(super) struct Denials<'a>(Vec<&'a ReviewDecision>, &'a Context<'a>);

impl<'a> Denials<'a> {
    pub(super) fn new(cx: &'a Context<'a>) -> Self {
        // "Success" is what is reported of resources whose data somebody brought.
        let done = |result: &str| ["AppliedSuccessfully", "Success"].iter().any(|word| result.eq_ignore_ascii_case(word));
        let applied = |d: &&ReviewDecision| d.decision.eq_ignore_ascii_case("deny") && done(&d.apply_result);
        let mut list: Vec<&ReviewDecision> = cx.access.review_decisions.iter().filter(applied).collect();
        list.sort_by(|a, b| (&a.principal, a.applied_at, &a.id).cmp(&(&b.principal, b.applied_at, &b.id)));
        Self(list, cx)
    }

    /// The last denial of a package that was held already when it was applied.
    pub(super) fn of(&self, holding: &Holding, package: &PackageId) -> Option<MissedEnd> {
        let first = self.0.partition_point(|d| d.principal < holding.principal);
        let own = self.0[first..].iter().take_while(|d| d.principal == holding.principal);
        let about = |d: &&&ReviewDecision| {
            let of_policy = holding.policy.as_ref().is_some_and(|p| p.as_str().eq_ignore_ascii_case(&d.resource));
            package.as_str().eq_ignore_ascii_case(&d.resource) || of_policy
        };
        let begun = holding.from_earliest.or(holding.held_from);
        let held_then = |at: &Instant| begun.is_none_or(|from| from <= *at) && *at <= self.1.as_of();
        let last = own.filter(about).filter(|d| d.applied_at.as_ref().is_some_and(held_then)).last()?;
        Some(MissedEnd {
            end: last.applied_at?,
            reason: "after-denial",
            told: "a review's denial was applied".into(),
            evidence: vec![format!("review_decisions:{}", last.id)],
        })
    }
}
