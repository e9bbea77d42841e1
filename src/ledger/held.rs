//! What was held, ever, and how it looks as of an instant.

use crate::ledger::access_model::{AccessModel, RequestHistory, ReviewDecision};
use crate::ledger::intervals::{End, Interval};
use crate::ledger::names::ObjectKind;
use crate::ledger::span::Span;
use crate::ledger::timeline::{Act, Schedule, Timeline};
use crate::model::time::{DAY, HOUR, merge_windows};
use crate::model::{
    Certainty, EntitlementKey, EntitlementKind, GrantKind, Holding, Instant, Interned, PackageId, PolicyId, PrincipalId, PrincipalState, RequestId, Window,
};
use ahash::AHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One holding, whatever the instant of the questions is.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub principal: PrincipalId,
    pub entitlement: EntitlementKey,
    pub timeline: Arc<Timeline>,
    pub interval: Interval,
}

/// One pull takes hours, and records of the log arrive within a day (GRAPH 3.5): what is proved until so long before the
/// instant of the questions counts as proved until then.
const LAG: i64 = DAY;

impl Held {
    /// Whether it can have begun by then.
    pub(super) fn began_by(&self, as_of: Instant) -> bool {
        let i = &self.interval;
        i.from_earliest.or(i.from_latest).is_none_or(|f| f <= as_of)
    }
}

/// What every holding asks about its holder, its entitlement and its requests.
pub(super) struct Known<'e> {
    access: &'e AccessModel,
    histories: &'e BTreeMap<RequestId, RequestHistory>,
    principals: AHashMap<PrincipalId, Holder>,
    entitlements: AHashMap<EntitlementKey, Interned>,
    denials: AHashMap<&'e PrincipalId, Vec<&'e ReviewDecision>>,
}

/// Who holds.
struct Holder {
    name: Interned,
    kind: &'static str,
    state: PrincipalState,
    since: Option<Instant>,
}

/// The end of an interval as of an instant.
struct Ends {
    certainty: Certainty,
    held_until: Option<Instant>,
    until_earliest: Option<Instant>,
    until_latest: Option<Instant>,
    /// Whether it is over as far as witnesses or schedules tell.
    over: bool,
}

impl<'e> Known<'e> {
    pub(super) fn of(access: &'e AccessModel, histories: &'e BTreeMap<RequestId, RequestHistory>, held: &[Held]) -> Self {
        let mut known = Self {
            access,
            histories,
            principals: AHashMap::new(),
            entitlements: AHashMap::new(),
            denials: AHashMap::new(),
        };
        for h in held {
            if !known.principals.contains_key(&h.principal) {
                known.principals.insert(h.principal.clone(), holder(access, &h.principal));
            }
            if !known.entitlements.contains_key(&h.entitlement) {
                known.entitlements.insert(h.entitlement.clone(), access.entitlement_name(&h.entitlement));
            }
        }
        for decision in access.review_decisions.iter().filter(|d| d.decision.eq_ignore_ascii_case("deny")) {
            known.denials.entry(&decision.principal).or_default().push(decision);
        }
        known
    }

