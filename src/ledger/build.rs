//! From one commit's evidence to the access model.

use crate::lake::objects::AssignmentRow;
use crate::lake::table::Table;
use crate::ledger::access_model::{AccessModel, Covered, Gaps, Look, Looks, RequestHistory, SeenAt};
use crate::ledger::evidence::{Evidence, UsageDay};
use crate::ledger::lanes::{self, Lane};
use crate::ledger::scan::{self, Horizon, Interval};
use crate::ledger::sightings::{Collection, Contents, Sightings, SnapshotFacts};
use crate::ledger::{coverage, directory, facts, requests};
use crate::model::time::{DAY, MINUTE};
use crate::model::{
    AccessEvent, Action, Certainty, EntitlementKey, EntitlementKind, GrantKind, Holding, Instant, Interned, Outcome, PackageId, PolicyId, PrincipalId,
    PrincipalState, RequestId, Window,
};
use ahash::AHashMap;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the ledger is told beside the evidence.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The instant of the questions; the newest observation when not given.
    pub as_of: Option<Instant>,
    /// Packages that the configuration calls sensitive.
    pub sensitive_packages: Vec<String>,
}

/// Tellings of one act without ids may lie this far apart.
const SAME_ACT: i64 = MINUTE;

/// The log may lag behind the newest look by this much: sign-in and audit records arrive within a day (GRAPH 3.5).
const LOG_LAG: i64 = DAY;

/// One commit's evidence, read and sorted once, from which access models as of any instant are built.
///
/// What does not depend on the instant is made here and shared by all of them.
pub struct Ledger {
    evidence: Evidence,
    sightings: Sightings,
    events: Arc<Vec<AccessEvent>>,
    looks: Arc<Looks>,
    seen: Arc<SeenAt>,
    assignments: Contents,
    requests: Contents,
    coverage: BTreeMap<String, Covered>,
    collection_gaps: BTreeMap<String, Gaps>,
    newest: Instant,
}

impl Ledger {
    /// Sorts the evidence of one commit.
    #[must_use]
    pub fn new(evidence: Evidence) -> Self {
        let mut evidence = evidence;
        let sightings = Sightings::new(std::mem::take(&mut evidence.sightings), &evidence.snapshots);
        let mut events = std::mem::take(&mut evidence.audit_events);
        events.sort_by(|a, b| (a.at, &a.id, &a.content_hash).cmp(&(b.at, &b.id, &b.content_hash)));
        evidence.audit_facts.take(&events);
        Arc::make_mut(&mut evidence.usage).par_sort_unstable_by(UsageDay::order);
        let events = facts::one_act_once(std::mem::take(&mut evidence.audit_facts.told), SAME_ACT);
        let (coverage, collection_gaps) = coverage::by_subject(&evidence.coverage);
        Self {
            events: Arc::new(events),
            looks: Arc::new(looks(&sightings)),
            seen: Arc::new(seen(&sightings)),
            coverage,
            collection_gaps,
            newest: newest(&evidence, &sightings),
            assignments: Contents::of(&evidence.assignments),
            requests: Contents::of(&evidence.requests),
            evidence,
            sightings,
        }
    }

    /// The newest observation.
    #[must_use]
    pub fn newest(&self) -> Instant {
        self.newest
    }

    /// Which time each log covers.
    #[must_use]
    pub fn coverage(&self) -> &BTreeMap<String, Covered> {
        &self.coverage
    }

    /// Looks by collection and scope.
    #[must_use]
    pub fn looks(&self) -> &Looks {
        &self.looks
    }

    /// The access model as of an instant.
    #[must_use]
    pub fn access(&self, settings: &Settings) -> AccessModel {
        access(self, settings)
    }
}

/// Builds the one access model that is wanted of a commit.
#[must_use]
pub fn build(evidence: Evidence, settings: &Settings) -> AccessModel {
    Ledger::new(evidence).access(settings)
}

