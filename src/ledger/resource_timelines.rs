//! Facts about groups, app roles and directory roles, sorted into timelines: one for each principal and entitlement.

use crate::lake::table::{Object, Table};
use crate::ledger::activations;
use crate::ledger::evidence::Evidence;
use crate::ledger::package_timelines::act_of;
use crate::ledger::sightings::{Seen, Sightings};
use crate::ledger::timeline::{Fact, Schedule, Timeline, Timelines};
use crate::ledger::unattributed;
use crate::model::id::lowered;
use crate::model::time::HOUR;
use crate::model::{AccessEvent, Action, EntitlementKey, EntitlementKind, Instant, Interned, Outcome, PrincipalId};
use std::collections::BTreeMap;

/// Sorts all facts about groups, app roles and directory roles.
pub(super) fn of_resources(evidence: &Evidence, sightings: &Sightings, events: &[AccessEvent]) -> Timelines {
    let mut timelines = Timelines::default();
    memberships(&mut timelines, evidence, sightings);
    app_roles(&mut timelines, evidence, sightings);
    directory_roles(&mut timelines, evidence, sightings);
    schedules(&mut timelines, evidence, sightings);
    told(&mut timelines, events);
    activations::sort_out(&mut timelines);
    lend_beginnings(&mut timelines);
    unattributed::break_proofs(&mut timelines, events);
    unlisted(&mut timelines, sightings);
    timelines
}

/// Role assignments of which no record names the holder, by the directory role or application.
pub(super) fn unnamed(evidence: &Evidence, events: &[AccessEvent]) -> BTreeMap<Interned, usize> {
    let directory = evidence.directory_roles.iter().filter(|r| r.principal_id.is_none()).filter_map(|r| r.role_id);
    let scheduled = evidence
        .role_schedules
        .iter()
        .filter(|r| r.principal_id.is_none())
        .filter_map(|r| r.role_id.or(r.group_id));
    let apps = evidence
        .app_role_assignments
        .iter()
        .filter(|r| r.principal_id.is_none())
        .filter_map(|r| r.resource_id);
    // Records of grants that say of what, and not to whom.
    let is_grant = |e: &&AccessEvent| e.action == Action::Granted && e.outcome != Outcome::Failure && e.principal.is_none() && e.request.is_none();
    let told = events.iter().filter(is_grant).filter_map(|e| e.entitlement.as_ref());
    let told = told
        .filter(|key| key.kind != EntitlementKind::AccessPackage)
        .map(|key| Interned::from(key.resource()));
    let mut unnamed: BTreeMap<Interned, usize> = BTreeMap::new();
    for id in directory.chain(scheduled).chain(apps).chain(told) {
        *unnamed.entry(lowered(&id)).or_default() += 1;
    }
    unnamed
}

/// A row of a listing, and what its record says of its own time.
struct Listed<'r, R> {
    row: &'r R,
    principal: PrincipalId,
    entitlement: EntitlementKey,
    made: Option<Instant>,
    made_begins: bool,
    /// Whether the record's id never comes back once it has ended.
    is_durable: bool,
    /// Whether it is an activation, and no assignment.
    is_activation: bool,
}

/// Adds when a record was listed with this content.
fn listed<'t, R: Object>(timelines: &'t mut Timelines, of: Listed<R>, sightings: &Sightings) -> &'t mut Timeline {
    let timeline = activations::timeline_of(timelines.entry((of.principal, of.entitlement)).or_default(), of.is_activation);
    let evidence = Interned::from(&format!("{}:{}", R::TABLE.name(), of.row.id()));
    for seen in seen_with(of.row, sightings) {
        timeline.facts.push(Fact::Present {
            at: seen.at,
            since: seen.since,
            made: of.made,
            made_begins: of.made_begins,
            record: of.is_durable.then_some(*of.row.id()),
            presence_only: seen.presence_only,
            evidence,
        });
    }
    timeline
}

/// The observations of an object with the content of this row.
fn seen_with<'s, R: Object>(row: &R, sightings: &'s Sightings) -> impl Iterator<Item = &'s Seen> + use<'s, R> {
    let seen = sightings.of(R::TABLE).seen.get(row.id()).map_or(&[][..], Vec::as_slice);
    let hash = *row.content_hash();
    seen.iter().filter(move |s| s.content_hash == hash)
}

