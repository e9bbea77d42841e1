//! Facts sorted into lanes: one for each assignment of a package, one for each other (principal, entitlement).

use crate::lake::objects::AssignmentRow;
use crate::lake::table::{Object, Table};
use crate::ledger::access_model::RequestHistory;
use crate::ledger::evidence::Evidence;
use crate::ledger::scan::Point;
use crate::ledger::sightings::{Contents, Seen, Sightings};
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::{
    AccessEvent, Action, AssignmentId, EntitlementKey, EntitlementKind, Instant, Interned, IsoDuration, Outcome, PolicyId, PrincipalId, RequestId,
};
use ahash::AHashMap;
use std::collections::{BTreeMap, HashMap};

/// How long a delivery may take: Entra takes up to a day to apply a change.
pub(super) const DELIVERY_LAG: i64 = DAY;

/// What is known of one principal and one entitlement or assignment.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub assignment: Option<AssignmentId>,
    pub policy: Option<PolicyId>,
    pub points: Vec<Point>,
    /// Ends that were set: when that was known, the end (none for no end at all), and the type.
    pub schedules: Vec<(Instant, Option<Instant>, Interned)>,
    pub partially_delivered: bool,
    /// Collection and scope whose newest look would have listed it.
    pub collection: Option<(Table, Interned)>,
    /// Whether the entitlement-management service added it.
    pub by_service: bool,
    /// Whether privileged identity management manages it.
    pub pim: bool,
    /// Who granted it, by name.
    pub granted_by: Interned,
    start: Option<Instant>,
}

/// All lanes, by principal and entitlement; the order of the map says nothing.
pub(super) type Lanes = HashMap<(PrincipalId, EntitlementKey), Vec<Lane>, ahash::RandomState>;

/// Requests by id.
pub(super) type Stories<'s> = AHashMap<&'s RequestId, &'s RequestHistory>;

/// Sorts all facts about packages.
pub(super) fn of_packages(
    evidence: &Evidence,
    contents: &Contents,
    sightings: &Sightings,
    events: &[AccessEvent],
    stories: &BTreeMap<RequestId, RequestHistory>,
) -> Lanes {
    let by_id: Stories = stories.iter().collect();
    let mut lanes = Lanes::default();
    assignments(&mut lanes, evidence, contents, sightings, stories);
    package_facts(&mut lanes, events, stories, &by_id);
    gone(&mut lanes, events);
    unlisted(&mut lanes, sightings);
    lanes
}

/// Sorts all facts about groups, app roles and directory roles.
pub(super) fn of_resources(evidence: &Evidence, sightings: &Sightings, events: &[AccessEvent]) -> Lanes {
    let mut lanes = Lanes::default();
    resource_looks(&mut lanes, evidence, sightings);
    resource_events(&mut lanes, events);
    gone(&mut lanes, events);
    unlisted(&mut lanes, sightings);
    lanes
}