    /// The holding as of an instant.
    pub(super) fn holding(&self, held: &Held, as_of: Instant) -> Holding {
        let (i, timeline) = (&held.interval, &held.timeline);
        let schedule = schedule_at(i, as_of);
        let ends = ends_at(i, as_of);
        let history = self.history_of(held);
        // Every key of a timeline is known.
        let holder = &self.principals[&held.principal];
        let entitlement_name = self.entitlements[&held.entitlement];
        let (end_reason, ended_by) = if ends.over { self.end_of(held, &ends) } else { Default::default() };
        let mut evidence = i.evidence.clone();
        evidence.extend(history.into_iter().flat_map(|h| h.evidence.iter().copied()));
        evidence.sort();
        evidence.dedup();
        let policy = last_by(&timeline.policies, as_of).or_else(|| history.and_then(|h| h.policy.clone()));
        let grant_kind = self.grant_kind(held, policy.as_ref(), history);
        let decisions = history.map(|h| h.decisions.clone()).unwrap_or_default();
        let granted_by = match history.and_then(|h| h.administrator.as_ref()) {
            Some(admin) => self.access.principal_name(admin),
            None if held.entitlement.kind == EntitlementKind::AccessPackage => Interned::default(),
            None => i.grant.map(|g| g.by).unwrap_or_default(),
        };
        Holding {
            principal: held.principal.clone(),
            principal_name: holder.name,
            principal_type: holder.kind.into(),
            entitlement: held.entitlement.clone(),
            path: entitlement_name,
            entitlement_name,
            held_from: i.held_from(),
            held_until: ends.held_until,
            from_certainty: i.from_certainty,
            until_certainty: ends.certainty,
            from_earliest: i.from_earliest,
            from_latest: i.from_latest,
            until_earliest: ends.until_earliest,
            until_latest: ends.until_latest,
            proved: proved_at(i, ends.certainty, as_of),
            scheduled_until: if let Some(Schedule::Ends(end)) = schedule { Some(end) } else { None },
            no_expiration: schedule == Some(Schedule::Never),
            last_seen: i.last_seen,
            assignment_state: if held.entitlement.is_eligible() { "eligible" } else { "active" },
            grant_kind,
            partially_delivered: last_by(&timeline.partial, as_of).unwrap_or_default(),
            on_behalf_of: (grant_kind == GrantKind::OnBehalf).then(|| held.principal.clone()),
            requested_by: history.and_then(|h| h.requestor.clone()),
            granted_by,
            approved_by: decisions
                .iter()
                .filter(|d| d.decision == "approved")
                .map(|d| if d.name.is_empty() { d.who } else { d.name })
                .collect(),
            decisions,
            justification: history.and_then(|h| h.justification),
            ended_by,
            end_reason,
            principal_state: holder.state,
            principal_state_since: holder.since,
            assignment: timeline.assignment.clone(),
            request: history.map(|h| h.id.clone()),
            policy,
            evidence,
        }
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
            let adds = |h: &&RequestHistory| h.kind.ends_with("Add") && h.assignment.as_ref() == Some(assignment);
            let ids = self.access.requests_by_recipient.get(&held.principal)?;
            ids.iter().filter_map(|id| self.histories.get(id)).filter(adds).max_by_key(|h| h.created_at)
        };
        self.history(held.interval.grant).or_else(by_assignment)
    }

    /// Why it ended, and who ended it: who asked for it, not the service that carried it out.
    fn end_of(&self, held: &Held, ends: &Ends) -> (Interned, Interned) {
        let i = &held.interval;
        if ends.certainty == Certainty::Scheduled {
            return ("scheduled_end".into(), Interned::default());
        }
        let act = i.ended.unwrap_or_default();
        let removal = self.history(i.ended).filter(|h| h.kind.ends_with("Remove"));
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
        let by = asked.unwrap_or(act.by);
        let due = i.schedules.last().map(|(_, s)| *s);
        let due_then = |at: Instant| matches!(due, Some(Schedule::Ends(due)) if (due.0 - at.0).abs() <= DAY);
        let at_its_end = ends.held_until.is_some_and(due_then);
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

    fn grant_kind(&self, held: &Held, policy: Option<&PolicyId>, history: Option<&RequestHistory>) -> GrantKind {
        let grant = held.interval.grant.unwrap_or_default();
        if held.entitlement.kind != EntitlementKind::AccessPackage {
            return match grant {
                _ if held.timeline.by_pim => GrantKind::Pim,
                Act { by_pim: true, .. } => GrantKind::Pim,
                Act { by_service: true, .. } => GrantKind::System,
                _ => GrantKind::Direct,
            };
        }
        let automatic = policy.and_then(|p| self.access.policies.get(p)).is_some_and(|p| p.automatic);
        match history.map(|h| h.kind.as_str()) {
            _ if automatic => GrantKind::AutoAssignment,
            Some("userAdd") => GrantKind::UserRequest,
            Some("onBehalfAdd") => GrantKind::OnBehalf,
            Some("adminAdd") => GrantKind::AdminDirect,
            Some("systemAdd") => GrantKind::System,
            _ => GrantKind::Unknown,
        }
    }
}

fn holder(access: &AccessModel, principal: &PrincipalId) -> Holder {
    let (state, since) = access.principal_state(principal, access.as_of);
    Holder {
        name: access.principal_name(principal),
        kind: access.principal_type(principal, access.as_of),
        state,
        since,
    }
}

/// When an interval lasts, as of an instant.
pub(super) fn span_at(i: &Interval, as_of: Instant) -> Span {
    let ends = ends_at(i, as_of);
    Span {
        from_certainty: i.from_certainty,
        until_certainty: ends.certainty,
        held_from: i.held_from(),
        held_until: ends.held_until,
        from_earliest: i.from_earliest,
        from_latest: i.from_latest,
        until_earliest: ends.until_earliest,
        until_latest: ends.until_latest,
        proved: proved_at(i, ends.certainty, as_of),
    }
}

/// The last value that is known by then, else the first one that is known later.
fn last_by<T: Clone>(told: &[(Instant, T)], as_of: Instant) -> Option<T> {
    let by_then = told.iter().filter(|(at, _)| *at <= as_of).max_by_key(|(at, _)| *at);
    by_then.or_else(|| told.iter().min_by_key(|(at, _)| *at)).map(|(_, value)| value.clone())
}

/// The end that was set, as far as it was known by then; one that is known only later when none was.
fn schedule_at(i: &Interval, as_of: Instant) -> Option<Schedule> {
    let by_then = i.schedules.iter().rev().find(|(at, _)| *at <= as_of);
    by_then.or_else(|| i.schedules.first()).map(|(_, s)| *s)
}