fn memberships(timelines: &mut Timelines, evidence: &Evidence, sightings: &Sightings) {
    for row in evidence.memberships.iter().filter(|r| r.container_kind.as_deref() == Some("group")) {
        let (Some(member), Some(group), Some(relation)) = (row.member_id, row.container_id, row.relation.as_deref()) else {
            continue;
        };
        let entitlement = match relation {
            "member" => EntitlementKey::group(&group),
            "owner" => EntitlementKey::group_owner(&group),
            _ => continue,
        };
        let of = Listed {
            row,
            principal: PrincipalId::of(member),
            entitlement,
            made: None,
            made_begins: false,
            is_durable: false,
            is_activation: false,
        };
        listed(timelines, of, sightings);
    }
}

fn app_roles(timelines: &mut Timelines, evidence: &Evidence, sightings: &Sightings) {
    for row in &evidence.app_role_assignments {
        let (Some(principal), Some(resource), Some(role)) = (row.principal_id, &row.resource_id, &row.app_role_id) else {
            continue;
        };
        let of = Listed {
            row,
            principal: PrincipalId::of(principal),
            entitlement: EntitlementKey::app_role(resource, role),
            made: row.created_at,
            made_begins: true,
            is_durable: true,
            is_activation: false,
        };
        listed(timelines, of, sightings);
    }
}

fn directory_roles(timelines: &mut Timelines, evidence: &Evidence, sightings: &Sightings) {
    for row in evidence
        .directory_roles
        .iter()
        .filter(|r| r.provider.as_deref() != Some("entitlementManagement"))
    {
        let (Some(principal), Some(role)) = (row.principal_id, &row.role_id) else {
            continue;
        };
        let of = Listed {
            row,
            principal: PrincipalId::of(principal),
            entitlement: EntitlementKey::directory_role(role, row.scope_id.as_deref().unwrap_or("/"), false),
            made: None,
            made_begins: false,
            is_durable: false,
            is_activation: false,
        };
        listed(timelines, of, sightings);
    }
}

/// Instances of PIM schedules: active and eligible roles, memberships and ownerships of groups.
///
/// An instance that comes through a group (`memberType` Group or Inherited) is no holding of its own: it follows from the group.
fn schedules(timelines: &mut Timelines, evidence: &Evidence, sightings: &Sightings) {
    let is_inherited = |kind: Option<&str>| kind.is_some_and(|k| k.eq_ignore_ascii_case("group") || k.eq_ignore_ascii_case("inherited"));
    for row in evidence
        .role_schedules
        .iter()
        .filter(|r| r.instance == Some(true) && !is_inherited(r.member_type.as_deref()))
    {
        let Some(principal) = row.principal_id else { continue };
        let eligible = row.eligible == Some(true);
        let entitlement = match (&row.role_id, &row.group_id, row.access_id.as_deref()) {
            (Some(role), ..) => EntitlementKey::directory_role(role, row.scope_id.as_deref().unwrap_or("/"), eligible),
            (None, Some(group), Some(access)) => {
                let key = match access.to_ascii_lowercase().as_str() {
                    "member" => EntitlementKey::group(group),
                    "owner" => EntitlementKey::group_owner(group),
                    _ => continue,
                };
                if eligible { key.eligible() } else { key }
            }
            _ => continue,
        };
        let of = Listed {
            row,
            principal: PrincipalId::of(principal),
            entitlement,
            made: row.start_at,
            made_begins: false,
            is_durable: true,
            is_activation: row.assignment_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("activated")),
        };
        let timeline = listed(timelines, of, sightings);
        timeline.by_pim = true;
        let end = row.end_at.map_or(Schedule::Never, Schedule::Ends);
        timeline
            .facts
            .extend(seen_with(row, sightings).map(|seen| Fact::Scheduled { at: seen.at, end }));
    }
}

/// A plain listing of what PIM manages says nothing of when it began; the instances of the same snapshot do.
///
/// Where one of them has no start (Graph leaves it out for what was assigned outside of PIM), nobody knows.
fn lend_beginnings(timelines: &mut Timelines) {
    let instances = format!("{}:", Table::RoleSchedules.name());
    for timeline in timelines.values_mut().flatten() {
        let listed = timeline.facts.iter().filter_map(|f| match f {
            Fact::Present { at, made, evidence, .. } if evidence.starts_with(&instances) => Some((*at, *made)),
            _ => None,
        });
        let listed: Vec<(Instant, Option<Instant>)> = listed.collect();
        for fact in &mut timeline.facts {
            if let Fact::Present { at, made, evidence, .. } = fact
                && made.is_none()
                && !evidence.starts_with(&instances)
            {
                let beside = listed.iter().filter(|(seen, _)| seen.0.abs_diff(at.0) <= HOUR.unsigned_abs());
                // None is the least: an instance without a start makes the beginning unknown.
                *made = beside.map(|(_, made)| *made).min().flatten().filter(|m| m <= at);
            }
        }
    }
}