fn access(ledger: &Ledger, settings: &Settings) -> AccessModel {
    let Ledger { evidence, sightings, .. } = ledger;
    let mut access = AccessModel {
        tenant: evidence.tenant.clone(),
        as_of: settings.as_of.unwrap_or(ledger.newest),
        events: Arc::clone(&ledger.events),
        looks: Arc::clone(&ledger.looks),
        seen: Arc::clone(&ledger.seen),
        usage: Arc::clone(&evidence.usage),
        coverage: ledger.coverage.clone(),
        collection_gaps: ledger.collection_gaps.clone(),
        unknown_activities: evidence.unknown_activities.clone(),
        ..AccessModel::default()
    };
    let (as_of, events) = (access.as_of, &ledger.events);
    // Packages with their requests, resources, and the directory have nothing to do with one another until holdings are made.
    let ((requests, packages), ((), resources)) = rayon::join(
        || {
            let rows = sightings.current_of(&evidence.requests, &ledger.requests, as_of);
            let approvals = sightings.current_unsorted(&evidence.approvals, as_of);
            let mut requests = requests::stories(&rows, &approvals, events);
            through_assignments(&mut requests, evidence, &ledger.assignments);
            let lanes = lanes::of_packages(evidence, &ledger.assignments, sightings, events, &requests);
            (requests, lanes)
        },
        || {
            rayon::join(
                || directory::fill(&mut access, evidence, sightings, settings),
                || lanes::of_resources(evidence, sightings, events),
            )
        },
    );
    access.requests = requests;
    access.index();
    let known = Known::of(&access, packages.keys().chain(resources.keys()));
    let mut holdings: Vec<Holding> = packages
        .into_par_iter()
        .chain(resources)
        .flat_map_iter(|((principal, entitlement), group)| {
            let of = |lane| holdings_of(&known, &principal, &entitlement, lane);
            group.into_iter().flat_map(of).collect::<Vec<_>>()
        })
        .filter(|h| h.from_earliest.or(h.from_latest).or(h.held_from).is_none_or(|f| f <= access.as_of))
        .collect();
    holdings.par_sort_by(|a, b| order(a).cmp(&order(b)));
    access.holdings = holdings;
    access
}

fn order(h: &Holding) -> (&PrincipalId, &EntitlementKey, Option<Instant>, Option<Instant>, Option<&str>) {
    (
        &h.principal,
        &h.entitlement,
        h.from_latest,
        h.held_until,
        h.assignment.as_ref().map(crate::model::AssignmentId::as_str),
    )
}

/// The newest observation: looks and logs, and files dated by their modification time only when there is nothing else.
fn newest(evidence: &Evidence, sightings: &Sightings) -> Instant {
    let looks = sightings
        .iter()
        .flat_map(|(_, c)| c.seen.values().flatten().filter(|s| !s.presence_only).map(|s| s.at));
    let snapshots = evidence.snapshots.iter().filter(|s| s.dated_by != "modified").map(|s| s.observed_at);
    let usage = evidence.usage.iter().filter_map(|u| u.last_success);
    let weak = || sightings.iter().flat_map(|(_, c)| c.seen.values().flatten().map(|s| s.at)).max();
    looks
        .chain(snapshots)
        .chain(evidence.audit_facts.newest)
        .chain(usage)
        .max()
        .or_else(weak)
        .unwrap_or_default()
}

/// Requests that name an assignment, but not the package, policy or holder that it names.
fn through_assignments(requests: &mut BTreeMap<RequestId, RequestHistory>, evidence: &Evidence, contents: &Contents) {
    for story in requests.values_mut() {
        let rows = story
            .assignment
            .as_ref()
            .and_then(|a| contents.0.get(&a.interned()))
            .map_or(&[][..], Vec::as_slice);
        let rows: Vec<&AssignmentRow> = rows.iter().map(|i| &evidence.assignments[*i]).collect();
        // Contents of one assignment differ in what was expanded: the least text that names a thing is taken, in any order of input.
        let told = |pick: fn(&AssignmentRow) -> Option<&Interned>| rows.iter().filter_map(|r| pick(r)).min();
        story.package = story.package.take().or_else(|| told(|r| r.package_id.as_ref()).map(|p| PackageId::of(*p)));
        story.policy = story.policy.take().or_else(|| told(|r| r.policy_id.as_ref()).map(|p| PolicyId::of(*p)));
        if let Some(target) = told(|r| r.target_id.as_ref()) {
            story.recipient = Some(PrincipalId::of(*target));
        }
    }
}

