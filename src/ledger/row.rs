//! A row of the ledger, whatever the instant of the questions is, and the holding that it is as of an instant.
//!
//! Rows can be kept: everything that a holding shows follows from its row, the names of objects and the states of accounts.

use crate::lake::column::columns;
use crate::ledger::access_model::AccessModel;
use crate::ledger::intervals::{End, Interval, LONG_SNAPSHOT};
use crate::ledger::names::ObjectKind;
use crate::ledger::span::Span;
use crate::ledger::timeline::Schedule;
use crate::model::time::merge_windows;
use crate::model::{
    AssignmentId, Certainty, Decision, EntitlementKey, EntitlementKind, GrantKind, Holding, Instant, Interned, PackageId, PolicyId, PrincipalId,
    PrincipalState, RequestId, Window,
};
use ahash::AHashMap;

columns! {
    /// A stretch in which witnesses prove a holding, half-open.
    struct ProvedSpan {
        /// First instant inside.
        from: Instant,
        /// First instant after.
        until: Instant,
    }

    /// An end that was set.
    struct EndSet {
        /// Since when it is known.
        known_at: Instant,
        /// `ends`, `never`, or `unknown` where it was moved and no witness says where to.
        kind: Interned,
        /// The end.
        at: Option<Instant>,
    }

    /// A policy that an assignment was seen under.
    struct PolicySeen {
        /// When.
        at: Instant,
        /// The policy, by id.
        policy: Interned,
        /// Whether it assigns by a rule.
        automatic: bool,
    }

    /// Whether an assignment was delivered whole.
    struct DeliverySeen {
        /// When that was seen.
        at: Instant,
        /// In part only.
        partial: bool,
    }

    /// A decision on the request.
    struct DecisionMade {
        /// The stage, from 1.
        stage: Option<i64>,
        /// The approver's object id.
        who: Interned,
        /// The approver's name at that time.
        name: Interned,
        /// When, RFC 3339.
        at: Interned,
        /// `approved`, `auto-approved` or `denied`.
        decision: Interned,
        /// The approver's reason.
        reason: Interned,
    }

    /// One principal held one entitlement, once.
    struct LedgerRow {
        /// Who, by object id.
        principal: Interned,
        /// `access_package`, `group` …
        entitlement_kind: Interned,
        /// Key of the entitlement.
        entitlement_id: Interned,
        /// The resource that it is on.
        resource: Interned,
        /// The assignment behind it.
        assignment: Option<Interned>,
        /// The request behind it.
        request: Option<Interned>,
        /// Policies that it was under.
        policies: Vec<PolicySeen>,
        /// How the beginning is known.
        from_certainty: Interned,
        /// It did not begin before this.
        from_earliest: Option<Instant>,
        /// It did not begin after this.
        from_latest: Option<Instant>,
        /// `none`, `exact` or `bounded`.
        end: Interned,
        /// The exact end, or the latest possible one.
        end_at: Option<Instant>,
        /// It did not end before this.
        until_earliest: Option<Instant>,
        /// Stretches that are proved, sorted and disjoint.
        proved: Vec<ProvedSpan>,
        /// The last fact that proves it.
        last_witness: Instant,
        /// The last snapshot that listed it.
        last_seen: Option<Instant>,
        /// Ends that were set, in the order in which they became known.
        ends_set: Vec<EndSet>,
        /// Deliveries as seen.
        deliveries: Vec<DeliverySeen>,
        /// How it came about, whatever policy it was under.
        grant_kind: Interned,
        /// Who asked, by object id.
        requested_by: Option<Interned>,
        /// Who granted it, by name.
        granted_by: Interned,
        /// Decisions on the request, in order.
        decisions: Vec<DecisionMade>,
        /// The reason given for the request.
        justification: Option<Interned>,
        /// Who ended it, by name.
        ended_by: Interned,
        /// Why it ended.
        end_reason: Interned,
        /// The records that show it, `table:id`, sorted.
        evidence: Vec<Interned>,
    }
}

/// What was pulled within an hour counts as one instant: what is proved until so long before the instant of the questions counts as
/// proved at that instant.
const LAG: i64 = LONG_SNAPSHOT;

/// The end of an interval as of an instant.
struct Ends {
    certainty: Certainty,
    held_until: Option<Instant>,
    until_earliest: Option<Instant>,
    until_latest: Option<Instant>,
    /// Whether it is over as far as witnesses or schedules tell.
    over: bool,
}

