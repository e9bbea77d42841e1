//! What was held, ever, with the request behind it, who ended it and why.

use crate::ledger::access_model::{AccessModel, RequestHistory, ReviewDecision};
use crate::ledger::intervals::{End, Interval};
use crate::ledger::package_ends::PACKAGE_ENDED;
use crate::ledger::requests::{Asks, asks_for};
use crate::ledger::row::{DecisionMade, DeliverySeen, EndSet, LedgerRow, PolicySeen, ProvedSpan};
use crate::ledger::timeline::{Act, Schedule, Timeline};
use crate::model::time::{DAY, HOUR};
use crate::model::{AssignmentId, EntitlementKey, EntitlementKind, GrantKind, Instant, Interned, PolicyId, PrincipalId, RequestId};
use ahash::AHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One interval of one timeline.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub principal: PrincipalId,
    pub entitlement: EntitlementKey,
    pub timeline: Arc<Timeline>,
    pub interval: Interval,
}

/// What a row of the ledger asks about its requests, policies and reviews.
pub(super) struct Recorder<'e> {
    access: &'e AccessModel,
    histories: &'e BTreeMap<RequestId, RequestHistory>,
    denials: AHashMap<&'e PrincipalId, Vec<&'e ReviewDecision>>,
}

impl<'e> Recorder<'e> {
    /// Of the newest contents of everything.
    pub(super) fn of(access: &'e AccessModel, histories: &'e BTreeMap<RequestId, RequestHistory>) -> Self {
        let mut denials: AHashMap<&PrincipalId, Vec<&ReviewDecision>> = AHashMap::new();
        for decision in access.review_decisions.iter().filter(|d| d.decision.eq_ignore_ascii_case("deny")) {
            denials.entry(&decision.principal).or_default().push(decision);
        }
        Self { access, histories, denials }
    }

    /// The row of the ledger.
    pub(super) fn row(&self, held: &Held) -> LedgerRow {
        let (i, timeline) = (&held.interval, &held.timeline);
        let history = self.history_of(held);
        let (end_reason, ended_by) = if i.end == End::None { Default::default() } else { self.end_of(held) };
        let mut evidence = i.evidence.clone();
        evidence.extend(history.into_iter().flat_map(|h| h.evidence.iter().copied()));
        evidence.sort();
        evidence.dedup();
        let granted_by = match history.and_then(|h| h.administrator.as_ref()) {
            Some(admin) => self.access.principal_name(admin),
            None if held.entitlement.kind == EntitlementKind::AccessPackage => Interned::default(),
            None => i.grant.map(|g| g.by).unwrap_or_default(),
        };
        let (end, end_at) = match i.end {
            End::None => ("none", None),
            End::Exact(at) => ("exact", Some(at)),
            End::Bounded(latest) => ("bounded", Some(latest)),
        };
        LedgerRow {
            principal: held.principal.interned(),
            entitlement_kind: held.entitlement.kind.as_str().into(),
            entitlement_id: held.entitlement.id,
            resource: held.entitlement.resource().into(),
            assignment: timeline.assignment.as_ref().map(AssignmentId::interned),
            request: history.map(|h| h.id.interned()),
            policies: self.policies(held, history),
            from_certainty: i.from_certainty.as_str().into(),
            from_earliest: i.from_earliest,
            from_latest: i.from_latest,
            end: end.into(),
            end_at,
            until_earliest: i.until_earliest,
            proved: i.proved.iter().map(|w| ProvedSpan { from: w.from, until: w.until }).collect(),
            last_witness: i.last_witness,
            last_seen: i.last_seen,
            ends_set: i.schedules.iter().map(EndSet::of).collect(),
            deliveries: timeline
                .partial
                .iter()
                .map(|(at, partial)| DeliverySeen { at: *at, partial: *partial })
                .collect(),
            grant_kind: self.grant_kind(held, history).as_str().into(),
            requested_by: history.and_then(|h| h.requestor.as_ref()).map(PrincipalId::interned),
            granted_by,
            decisions: history.into_iter().flat_map(|h| h.decisions.iter().map(DecisionMade::of)).collect(),
            justification: history.and_then(|h| h.justification),
            ended_by,
            end_reason,
            evidence,
        }
    }

    /// The policies that it was under; that of the request when no other witness tells.
    fn policies(&self, held: &Held, history: Option<&RequestHistory>) -> Vec<PolicySeen> {
        let seen = |(at, policy): &(Instant, PolicyId)| PolicySeen {
            at: *at,
            policy: policy.interned(),
            automatic: self.access.policies.get(policy).is_some_and(|p| p.automatic),
        };
        let told = &held.timeline.policies;
        if told.is_empty() {
            let asked = history.and_then(|h| h.policy.clone()).map(|p| (held.interval.last_witness, p));
            return asked.iter().map(seen).collect();
        }
        told.iter().map(seen).collect()
    }