/// Looks by collection and scope.
fn looks(sightings: &Sightings) -> Looks {
    let look = |(_, l): &(Interned, SnapshotFacts)| Look {
        at: l.at,
        complete: l.complete,
    };
    let of = |(name, collection): (&Interned, &Collection)| {
        let name = *name;
        let scopes: Vec<_> = collection
            .looks
            .iter()
            .map(|(scope, looks)| ((name, *scope), looks.iter().map(look).collect()))
            .collect();
        scopes
    };
    sightings.iter().flat_map(of).collect()
}

/// When objects were seen at top level, of the collections that a check asks about.
fn seen(sightings: &Sightings) -> SeenAt {
    let mut all = SeenAt::new();
    for table in [Table::Memberships, Table::AppRoleAssignments, Table::Assignments] {
        for (object, seen) in &sightings.of(table).seen {
            let mut instants: Vec<Instant> = seen.iter().filter(|s| s.snapshot.is_some()).map(|s| s.at).collect();
            instants.dedup();
            instants.shrink_to_fit();
            all.insert((table.name().into(), *object), instants);
        }
    }
    all
}

/// What every holding asks about its holder, its entitlement and its request, found once.
struct Known<'e> {
    access: &'e AccessModel,
    principals: AHashMap<PrincipalId, Holder>,
    entitlements: AHashMap<EntitlementKey, Interned>,
    requests: AHashMap<&'e RequestId, &'e RequestHistory>,
}

/// Who holds.
struct Holder {
    name: Interned,
    kind: &'static str,
    state: PrincipalState,
    since: Option<Instant>,
}

impl<'e> Known<'e> {
    fn of<'k>(access: &'e AccessModel, keys: impl Iterator<Item = &'k (PrincipalId, EntitlementKey)>) -> Self {
        let mut known = Self {
            access,
            principals: AHashMap::new(),
            entitlements: AHashMap::new(),
            // An interval that no request began or ended has an empty id.
            requests: access.requests.iter().filter(|(id, _)| !id.as_str().is_empty()).collect(),
        };
        for (principal, key) in keys {
            known.principals.entry(principal.clone()).or_insert_with(|| {
                let (state, since) = principal_state(access, principal);
                Holder {
                    name: access.principal_name(principal),
                    kind: principal_type(access, principal),
                    state,
                    since,
                }
            });
            known.entitlements.entry(key.clone()).or_insert_with(|| entitlement_name(access, key).into());
        }
        known
    }
}

fn holdings_of(known: &Known, principal: &PrincipalId, entitlement: &EntitlementKey, lane: Lane) -> Vec<Holding> {
    let mut lane = lane;
    let access = known.access;
    let points = std::mem::take(&mut lane.points);
    let scheduled = lane.scheduled();
    let newest_look = lane.collection.as_ref().and_then(|(table, scope)| {
        let looks = access.looks.get(&(table.name().into(), *scope))?;
        looks.iter().map(|l| l.at).filter(|t| *t <= access.as_of).max()
    });
    let is_listed = newest_look.is_some_and(|look| newest_sighting_at(&points, look));
    let log_end = access.coverage.get("audit").and_then(|c| c.any.last()).map(|w| w.until.min(access.as_of));
    let watched_since = |proved: Instant| {
        let listed = is_listed && newest_look.is_some_and(|look| proved >= look.plus(-DAY));
        let logged =
            log_end.is_some_and(|end| end.plus(LOG_LAG) >= access.as_of && (proved >= end || access.covered("audit", Window { from: proved, until: end })));
        listed || logged
    };
    let horizon = Horizon {
        same_act: SAME_ACT,
        granted_once: !lane.pim && matches!(entitlement.kind, EntitlementKind::Group | EntitlementKind::AppRole),
        scheduled: scheduled.flatten(),
        as_of: access.as_of,
        watched_since: &watched_since,
        logged: &|from, until| from >= until || access.covered("audit", Window { from, until }),
    };
    let intervals = scan::scan(points, &horizon);
    intervals
        .into_iter()
        .map(|i| holding(known, principal, entitlement, &lane, scheduled, i))
        .collect()
}