/// The end as of an instant: what ends later was held then.
fn ends_at(i: &Interval, as_of: Instant) -> Ends {
    let over = |certainty, held_until, until_latest| Ends {
        certainty,
        held_until,
        until_earliest: i.until_earliest,
        until_latest,
        over: true,
    };
    match i.end {
        End::Exact(end) if end <= as_of => return over(Certainty::Exact, Some(end), Some(end)),
        End::Bounded(latest) if i.until_earliest.is_none_or(|e| e <= as_of) => {
            return over(Certainty::Bounded, i.until_earliest.or(i.from_latest), Some(latest));
        }
        End::None => {
            if let Some(Schedule::Ends(due)) = schedule_at(i, as_of)
                && due <= as_of
                && i.last_witness < due
            {
                return over(Certainty::Scheduled, Some(i.from_latest.map_or(due, |f| f.max(due))), None);
            }
        }
        End::Exact(_) | End::Bounded(_) => {}
    }
    let reach = i.proved.iter().rev().find(|w| w.from <= as_of).map(|w| w.until);
    let reached = reach.filter(|r| r.0.saturating_add(LAG) > as_of.0);
    Ends {
        certainty: if reached.is_some() { Certainty::Open } else { Certainty::Unknown },
        held_until: None,
        until_earliest: i.until_earliest.map(|e| e.min(as_of)).filter(|_| reach.is_some()),
        until_latest: None,
        over: false,
    }
}

/// The proved stretches; what counts as open is proved as of then.
fn proved_at(i: &Interval, certainty: Certainty, as_of: Instant) -> Vec<Window> {
    let mut proved = i.proved.clone();
    if certainty == Certainty::Open
        && let Some(last) = proved.iter_mut().rev().find(|w| w.from <= as_of)
    {
        last.until = last.until.max(as_of.plus(1));
    }
    merge_windows(proved)
}

impl AccessModel {
    /// The name of an entitlement as of the instant of the questions; its id where no witness names it.
    #[must_use]
    pub fn entitlement_name(&self, key: &EntitlementKey) -> Interned {
        self.entitlement_name_at(key, self.as_of)
    }

    /// The name of an entitlement at an instant; its id where no witness names it.
    #[must_use]
    pub fn entitlement_name_at(&self, key: &EntitlementKey, at: Instant) -> Interned {
        let resource = key.resource();
        let named = || self.names.of(resource).map(|n| n.shown_at(at)).filter(|n| !n.is_empty());
        let name = match key.kind {
            EntitlementKind::AppRole => named().map(|app| self.app_role_name(key, app)),
            EntitlementKind::DirectoryRole => self.roles.get(resource).map(|n| Interned::from(n)).or_else(named),
            EntitlementKind::AccessPackage => named().or_else(|| self.packages.get(&PackageId::new(resource)).map(|p| Interned::from(&p.name))),
            EntitlementKind::Group | EntitlementKind::SiteRole => named(),
        };
        name.filter(|n| !n.is_empty()).unwrap_or_else(|| resource.into())
    }

    fn app_role_name(&self, key: &EntitlementKey, app: Interned) -> Interned {
        let role = key.id.split_once('/').map_or("", |(_, role)| role);
        let exported = self.apps.get(key.resource()).and_then(|a| a.roles.get(role).map(String::as_str));
        let told = || self.names.app_role(key.id).map(|n| n.as_str());
        match exported.or_else(told) {
            Some(role) => Interned::from(&format!("{app} / {role}")),
            None => app,
        }
    }

    /// `user`, `guest`, `group`, `service_principal` or `unknown`, at an instant: the record's `userType` decides who is a guest.
    #[must_use]
    pub fn principal_type(&self, principal: &PrincipalId, at: Instant) -> &'static str {
        let Some(named) = self.names.of(principal.as_str()) else {
            return if self.people.contains_key(principal) { "user" } else { "unknown" };
        };
        match named.kind {
            ObjectKind::User if named.at(at).is_some_and(|n| n.user_type.eq_ignore_ascii_case("guest")) => "guest",
            ObjectKind::User => "user",
            ObjectKind::Group => "group",
            ObjectKind::ServicePrincipal => "service_principal",
            ObjectKind::Package | ObjectKind::Role => "unknown",
        }
    }

    /// Whether the account could be used at an instant, and since when it was in that state where somebody saw the change.
    #[must_use]
    pub fn principal_state(&self, principal: &PrincipalId, at: Instant) -> (PrincipalState, Option<Instant>) {
        match self.accounts.at(principal, at) {
            Some(state) => (state.state(), state.since),
            None if self.names.of(principal.as_str()).is_some() => (PrincipalState::Active, None),
            None => (PrincipalState::Unknown, None),
        }
    }
}