impl EndSet {
    pub(super) fn of((known_at, end): &(Instant, Schedule)) -> Self {
        let (kind, at) = match end {
            Schedule::Ends(at) => ("ends", Some(*at)),
            Schedule::Never => ("never", None),
            Schedule::Unknown => ("unknown", None),
        };
        Self {
            known_at: *known_at,
            kind: kind.into(),
            at,
        }
    }

    fn schedule(&self) -> (Instant, Schedule) {
        let end = match (self.kind.as_str(), self.at) {
            ("ends", Some(at)) => Schedule::Ends(at),
            ("never", _) => Schedule::Never,
            _ => Schedule::Unknown,
        };
        (self.known_at, end)
    }
}

impl DecisionMade {
    pub(super) fn of(d: &Decision) -> Self {
        Self {
            stage: d.stage.map(i64::from),
            who: d.who,
            name: d.name,
            at: d.at,
            decision: d.decision,
            reason: d.reason,
        }
    }

    fn decision(&self) -> Decision {
        Decision {
            stage: self.stage.and_then(|s| u32::try_from(s).ok()),
            who: self.who,
            name: self.name,
            at: self.at,
            decision: self.decision,
            reason: self.reason,
        }
    }
}

/// How holders and entitlements are called as of the instant of an access model, each found once.
pub(super) struct Shown<'a> {
    access: &'a AccessModel,
    holders: AHashMap<Interned, Holder>,
    entitlements: AHashMap<(EntitlementKind, Interned), Interned>,
}

/// Who holds.
struct Holder {
    name: Interned,
    kind: &'static str,
    state: PrincipalState,
    since: Option<Instant>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(access: &'a AccessModel, rows: &[LedgerRow]) -> Self {
        let mut shown = Self {
            access,
            holders: AHashMap::new(),
            entitlements: AHashMap::new(),
        };
        for row in rows {
            shown.holders.entry(row.principal).or_insert_with(|| {
                let principal = PrincipalId::of(row.principal);
                let (state, since) = access.principal_state(&principal, access.as_of);
                Holder {
                    name: access.principal_name(&principal),
                    kind: access.principal_type(&principal, access.as_of),
                    state,
                    since,
                }
            });
            let key = row.entitlement();
            shown.entitlements.entry((key.kind, key.id)).or_insert_with(|| access.entitlement_name(&key));
        }
        shown
    }

    /// A row as of the instant of the access model; every holder and entitlement of it was given to [`Shown::of`].
    pub(super) fn holding(&self, row: &LedgerRow) -> Holding {
        let as_of = self.access.as_of;
        let i = row.interval();
        let schedule = schedule_at(&i, as_of);
        let ends = ends_at(&i, as_of);
        let entitlement = row.entitlement();
        let holder = &self.holders[&row.principal];
        let entitlement_name = self.entitlements[&(entitlement.kind, entitlement.id)];
        let policy = last_by(&row.policies, |p| p.at, as_of);
        let grant_kind = match policy {
            Some(PolicySeen { automatic: true, .. }) => GrantKind::AutoAssignment,
            _ => GrantKind::from_word(&row.grant_kind).unwrap_or(GrantKind::Unknown),
        };
        let (end_reason, ended_by) = match (ends.over, ends.certainty) {
            (false, _) => Default::default(),
            (true, Certainty::Scheduled) => ("scheduled_end".into(), Interned::default()),
            (true, _) => (row.end_reason, row.ended_by),
        };
        let decisions: Vec<Decision> = row.decisions.iter().map(DecisionMade::decision).collect();
        Holding {
            principal: PrincipalId::of(row.principal),
            principal_name: holder.name,
            principal_type: holder.kind.into(),
            path: entitlement_name,
            entitlement_name,
            held_from: held_from(&i, ends.held_until),
            held_until: ends.held_until,
            from_certainty: i.from_certainty,
            until_certainty: ends.certainty,
            from_earliest: i.from_earliest,
            from_latest: i.from_latest,
            until_earliest: ends.until_earliest,
            until_latest: ends.until_latest,
            proved: proved_at(&i, ends.certainty, as_of),
            scheduled_until: if let Some(Schedule::Ends(end)) = schedule { Some(end) } else { None },
            no_expiration: schedule == Some(Schedule::Never),
            last_seen: row.last_seen,
            assignment_state: if entitlement.is_eligible() { "eligible" } else { "active" },
            grant_kind,
            partially_delivered: last_by(&row.deliveries, |d| d.at, as_of).is_some_and(|d| d.partial),
            whole_since: whole_since(&row.deliveries, as_of),
            on_behalf_of: (grant_kind == GrantKind::OnBehalf).then(|| PrincipalId::of(row.principal)),
            requested_by: row.requested_by.map(PrincipalId::of),
            granted_by: row.granted_by,
            approved_by: decisions
                .iter()
                .filter(|d| d.decision == "approved")
                .map(|d| if d.name.is_empty() { d.who } else { d.name })
                .collect(),
            decisions,
            justification: row.justification,
            ended_by,
            end_reason,
            principal_state: holder.state,
            principal_state_since: holder.since,
            assignment: row.assignment.map(AssignmentId::of),
            request: row.request.map(RequestId::of),
            policy: policy.map(|p| PolicyId::of(p.policy)),
            evidence: row.evidence.clone(),
            entitlement,
        }
    }
}

