//! Acts on access of which the record does not say whose or of what: they end and begin nothing that is known, and nothing
//! is proved across them.

use crate::ledger::absence::Asked;
use crate::ledger::access_model::RequestHistory;
use crate::ledger::requests::{Asks, asks_for};
use crate::ledger::timeline::{Fact, Timelines};
use crate::model::time::MINUTE;
use crate::model::{AccessEvent, Action, AssignmentId, EntitlementKind, Instant, Interned, Outcome, PackageId, PrincipalId, RequestId, Window};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A grant or an end of something that its record does not name, so that nobody can say who held what because of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnattributedAct {
    /// When.
    pub at: Instant,
    /// Whether it ended access, and began none.
    pub is_end: bool,
    /// When what it began was ended, where a record says.
    pub until: Option<Instant>,
    /// Whose access, where the record says.
    pub principal: Option<Interned>,
    /// Kind of what it is about, as a word, where the activity tells.
    pub kind: Option<Interned>,
    /// The resource, by id, where the record says.
    pub resource: Option<Interned>,
}

impl UnattributedAct {
    /// Of all acts, those that begin or end access, and of which no record says whose or to what; a directory role that is none of
    /// `roles`, where those were exported, may be any of them.
    pub(super) fn of(events: &[AccessEvent], histories: &BTreeMap<RequestId, RequestHistory>, roles: &BTreeMap<String, String>) -> Vec<Self> {
        let grants = doubts(events, is_grant);
        let ends = doubts(events, is_end);
        let of_no_role = |e: &&AccessEvent| {
            let role = e.entitlement.as_ref().filter(|k| k.kind == EntitlementKind::DirectoryRole);
            (is_grant(e) || is_end(e)) && e.outcome != Outcome::Failure && role.is_some_and(|k| !roles.contains_key(k.resource()))
        };
        let of_no_role = events.iter().filter(|e| !roles.is_empty() && of_no_role(e));
        let of_any_role = of_no_role.map(|e| Self {
            at: e.at,
            is_end: is_end(e),
            until: None,
            principal: e.principal.as_ref().map(PrincipalId::interned),
            kind: e.kind.map(|k| k.as_str().into()),
            resource: None,
        });
        let mut acts: Vec<Self> = grants
            .into_iter()
            .chain(ends)
            .map(|e| Self {
                at: e.at,
                is_end: is_end(e),
                until: None,
                principal: e.principal.as_ref().map(PrincipalId::interned),
                kind: e.kind.map(|k| k.as_str().into()),
                resource: e.entitlement.as_ref().map(|k| k.resource().into()),
            })
            .chain(of_any_role)
            .chain(of_packages(events, histories))
            .collect();
        acts.sort();
        acts.dedup();
        acts
    }

    /// Whether somebody may have held in `window` what is asked about, of an entitlement of this kind, because of it: given after
    /// the last snapshot before, or taken before the first one after.
    #[must_use]
    pub fn may_tell(&self, kind: EntitlementKind, asked: &Asked, window: Window, snapshots: &[Instant]) -> bool {
        let is = |told: Option<Interned>, asked: &str| told.is_none_or(|t| t.as_str().eq_ignore_ascii_case(asked));
        let of_asked = match asked {
            Asked::Everything => true,
            Asked::Entitlement(_, id) | Asked::Resource(id) => is(self.resource, id),
            Asked::Holder(id) => is(self.principal, id.as_str()),
        };
        let unseen = if self.is_end {
            self.at >= window.from && !snapshots.iter().any(|s| *s >= window.until && *s < self.at)
        } else {
            let lasts = self.until.is_none_or(|until| window.from < until);
            lasts && self.at <= window.until && !snapshots.iter().any(|s| *s <= window.from && *s > self.at)
        };
        of_asked && is(self.kind, kind.as_str()) && unseen
    }
}