/// One lane for each assignment that names a holder and a package, by itself or through a request.
fn assignments(lanes: &mut Lanes, evidence: &Evidence, contents: &Contents, sightings: &Sightings, stories: &BTreeMap<RequestId, RequestHistory>) {
    let mut through_request: AHashMap<&AssignmentId, &RequestHistory> = AHashMap::new();
    for story in stories.values() {
        if let Some(id) = &story.assignment {
            let adds = story.kind.ends_with("Add");
            let known = through_request.entry(id).or_insert(story);
            if adds && !known.kind.ends_with("Add") {
                *known = story;
            }
        }
    }
    let seen = &sightings.of(Table::Assignments).seen;
    for (id, positions) in &contents.0 {
        let mut ordered: Vec<&AssignmentRow> = positions.iter().map(|i| &evidence.assignments[*i]).collect();
        let assignment = AssignmentId::of(*id);
        let story = through_request.get(&assignment);
        ordered.sort_by_key(|a| a.content_hash);
        let principal = ordered
            .iter()
            .find_map(|r| r.target_id)
            .map(PrincipalId::of)
            .or_else(|| story.and_then(|s| s.recipient.clone()));
        let package = ordered
            .iter()
            .find_map(|r| r.package_id)
            .or_else(|| story.and_then(|s| s.package.as_ref().map(|p| p.interned())));
        // An assignment that names no holder or no package is kept in the lake and says nothing here: guess nothing.
        let (Some(principal), Some(package)) = (principal, package) else {
            continue;
        };
        let policy = ordered
            .iter()
            .find_map(|r| r.policy_id)
            .map(PolicyId::of)
            .or_else(|| story.and_then(|s| s.policy.clone()));
        let mut lane = Lane {
            assignment: Some(assignment),
            policy,
            collection: Some((Table::Assignments, "tenant".into())),
            ..Lane::default()
        };
        lane.start = ordered.iter().filter_map(|r| r.start_at).min();
        let evidence = Interned::from(&format!("assignments:{id}"));
        for seen in seen.get(id).into_iter().flatten() {
            if let Some(row) = ordered.iter().find(|r| r.content_hash == seen.content_hash) {
                look_at_assignment(&mut lane, row, seen, evidence);
            }
        }
        let key = EntitlementKey::package(&package);
        lanes.entry((principal, key)).or_default().push(lane);
    }
    for group in lanes.values_mut().filter(|g| g.len() > 1) {
        group.sort_by(|a, b| a.assignment.cmp(&b.assignment));
    }
}

fn look_at_assignment(lane: &mut Lane, row: &AssignmentRow, seen: &Seen, evidence: Interned) {
    match row.state.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
        state @ ("delivered" | "partiallydelivered") => {
            lane.partially_delivered = state == "partiallydelivered";
            let (at, since) = (seen.at, seen.since);
            lane.points.push(Point::Present {
                at,
                since,
                not_before: row.start_at,
                weak: seen.presence_only,
                evidence,
            });
            let no_end = row.expiration_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("noExpiration"));
            let by_duration = || Some(IsoDuration::parse(row.expiration_duration.as_deref()?)?.after(row.start_at?));
            let end = row.end_at.or_else(by_duration);
            if end.is_some() || no_end {
                lane.schedules.push((at, end, row.expiration_type.unwrap_or_default()));
            }
        }
        "expired" => match row.expired_at {
            Some(at) => {
                lane.points.push(Point::Ended {
                    at,
                    reason: "ended",
                    by: Interned::default(),
                    request: Interned::default(),
                    evidence,
                });
            }
            None => lane.points.push(Point::Absent {
                at: seen.at,
                since: seen.since,
            }),
        },
        // Being delivered, or failed: neither held nor ended.
        _ => {}
    }
}

