//! Acts that may have ended an access, and of which no record says whose or whether: nothing reaches across them.

use super::{PackageAct, What, of_history};
use crate::ledger::access_model::RequestHistory;
use crate::ledger::requests::{Asks, asks_for};
use crate::ledger::timeline::{Fact, Timeline, Timelines};
use crate::model::{AssignmentId, EntitlementKey, Instant, PrincipalId};
use ahash::{AHashMap, AHashSet};

/// Something that was carried out and may have ended an access: from then on nothing proves it but another witness.
pub(super) struct Doubt {
    pub(super) package: EntitlementKey,
    /// Whose access; `None` where no record tells.
    pub(super) principal: Option<PrincipalId>,
    /// Which assignment; `None` where no record tells.
    pub(super) assignment: Option<AssignmentId>,
    pub(super) at: Instant,
}

impl Doubt {
    /// Of a removal whose record leaves open whose it is.
    pub(super) fn of(act: &PackageAct) -> Option<Self> {
        matches!(act.what, What::End { .. }).then(|| Self {
            package: act.package.clone(),
            principal: None,
            assignment: act.assignment.clone(),
            at: act.at,
        })
    }

    /// Of a request that was carried out, and of which no record tells what it asked for or for whom.
    pub(super) fn of_history(history: &RequestHistory) -> Option<Self> {
        let is_done = matches!(history.state.as_str(), "delivered" | "partiallyDelivered");
        // What only events tell is judged by them.
        let is_recorded = !history.kind.is_empty();
        let may_end = match asks_for(&history.kind) {
            None => true,
            Some(Asks::Removal) => of_history(history).is_none(),
            Some(_) => false,
        };
        (is_done && is_recorded && may_end).then_some(())?;
        Some(Self {
            package: EntitlementKey::package(history.package.as_ref()?.as_str()),
            principal: history.recipient.clone(),
            assignment: history.assignment.clone(),
            at: history.completed_at.or(history.created_at)?,
        })
    }
}

/// Leaves nothing proved after something that may have ended it.
pub(super) fn doubt(timelines: &mut Timelines, doubts: &[Doubt]) {
    let mut of_package: AHashMap<&EntitlementKey, Vec<&Doubt>> = AHashMap::new();
    for doubt in doubts {
        of_package.entry(&doubt.package).or_default().push(doubt);
    }
    if of_package.is_empty() {
        return;
    }
    let named: AHashSet<AssignmentId> = timelines.values().flatten().filter_map(|t| t.assignment.clone()).collect();
    for ((principal, key), group) in timelines.iter_mut() {
        for doubt in of_package.get(key).into_iter().flatten() {
            if doubt.principal.as_ref().is_some_and(|p| p != principal) {
                continue;
            }
            // A record that names an assignment is of that one, or of one that no other record names.
            let known = doubt.assignment.as_ref().filter(|id| named.contains(id));
            // Its own record may tell of it and not of its grant.
            let is_bare = group
                .iter()
                .any(|t| t.assignment.as_ref() == known && !t.facts.iter().any(|f| matches!(f, Fact::Granted { .. } | Fact::Present { .. })));
            let may_be = |t: &&mut Timeline| match (&doubt.assignment, &t.assignment) {
                (Some(_), Some(id)) => known == Some(id),
                (Some(_), None) => known.is_none() || is_bare,
                (None, _) => true,
            };
            for timeline in group.iter_mut().filter(may_be) {
                timeline.holes.push(doubt.at);
            }
        }
    }
}