    fn history(&self, act: Option<Act>) -> Option<&'e RequestHistory> {
        let id = act.map(|a| a.request).filter(|r| !r.is_empty())?;
        self.histories.get(&RequestId::of(id))
    }

    /// The request behind a holding: the one that was delivered then, else the last one for this assignment before its beginning.
    fn history_of(&self, held: &Held) -> Option<&'e RequestHistory> {
        if held.entitlement.kind != EntitlementKind::AccessPackage {
            return None;
        }
        let by_assignment = || {
            let assignment = held.timeline.assignment.as_ref()?;
            let adds = |h: &&RequestHistory| asks_for(&h.kind) == Some(Asks::Access) && h.assignment.as_ref() == Some(assignment);
            let ids = self.access.requests_by_recipient.get(&held.principal)?;
            ids.iter().filter_map(|id| self.histories.get(id)).filter(adds).max_by_key(|h| h.created_at)
        };
        self.history(held.interval.grant).or_else(by_assignment)
    }

    /// Why it ended, and who ended it: who asked for it, not the service that carried it out.
    fn end_of(&self, held: &Held) -> (Interned, Interned) {
        let i = &held.interval;
        let act = i.ended.unwrap_or_default();
        if i.end_reason == PACKAGE_ENDED {
            return (PACKAGE_ENDED.into(), act.by);
        }
        let removal = self.history(i.ended).filter(|h| asks_for(&h.kind) == Some(Asks::Removal));
        let asked = removal.map(|h| h.removed_by).filter(|n| !n.is_empty());
        let is_told = matches!(i.end_reason, "removed" | "ended" | "expired");
        let by_person = act.by_person || removal.is_some_and(|h| !h.kind.starts_with("system"));
        if is_told
            && !by_person
            && let Some(denial) = self.denial(held, i)
        {
            let reviewer = denial.reviewer.as_ref().map(|r| self.access.principal_name(r));
            return ("review_denied".into(), reviewer.unwrap_or_default());
        }
        let deleted_before = |at: Instant| self.access.accounts.at(&held.principal, at).is_some_and(|s| s.deleted);
        if is_told && !by_person && matches!(i.end, End::Exact(at) if deleted_before(at)) {
            return ("account_deleted".into(), act.by);
        }
        // What a person asked for was not done by the service that carried it out.
        let by_service = || if by_person && !act.by_person { Interned::default() } else { act.by };
        let by = asked.unwrap_or_else(by_service);
        let due = i.schedules.last().map(|(_, s)| *s);
        let due_then = |at: Instant| matches!(due, Some(Schedule::Ends(due)) if (due.0 - at.0).abs() <= DAY);
        let at_its_end = match i.end {
            End::Exact(at) => due_then(at),
            End::Bounded(_) => i.until_earliest.is_some_and(due_then),
            End::None => false,
        };
        let reason = match removal.map(|h| h.kind.as_str()) {
            Some("adminRemove") => "removed_by_admin",
            Some("userRemove") => "removed_by_user",
            Some("approverRemove") => "removed_by_approver",
            // The service removes at the end that was set, or because a rule no longer applies.
            Some("systemRemove") => match due {
                Some(Schedule::Ends(_)) if !at_its_end => "removed",
                Some(Schedule::Never) => "removed",
                None if self.is_automatic(held) => "removed",
                _ => "expired",
            },
            _ if is_told && !by_person && at_its_end => "expired",
            _ if i.end_reason == "ended" => "removed",
            _ => i.end_reason,
        };
        (reason.into(), by)
    }

    /// Whether a rule gave it and takes it back.
    fn is_automatic(&self, held: &Held) -> bool {
        let policy = held.timeline.policies.last().map(|(_, p)| p.clone());
        let policy = policy.or_else(|| self.history_of(held).and_then(|h| h.policy.clone()));
        let facts = policy.and_then(|p| self.access.policies.get(&p));
        facts.is_some_and(|p| p.automatic || p.expiration_type.eq_ignore_ascii_case("noExpiration"))
    }

    /// The review decision that was applied when it ended.
    fn denial(&self, held: &Held, i: &Interval) -> Option<&'e ReviewDecision> {
        let End::Exact(at) = i.end else { return None };
        let of_this = |d: &&&ReviewDecision| {
            let resource = d.resource.as_str();
            let policies = &held.timeline.policies;
            resource.is_empty()
                || resource.eq_ignore_ascii_case(held.entitlement.resource())
                || policies.iter().any(|(_, p)| p.as_str().eq_ignore_ascii_case(resource))
        };
        let then = |d: &&&ReviewDecision| {
            let applied = d.applied_at.or(d.reviewed_at);
            applied.is_some_and(|t| t.0 - HOUR <= at.0 && at.0 <= t.0 + DAY)
        };
        let denials = self.denials.get(&held.principal)?;
        denials.iter().filter(of_this).filter(then).max_by_key(|d| d.applied_at).copied()
    }

    /// How it came about, whatever policy it was under.
    fn grant_kind(&self, held: &Held, history: Option<&RequestHistory>) -> GrantKind {
        let grant = held.interval.grant.unwrap_or_default();
        if held.entitlement.kind != EntitlementKind::AccessPackage {
            return match grant {
                Act { by_pim: true, .. } => GrantKind::Pim,
                Act { by_service: true, .. } => GrantKind::System,
                _ if held.interval.grant.is_none() && held.timeline.by_pim => GrantKind::Pim,
                _ => GrantKind::Direct,
            };
        }
        match history.map(|h| h.kind.as_str()) {
            Some("userAdd") => GrantKind::UserRequest,
            Some("onBehalfAdd") => GrantKind::OnBehalf,
            Some("adminAdd") => GrantKind::AdminDirect,
            Some("systemAdd") => GrantKind::System,
            _ => GrantKind::Unknown,
        }
    }
}