/// Events and requests about packages.
fn package_facts(lanes: &mut Lanes, events: &[AccessEvent], stories: &BTreeMap<RequestId, RequestHistory>, by_id: &Stories) {
    let mut by_event: AHashMap<&RequestId, (bool, bool)> = AHashMap::new();
    for event in events.iter().filter(|e| e.outcome != Outcome::Failure) {
        if let Some(request) = &event.request {
            let told = by_event.entry(request).or_default();
            told.0 |= matches!(event.action, Action::Granted | Action::PartiallyGranted);
            told.1 |= matches!(event.action, Action::Removed | Action::Expired);
        }
    }
    let mut grants = Vec::new();
    let mut ends = Vec::new();
    for event in events.iter().filter(|e| e.outcome != Outcome::Failure) {
        let story = event.request.as_ref().and_then(|r| by_id.get(r)).copied();
        let package = event.entitlement.clone().filter(|k| k.kind == EntitlementKind::AccessPackage);
        let package = package.or_else(|| story.and_then(|s| s.package.as_ref()).map(|p| EntitlementKey::package(p.as_str())));
        let recipient = story.and_then(|s| s.recipient.clone()).or_else(|| event.principal.clone());
        let (Some(package), Some(principal)) = (package, recipient) else {
            continue;
        };
        let update = story.is_some_and(|s| s.kind.ends_with("Update"));
        let request = event.request.as_ref().map(RequestId::interned).unwrap_or_default();
        let evidence = event.source;
        let assignment = event.assignment.clone().or_else(|| story.and_then(|s| s.assignment.clone()));
        match event.action {
            Action::Granted | Action::PartiallyGranted if !update => {
                let point = Point::Granted {
                    at: event.at,
                    request,
                    evidence,
                };
                grants.push((principal, package, assignment, point, event.action == Action::PartiallyGranted));
            }
            Action::Removed | Action::Expired => {
                let reason = if event.action == Action::Expired { "expired" } else { "removed" };
                ends.push((
                    principal,
                    package,
                    assignment,
                    Point::Ended {
                        at: event.at,
                        reason,
                        by: event.actor_name,
                        request,
                        evidence,
                    },
                    true,
                ));
            }
            _ => {}
        }
    }
    for story in stories.values() {
        let delivered = matches!(story.state.as_str(), "delivered" | "partiallyDelivered");
        let (Some(at), Some(package), Some(principal)) = (story.completed_at, &story.package, &story.recipient) else {
            continue;
        };
        if !delivered {
            continue;
        }
        let key = EntitlementKey::package(package.as_str());
        let (request, evidence) = (story.id.interned(), Interned::from(&format!("requests:{}", story.id)));
        let (granted, removed) = by_event.get(&story.id).copied().unwrap_or_default();
        if story.kind.ends_with("Add") && !granted {
            let partial = story.state == "partiallyDelivered";
            grants.push((
                principal.clone(),
                key,
                story.assignment.clone(),
                Point::Granted { at, request, evidence },
                partial,
            ));
        } else if (story.kind.ends_with("Remove")) && !removed {
            ends.push((
                principal.clone(),
                key,
                story.assignment.clone(),
                Point::Ended {
                    at,
                    reason: "removed",
                    by: Interned::default(),
                    request,
                    evidence,
                },
                false,
            ));
        }
    }
    grants.sort_by(|a, b| a.3.at().cmp(&b.3.at()).then_with(|| format!("{:?}", a.3).cmp(&format!("{:?}", b.3))));
    ends.sort_by(|a, b| {
        (a.3.at(), !a.4)
            .cmp(&(b.3.at(), !b.4))
            .then_with(|| format!("{:?}", a.3).cmp(&format!("{:?}", b.3)))
    });
    for (principal, package, assignment, point, partial) in grants {
        let group = lanes.entry((principal, package)).or_default();
        let lane = lane_of_grant(group, assignment, point.at());
        lane.partially_delivered |= partial && lane.collection.is_none();
        lane.points.push(point);
    }
    for (principal, package, assignment, point, by_event) in ends {
        let group = lanes.entry((principal, package)).or_default();
        let at = point.at();
        let lane = lane_of_end(group, assignment, at);
        // A request's completion is told some time after the removal that the log timed exactly.
        let timed = lane
            .points
            .iter()
            .any(|p| matches!(p, Point::Ended { at: t, .. } if (t.0 - at.0).abs() <= HOUR));
        if by_event || !timed {
            lane.points.push(point);
        }
    }
    for story in stories.values().filter(|s| s.kind.ends_with("Add") || s.kind.ends_with("Update")) {
        extend(lanes, story);
    }
}

/// A delivered request tells the end that was set.
fn extend(lanes: &mut Lanes, story: &RequestHistory) {
    let no_end = story.expiration_type.eq_ignore_ascii_case("noExpiration");
    let (Some(package), Some(principal), Some(at)) = (&story.package, &story.recipient, story.completed_at.or(story.created_at)) else {
        return;
    };
    if !matches!(story.state.as_str(), "delivered" | "partiallyDelivered") || (story.end_at.is_none() && !no_end) {
        return;
    }
    let Some(group) = lanes.get_mut(&(principal.clone(), EntitlementKey::package(package.as_str()))) else {
        return;
    };
    let lane = match &story.assignment {
        Some(id) => group.iter_mut().find(|l| l.assignment.as_ref() == Some(id)),
        None => group
            .iter_mut()
            .filter(|l| l.begin().is_some_and(|b| b.0 <= at.0 + DELIVERY_LAG))
            .max_by_key(|l| l.begin()),
    };
    if let Some(lane) = lane {
        lane.schedules.push((at, story.end_at, story.expiration_type));
        lane.policy = lane.policy.take().or_else(|| story.policy.clone());
    }
}