impl LedgerRow {
    /// Whether it can have begun by then.
    pub(super) fn began_by(&self, as_of: Instant) -> bool {
        self.from_earliest.or(self.from_latest).is_none_or(|f| f <= as_of)
    }

    /// What is held.
    #[must_use]
    pub fn entitlement(&self) -> EntitlementKey {
        EntitlementKey {
            kind: EntitlementKind::from_word(&self.entitlement_kind).unwrap_or(EntitlementKind::SiteRole),
            id: self.entitlement_id,
        }
    }

    fn interval(&self) -> Interval {
        let end = match (self.end.as_str(), self.end_at) {
            ("exact", Some(at)) => End::Exact(at),
            ("bounded", Some(at)) => End::Bounded(at),
            _ => End::None,
        };
        Interval {
            from_certainty: Certainty::from_word(&self.from_certainty).unwrap_or(Certainty::Unknown),
            from_earliest: self.from_earliest,
            from_latest: self.from_latest,
            end,
            until_earliest: self.until_earliest,
            proved: self.proved.iter().map(|s| Window { from: s.from, until: s.until }).collect(),
            last_witness: self.last_witness,
            carried_from: self.last_witness,
            last_seen: self.last_seen,
            schedules: self.ends_set.iter().map(EndSet::schedule).collect(),
            grant: None,
            ended: None,
            end_reason: "",
            evidence: Vec::new(),
            records: Vec::new(),
        }
    }
}

/// When an interval lasts, as of an instant.
pub(super) fn span_at(i: &Interval, as_of: Instant) -> Span {
    let ends = ends_at(i, as_of);
    Span {
        from_certainty: i.from_certainty,
        until_certainty: ends.certainty,
        held_from: held_from(i, ends.held_until),
        held_until: ends.held_until,
        from_earliest: i.from_earliest,
        from_latest: i.from_latest,
        until_earliest: ends.until_earliest,
        until_latest: ends.until_latest,
        proved: proved_at(i, ends.certainty, as_of),
    }
}

/// The last value that is known by then, else the first one that is known later.
fn last_by<T>(told: &[T], at: impl Fn(&T) -> Instant, as_of: Instant) -> Option<&T> {
    let by_then = told.iter().filter(|t| at(t) <= as_of).max_by_key(|t| at(t));
    by_then.or_else(|| told.iter().min_by_key(|t| at(t)))
}

/// Since when a delivery is whole that was seen in part before, as far as it was known by then.
fn whole_since(told: &[DeliverySeen], as_of: Instant) -> Option<Instant> {
    let by_then = || told.iter().filter(|d| d.at <= as_of);
    let partial = by_then().filter(|d| d.partial).map(|d| d.at).max()?;
    by_then().filter(|d| !d.partial && d.at > partial).map(|d| d.at).min()
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

/// The first instant that is proved; none where it may have been over before that instant, which stands for a whole day.
fn held_from(i: &Interval, held_until: Option<Instant>) -> Option<Instant> {
    i.held_from().filter(|from| held_until.is_none_or(|until| *from <= until))
}

/// The proved stretches; what counts as open counts as proved at the very instant of the questions.
fn proved_at(i: &Interval, certainty: Certainty, as_of: Instant) -> Vec<Window> {
    let mut proved = i.proved.clone();
    if certainty == Certainty::Open {
        proved.push(Window::at(as_of));
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
        // A group is no account: it can be deleted, and never disabled.
        let is_group = || self.names.of(principal.as_str()).is_some_and(|named| named.kind == ObjectKind::Group);
        match self.accounts.at(principal, at) {
            Some(state) if state.state() == PrincipalState::Unknown && is_group() => (PrincipalState::Active, None),
            Some(state) => (state.state(), state.since),
            None if is_group() => (PrincipalState::Active, None),
            None => (PrincipalState::Unknown, None),
        }
    }
}