fn newest_sighting_at(points: &[scan::Point], look: Instant) -> bool {
    points.iter().any(|p| matches!(p, scan::Point::Present { at, .. } if *at >= look))
}

fn holding(
    known: &Known,
    principal: &PrincipalId,
    entitlement: &EntitlementKey,
    lane: &Lane,
    scheduled: Option<Option<Instant>>,
    interval: Interval,
) -> Holding {
    let access = known.access;
    let mut interval = interval;
    later_ends_show_as_held(&mut interval, access.as_of);
    let story = story_of(known, principal, entitlement, lane, &interval);
    let removal = known.requests.get(&RequestId::of(interval.end_request));
    let mut evidence = std::mem::take(&mut interval.evidence);
    if let Some(story) = story {
        evidence.extend(story.evidence.iter().copied());
    }
    evidence.sort();
    evidence.dedup();
    let grant_kind = grant_kind(access, entitlement, lane, story);
    let approvals = story.map(|s| s.decisions.clone()).unwrap_or_default();
    // Every key of a lane is known.
    let holder = &known.principals[principal];
    let entitlement_name = known.entitlements[entitlement];
    let requested_by = story.and_then(|s| s.requestor.clone());
    let end_reason = match removal.map(|r| r.kind.as_str()) {
        Some("systemRemove") => "expired",
        Some("adminRemove") => "removed_by_admin",
        Some("userRemove") => "removed_by_user",
        Some("approverRemove") => "removed_by_approver",
        _ if interval.end_reason == "ended" => "removed",
        _ => interval.end_reason,
    };
    Holding {
        principal: principal.clone(),
        principal_name: holder.name,
        principal_type: holder.kind.into(),
        entitlement: entitlement.clone(),
        path: entitlement_name,
        entitlement_name,
        held_from: interval.held_from,
        held_until: interval.held_until,
        from_certainty: interval.from_certainty,
        until_certainty: interval.until_certainty,
        from_earliest: interval.from_earliest,
        from_latest: interval.from_latest,
        until_earliest: interval.until_earliest,
        until_latest: interval.until_latest,
        scheduled_until: scheduled.flatten(),
        no_expiration: scheduled == Some(None),
        last_seen: interval.last_seen,
        assignment_state: if entitlement.id.ends_with("|eligible") { "eligible" } else { "active" },
        grant_kind,
        partially_delivered: lane.partially_delivered,
        on_behalf_of: if grant_kind == GrantKind::OnBehalf { Some(principal.clone()) } else { None },
        requested_by,
        granted_by: match story.and_then(|s| s.administrator.as_ref()) {
            Some(admin) => access.principal_name(admin),
            None => lane.granted_by,
        },
        approved_by: approvals
            .iter()
            .filter(|d| d.decision == "approved")
            .map(|d| if d.name.is_empty() { d.who } else { d.name })
            .collect(),
        decisions: approvals,
        justification: story.and_then(|s| s.justification),
        ended_by: interval.ended_by,
        end_reason: end_reason.into(),
        principal_state: holder.state,
        principal_state_since: holder.since,
        assignment: lane.assignment.clone(),
        request: story.map(|s| s.id.clone()),
        policy: lane.policy.clone().or_else(|| story.and_then(|s| s.policy.clone())),
        evidence,
    }
}

/// What ended after the instant of the questions was held then.
fn later_ends_show_as_held(interval: &mut Interval, as_of: Instant) {
    if interval.held_until.is_some_and(|u| u > as_of) {
        interval.held_until = None;
        interval.until_certainty = Certainty::Open;
        interval.until_earliest = Some(as_of);
        interval.until_latest = None;
        interval.end_reason = "";
        interval.ended_by = Interned::default();
        interval.end_request = Interned::default();
    }
}