/// The lane of a delivery: by assignment id, else by scheduled start, else the one without an assignment.
fn lane_of_grant(group: &mut Vec<Lane>, assignment: Option<AssignmentId>, at: Instant) -> &mut Lane {
    let by_id = assignment.as_ref().and_then(|id| group.iter().position(|l| l.assignment.as_ref() == Some(id)));
    let by_start = || {
        let fits = |l: &Lane| l.assignment.is_some() && l.start.is_some_and(|s| s.0 - 5 * MINUTE <= at.0 && at.0 <= s.0 + DELIVERY_LAG);
        let free = |l: &Lane| !l.points.iter().any(|p| matches!(p, Point::Granted { .. }));
        let distance = |l: &Lane| l.start.map_or(i64::MAX, |s| (at.0 - s.0).abs());
        (0..group.len())
            .filter(|i| fits(&group[*i]) && free(&group[*i]))
            .min_by_key(|i| distance(&group[*i]))
    };
    let index = match (by_id, &assignment) {
        (Some(i), _) => Some(i),
        (None, Some(_)) => None,
        (None, None) => by_start().or_else(|| group.iter().position(|l| l.assignment.is_none())),
    };
    let index = index.unwrap_or_else(|| {
        group.push(Lane { assignment, ..Lane::default() });
        group.len() - 1
    });
    &mut group[index]
}

/// The lane of an end: by assignment id, else the one that ended about then, else the last one begun and not ended.
fn lane_of_end(group: &mut Vec<Lane>, assignment: Option<AssignmentId>, at: Instant) -> &mut Lane {
    let ended_by = |l: &Lane, t: i64| l.points.iter().any(|p| matches!(p, Point::Ended { at, .. } if at.0 <= t));
    let ended_about = |l: &Lane| l.points.iter().any(|p| matches!(p, Point::Ended { at: t, .. } if (t.0 - at.0).abs() <= HOUR));
    let by_id = assignment.as_ref().and_then(|id| group.iter().position(|l| l.assignment.as_ref() == Some(id)));
    let about = || group.iter().position(ended_about);
    let open = || {
        let begun = |l: &Lane| l.begin().is_some_and(|b| b <= at);
        // The lane without an assignment may begin and end several times: its last fact decides.
        let last_is_grant = |l: &Lane| {
            l.points
                .iter()
                .filter(|p| p.at() <= at)
                .max_by_key(|p| p.at())
                .is_some_and(|p| !matches!(p, Point::Ended { .. }))
        };
        let still = |l: &Lane| {
            if l.assignment.is_some() { !ended_by(l, at.0) } else { last_is_grant(l) }
        };
        (0..group.len())
            .filter(|i| begun(&group[*i]) && still(&group[*i]))
            .max_by_key(|i| group[*i].begin())
    };
    let index = match (by_id, &assignment) {
        (Some(i), _) => Some(i),
        (None, Some(_)) => None,
        (None, None) => about().or_else(open).or_else(|| group.iter().position(|l| l.assignment.is_none())),
    };
    let index = index.unwrap_or_else(|| {
        group.push(Lane { assignment, ..Lane::default() });
        group.len() - 1
    });
    &mut group[index]
}

impl Lane {
    fn begin(&self) -> Option<Instant> {
        self.points.iter().map(Point::at).chain(self.start).min()
    }

    /// The end that was set last: `None` unknown, `Some(None)` no end at all.
    pub(super) fn scheduled(&self) -> Option<Option<Instant>> {
        self.schedules.iter().max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))).map(|(_, end, _)| *end)
    }
}