/// What the log tells.
fn told(timelines: &mut Timelines, events: &[AccessEvent]) {
    for event in events.iter().filter(|e| e.outcome != Outcome::Failure) {
        let (Some(principal), Some(key)) = (&event.principal, &event.entitlement) else {
            continue;
        };
        if key.kind == EntitlementKind::AccessPackage {
            continue;
        }
        let (at, act) = (event.starts_at.unwrap_or(event.at), act_of(event));
        let is_told = event.outcome == Outcome::Success;
        let fact = match event.action {
            // Whether it came about, the record does not say in any word that is known.
            Action::Granted if !is_told => Fact::Unclear {
                at,
                made: Some(at),
                evidence: act.evidence,
            },
            Action::Removed | Action::Expired if !is_told => {
                let group = timelines.entry((principal.clone(), key.clone())).or_default();
                group.iter_mut().for_each(|t| t.holes.push(at));
                continue;
            }
            Action::Granted => Fact::Granted { at, act },
            Action::Extended => Fact::Extended { at: event.at, act },
            Action::Removed | Action::Expired => Fact::Ended {
                at,
                reason: if event.action == Action::Removed { "removed" } else { "expired" },
                made: None,
                act,
            },
            _ => continue,
        };
        let group = timelines.entry((principal.clone(), key.clone())).or_default();
        let timeline = activations::timeline_of(group, event.of_activation == Some(true));
        timeline.facts.push(fact);
        let end = match (event.action, event.ends_at) {
            (Action::Granted | Action::Extended, Some(end)) => Schedule::Ends(end),
            (Action::Extended, None) => Schedule::Unknown,
            _ => continue,
        };
        timeline.facts.push(Fact::Scheduled { at, end });
    }
}

/// The collections and scopes whose complete snapshots would list a holding.
fn places(principal: &PrincipalId, key: &EntitlementKey) -> Vec<(Table, Interned)> {
    let resource = key.resource();
    match key.kind {
        EntitlementKind::Group if key.is_eligible() => Vec::new(),
        EntitlementKind::Group if key.is_group_owner() => vec![(Table::Memberships, Interned::from(&format!("owner/{resource}")))],
        EntitlementKind::Group => vec![
            (Table::Memberships, Interned::from(resource)),
            (Table::Memberships, Interned::from(&format!("memberof/{principal}"))),
        ],
        EntitlementKind::AppRole => vec![
            (Table::AppRoleAssignments, Interned::from(resource)),
            (Table::AppRoleAssignments, Interned::from(&format!("principal/{principal}"))),
        ],
        EntitlementKind::DirectoryRole if key.is_eligible() => vec![(Table::RoleSchedules, "eligible".into())],
        EntitlementKind::DirectoryRole => vec![(Table::DirectoryRoles, "tenant".into()), (Table::RoleSchedules, "tenant".into())],
        EntitlementKind::AccessPackage | EntitlementKind::SiteRole => Vec::new(),
    }
}

/// Complete snapshots that do not list what is known of.
fn unlisted(timelines: &mut Timelines, sightings: &Sightings) {
    for ((principal, key), group) in timelines.iter_mut() {
        for place in places(principal, key) {
            let table = place.0.name();
            let of_all: Vec<Vec<Interned>> = group.iter().map(|t| records(t, table)).collect();
            for (timeline, own) in group.iter_mut().zip(&of_all) {
                // An instance is of the assignment or of the activation; a plain listing shows either.
                let is_instance = place.0 == Table::RoleSchedules;
                // A role that was given outside of PIM was never among its instances.
                if place == (Table::RoleSchedules, "tenant".into()) && own.is_empty() {
                    continue;
                }
                let stand_for: Vec<Interned> = if is_instance { own.clone() } else { of_all.concat() };
                let absent = sightings.of(place.0).absences_of_all(&place.1, &stand_for);
                let absent: Vec<Fact> = absent.map(|l| Fact::Absent { at: l.at, since: l.since }).collect();
                timeline.facts.extend(absent);
            }
        }
    }
}

/// Which records of a collection stand for a holding: their absence is what counts.
fn records(timeline: &Timeline, table: &str) -> Vec<Interned> {
    let told = timeline.facts.iter().filter_map(|f| match f {
        Fact::Present { evidence, .. } => evidence.split_once(':').filter(|(t, _)| *t == table).map(|(_, id)| Interned::from(id)),
        _ => None,
    });
    let mut records: Vec<Interned> = told.collect();
    records.sort();
    records.dedup();
    records
}