/// The request behind a holding: the one that was delivered then, else the last one for this assignment or holder before its beginning.
fn story_of<'e>(known: &Known<'e>, principal: &PrincipalId, entitlement: &EntitlementKey, lane: &Lane, interval: &Interval) -> Option<&'e RequestHistory> {
    if entitlement.kind != EntitlementKind::AccessPackage {
        return None;
    }
    if let Some(story) = known.requests.get(&RequestId::of(interval.grant_request)) {
        return Some(story);
    }
    let assignment = lane.assignment.as_ref()?;
    let adds = |s: &&RequestHistory| s.kind.ends_with("Add") && s.recipient.as_ref() == Some(principal) && s.assignment.as_ref() == Some(assignment);
    known.access.requests_of(principal).filter(adds).max_by_key(|s| s.created_at)
}

fn grant_kind(access: &AccessModel, entitlement: &EntitlementKey, lane: &Lane, story: Option<&RequestHistory>) -> GrantKind {
    if entitlement.kind != EntitlementKind::AccessPackage {
        return match lane {
            Lane { pim: true, .. } => GrantKind::Pim,
            Lane { by_service: true, .. } => GrantKind::System,
            _ => GrantKind::Direct,
        };
    }
    let automatic = lane
        .policy
        .as_ref()
        .or_else(|| story.and_then(|s| s.policy.as_ref()))
        .and_then(|p| access.policies.get(p))
        .is_some_and(|p| p.automatic);
    match story.map(|s| s.kind.as_str()) {
        _ if automatic => GrantKind::AutoAssignment,
        Some("userAdd") => GrantKind::UserRequest,
        Some("onBehalfAdd") => GrantKind::OnBehalf,
        Some("adminAdd") => GrantKind::AdminDirect,
        Some("systemAdd") => GrantKind::System,
        _ => GrantKind::Unknown,
    }
}

fn principal_type(access: &AccessModel, principal: &PrincipalId) -> &'static str {
    match access.people.get(principal) {
        Some(person) if person.guest => "guest",
        Some(_) => "user",
        None if access.groups.contains_key(principal.as_str()) => "group",
        None if access.apps.contains_key(principal.as_str()) => "service_principal",
        None => "unknown",
    }
}

fn principal_state(access: &AccessModel, principal: &PrincipalId) -> (PrincipalState, Option<Instant>) {
    let Some(person) = access.people.get(principal) else {
        let known = access.groups.contains_key(principal.as_str()) || access.apps.contains_key(principal.as_str());
        return (if known { PrincipalState::Active } else { PrincipalState::Unknown }, None);
    };
    let since = |action: Action| {
        let of_person = |e: &&AccessEvent| e.action == action && e.outcome != Outcome::Failure && e.at <= access.as_of;
        let events = access.account_events.get(principal).into_iter().flatten().rev();
        events.map(|i| &access.events[*i]).find(of_person).map(|e| e.at)
    };
    match person {
        p if p.deleted_at.is_some_and(|t| t <= access.as_of) => (PrincipalState::Deleted, p.deleted_at),
        p if p.enabled == Some(false) => (PrincipalState::Disabled, since(Action::AccountDisabled)),
        _ => (PrincipalState::Active, None),
    }
}

fn entitlement_name(access: &AccessModel, key: &EntitlementKey) -> String {
    let resource = key.resource();
    let name = match key.kind {
        EntitlementKind::AccessPackage => access.packages.get(&PackageId::new(resource)).map(|p| p.name.clone()),
        EntitlementKind::Group => access.groups.get(resource).map(|g| g.name.clone()),
        EntitlementKind::AppRole => access.apps.get(resource).map(|a| {
            let role = key.id.split('/').nth(1).unwrap_or_default();
            a.roles.get(role).map_or_else(|| a.name.clone(), |r| format!("{} / {r}", a.name))
        }),
        EntitlementKind::DirectoryRole => access.roles.get(resource).cloned(),
        EntitlementKind::SiteRole => None,
    };
    name.filter(|n| !n.is_empty()).unwrap_or_else(|| resource.to_string())
}