/// Looks at group members, app roles and directory roles.
fn resource_looks(lanes: &mut Lanes, evidence: &Evidence, sightings: &Sightings) {
    for row in evidence
        .memberships
        .iter()
        .filter(|r| r.relation.as_deref() == Some("member") && r.container_kind.as_deref() == Some("group"))
    {
        let (Some(member), Some(group)) = (row.member_id, row.container_id) else {
            continue;
        };
        let key = (PrincipalId::of(member), EntitlementKey::group(&group));
        looks(lanes, key, row, (Table::Memberships, group), sightings, |_| {});
    }
    for row in &evidence.app_role_assignments {
        let (Some(principal), Some(resource), Some(role)) = (&row.principal_id, &row.resource_id, &row.app_role_id) else {
            continue;
        };
        let key = (PrincipalId::of(*principal), EntitlementKey::app_role(resource, role));
        let created = row.created_at;
        looks(lanes, key, row, (Table::AppRoleAssignments, *resource), sightings, |p| {
            if let Point::Present { not_before, .. } = p {
                *not_before = created;
            }
        });
    }
    for row in evidence
        .directory_roles
        .iter()
        .filter(|r| r.provider.as_deref() != Some("entitlementManagement"))
    {
        let (Some(principal), Some(role)) = (&row.principal_id, &row.role_id) else {
            continue;
        };
        let scope = row.scope_id.as_deref().unwrap_or("/");
        let key = (PrincipalId::new(principal), EntitlementKey::directory_role(role, scope, false));
        looks(lanes, key, row, (Table::DirectoryRoles, "tenant".into()), sightings, |_| {});
    }
    for row in evidence.role_schedules.iter().filter(|r| r.instance == Some(true)) {
        let Some(principal) = &row.principal_id else { continue };
        let eligible = row.eligible == Some(true);
        let (key, place) = match (&row.role_id, &row.group_id) {
            // An active role is listed among the role assignments too: only that look tells of its absence.
            (Some(role), _) => (
                EntitlementKey::directory_role(role, row.scope_id.as_deref().unwrap_or("/"), eligible),
                eligible.then(|| Interned::from("eligible")),
            ),
            (None, Some(group)) if !eligible && row.access_id.as_deref() == Some("member") => (EntitlementKey::group(group), None),
            _ => continue,
        };
        let place = place.map(|scope| (Table::RoleSchedules, scope));
        let lane = sightings_of(lanes, (PrincipalId::new(principal), key), row, place, sightings, |_| {});
        lane.pim = true;
        for seen in sightings
            .of(Table::RoleSchedules)
            .seen
            .get(row.id())
            .into_iter()
            .flatten()
            .filter(|s| s.content_hash == row.content_hash)
        {
            lane.schedules.push((seen.at, row.end_at, Interned::default()));
        }
    }
}

/// Adds the sightings of one content, and where another look of the same scope would have listed it.
fn looks<R: Object>(
    lanes: &mut Lanes,
    key: (PrincipalId, EntitlementKey),
    row: &R,
    place: (Table, Interned),
    sightings: &Sightings,
    adjust: impl Fn(&mut Point),
) {
    sightings_of(lanes, key, row, Some(place), sightings, adjust);
}

/// The same; without a place nothing tells of an absence.
fn sightings_of<'l, R: Object>(
    lanes: &'l mut Lanes,
    key: (PrincipalId, EntitlementKey),
    row: &R,
    place: Option<(Table, Interned)>,
    sightings: &Sightings,
    adjust: impl Fn(&mut Point),
) -> &'l mut Lane {
    let group = lanes.entry(key).or_default();
    if group.is_empty() {
        group.push(Lane::default());
    }
    let lane = &mut group[0];
    let collection = sightings.of(R::TABLE);
    let evidence = Interned::from(&format!("{}:{}", R::TABLE.name(), row.id()));
    for seen in collection
        .seen
        .get(row.id())
        .into_iter()
        .flatten()
        .filter(|s| s.content_hash == *row.content_hash())
    {
        let mut point = Point::Present {
            at: seen.at,
            since: seen.since,
            not_before: None,
            weak: seen.presence_only,
            evidence,
        };
        adjust(&mut point);
        lane.points.push(point);
    }
    if let Some(place) = place.filter(|p| lane.collection.as_ref() != Some(p)) {
        let absent = collection
            .absences(&place.1, Some(row.id()))
            .map(|l| Point::Absent { at: l.at, since: l.since });
        lane.points.extend(absent);
        lane.collection = Some(place);
    }
    lane
}