/// Deliveries of packages to somebody whom no record names.
fn of_packages<'a>(events: &'a [AccessEvent], histories: &'a BTreeMap<RequestId, RequestHistory>) -> impl Iterator<Item = UnattributedAct> + 'a {
    let is_delivered = |h: &RequestHistory| matches!(h.state.as_str(), "delivered" | "partiallyDelivered");
    let is_nobodys = |h: &RequestHistory| h.recipient.is_none() && h.likely_recipient.is_none();
    let removed = |h: &&RequestHistory| is_delivered(h) && asks_for(&h.kind) == Some(Asks::Removal);
    let ends = histories
        .values()
        .filter(removed)
        .filter_map(|h| Some((h.assignment.clone()?, h.completed_at?)));
    let ends: BTreeMap<AssignmentId, Instant> = ends.collect();
    let act = |at: Instant, package: Option<Interned>, until: Option<Instant>| UnattributedAct {
        at,
        is_end: false,
        until,
        principal: None,
        kind: Some(EntitlementKind::AccessPackage.as_str().into()),
        resource: package,
    };
    let end_of = move |h: &RequestHistory| h.assignment.as_ref().and_then(|id| ends.get(id).copied());
    let requested = histories
        .values()
        .filter(move |h| is_delivered(h) && is_nobodys(h) && asks_for(&h.kind) == Some(Asks::Access))
        .filter_map(move |h| Some(act(h.completed_at?, h.package.as_ref().map(PackageId::interned), end_of(h))));
    let of_request = |e: &AccessEvent| e.request.as_ref().and_then(|r| histories.get(r));
    let is_told = |e: &&AccessEvent| matches!(e.action, Action::Granted | Action::PartiallyGranted) && e.outcome != Outcome::Failure;
    let told = events
        .iter()
        .filter(is_told)
        .filter(move |e| e.kind == Some(EntitlementKind::AccessPackage) && e.principal.is_none() && of_request(e).is_none_or(is_nobodys))
        .map(move |e| {
            let package = e.entitlement.as_ref().map(|k| k.id);
            act(e.at, package.or_else(|| of_request(e)?.package.as_ref().map(PackageId::interned)), None)
        });
    requested.chain(told)
}

/// Whether an act outside of packages does not name its holder or what it is about.
pub(super) fn names_too_little(event: &AccessEvent) -> bool {
    let of_package = event.request.is_some() || event.entitlement.as_ref().is_some_and(|k| k.kind == EntitlementKind::AccessPackage);
    !of_package && (event.principal.is_none() || event.entitlement.is_none())
}

/// Whether an act begins access, or makes it last.
pub(super) fn is_grant(event: &AccessEvent) -> bool {
    matches!(event.action, Action::Granted | Action::Extended)
}

fn is_end(event: &AccessEvent) -> bool {
    matches!(event.action, Action::Removed | Action::Expired)
}

/// Acts outside of packages that do not name holder or entitlement, and that no other telling of the same act explains.
fn doubts(events: &[AccessEvent], is_wanted: impl Fn(&AccessEvent) -> bool) -> Vec<&AccessEvent> {
    let is_done = |e: &&AccessEvent| is_wanted(e) && e.outcome != Outcome::Failure;
    let is_named = |e: &AccessEvent| e.principal.is_some() && e.entitlement.is_some();
    let doubts: Vec<&AccessEvent> = events
        .iter()
        .filter(is_done)
        .filter(|e| names_too_little(e) && e.kind != Some(EntitlementKind::AccessPackage))
        .collect();
    // Two services tell of one act, and one of them names it.
    let clear: Vec<&AccessEvent> = events.iter().filter(|e| !doubts.is_empty() && is_done(e) && is_named(e)).collect();
    let is_explained = |doubt: &AccessEvent| {
        let fits = |e: &AccessEvent| {
            (doubt.principal.is_none() || doubt.principal == e.principal) && (doubt.entitlement.is_none() || doubt.entitlement == e.entitlement)
        };
        let first = clear.partition_point(|e| e.at.0 < doubt.at.0 - MINUTE);
        clear[first..].iter().take_while(|e| e.at.0 <= doubt.at.0 + MINUTE).any(|e| fits(e))
    };
    doubts.into_iter().filter(|d| !is_explained(d)).collect()
}

/// Ends of which the record does not say whose or of what: from then on only another witness proves what they may have ended.
pub(super) fn break_proofs(timelines: &mut Timelines, events: &[AccessEvent]) {
    let doubts = doubts(events, is_end);
    if doubts.is_empty() {
        return;
    }
    for ((principal, key), group) in timelines.iter_mut() {
        for timeline in group.iter_mut() {
            let by_pim = timeline.by_pim || timeline.facts.iter().any(|f| matches!(f, Fact::Granted { act, .. } if act.by_pim));
            let may_be = |e: &&&AccessEvent| {
                let of_kind = e.entitlement.is_some() || e.kind.is_none_or(|k| k == key.kind);
                of_kind && e.principal.as_ref().is_none_or(|p| p == principal) && e.entitlement.as_ref().is_none_or(|k| k == key) && (by_pim || !e.by_pim)
            };
            timeline.holes.extend(doubts.iter().filter(may_be).map(|e| e.at));
        }
    }
}