/// Events about groups, app roles and directory roles.
fn resource_events(lanes: &mut Lanes, events: &[AccessEvent]) {
    for event in events.iter().filter(|e| e.outcome != Outcome::Failure) {
        let (Some(principal), Some(key)) = (&event.principal, &event.entitlement) else {
            continue;
        };
        if key.kind == EntitlementKind::AccessPackage {
            continue;
        }
        let evidence = event.source;
        let point = match event.action {
            Action::Granted => Point::Granted {
                at: event.at,
                request: Interned::default(),
                evidence,
            },
            Action::Removed | Action::Expired => Point::Ended {
                at: event.at,
                reason: "removed",
                by: event.actor_name,
                request: Interned::default(),
                evidence,
            },
            _ => continue,
        };
        let group = lanes.entry((principal.clone(), key.clone())).or_default();
        if group.is_empty() {
            group.push(Lane::default());
        }
        let lane = &mut group[0];
        if event.action == Action::Granted {
            lane.by_service = event.actor_is_service;
            lane.granted_by.clone_from(&event.actor_name);
        }
        lane.points.push(point);
    }
}

/// A gone account or group ends what it held, or what was held of it, without a removal event.
fn gone(lanes: &mut Lanes, events: &[AccessEvent]) {
    let gone: Vec<(&PrincipalId, &AccessEvent)> = events
        .iter()
        .filter(|e| e.action == Action::HardDeleted && e.outcome != Outcome::Failure)
        .filter_map(|e| Some((e.principal.as_ref()?, e)))
        .collect();
    if gone.is_empty() {
        return;
    }
    let gone: HashMap<&str, &AccessEvent> = gone.into_iter().map(|(p, e)| (p.as_str(), e)).collect();
    for ((principal, key), group) in lanes.iter_mut() {
        let Some(event) = gone
            .get(principal.as_str())
            .or_else(|| gone.get(key.resource()).filter(|_| key.kind == EntitlementKind::Group))
        else {
            continue;
        };
        for lane in group.iter_mut().filter(|l| !l.points.is_empty()) {
            let reason = if event.principal.as_ref() == Some(principal) {
                "account_deleted"
            } else {
                "resource_deleted"
            };
            lane.points.push(Point::Gone {
                at: event.at,
                reason,
                by: event.actor_name,
                evidence: event.source,
            });
        }
    }
}

/// Complete looks that should have listed what only events tell of.
fn unlisted(lanes: &mut Lanes, sightings: &Sightings) {
    for ((_, key), group) in lanes.iter_mut() {
        for lane in group.iter_mut() {
            let place = match key.kind {
                EntitlementKind::AccessPackage => (Table::Assignments, Interned::from("tenant")),
                EntitlementKind::Group => (Table::Memberships, Interned::from(key.resource())),
                EntitlementKind::AppRole => (Table::AppRoleAssignments, Interned::from(key.resource())),
                EntitlementKind::DirectoryRole | EntitlementKind::SiteRole => continue,
            };
            let known = lane.collection.is_some() && key.kind != EntitlementKind::AccessPackage;
            if known {
                continue;
            }
            let object = lane.assignment.as_ref().map(AssignmentId::interned);
            let absent: Vec<Point> = sightings
                .of(place.0)
                .absences(&place.1, object.as_ref())
                .map(|l| Point::Absent { at: l.at, since: l.since })
                .collect();
            lane.points.extend(absent);
            lane.collection = Some(place);
        }
    }
}
