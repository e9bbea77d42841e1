//! Effective holdings: what a direct holding leads to, by package contents and nested groups.
//!
//! A derived holding lasts while every step of its path lasts; each of its ends is the end of the step that binds it,
//! with that step's certainty.

use crate::ledger::AccessModel;
use crate::model::{Certainty, EntitlementKey, EntitlementKind, GrantKind, Holding, Instant, PackageId};
use std::collections::{BTreeMap, HashSet};

/// Direct holdings and everything that follows from them, sorted.
#[must_use]
pub fn effective(access: &AccessModel) -> Vec<Holding> {
    let mut by_holder: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
    for holding in &access.holdings {
        by_holder.entry(holding.principal.as_str()).or_default().push(holding);
    }
    let mut all = access.holdings.clone();
    for holding in &access.holdings {
        let mut seen = HashSet::from([holding.principal.to_string()]);
        follow(access, &by_holder, holding, &mut seen, &mut all);
    }
    all.sort_by(|a, b| (&a.principal, &a.entitlement, a.from_latest, &a.path).cmp(&(&b.principal, &b.entitlement, b.from_latest, &b.path)));
    all.dedup();
    all
}

fn follow(access: &AccessModel, by_holder: &BTreeMap<&str, Vec<&Holding>>, held: &Holding, seen: &mut HashSet<String>, all: &mut Vec<Holding>) {
    let steps: Vec<Holding> = match held.entitlement.kind {
        EntitlementKind::AccessPackage => contents(access, held),
        EntitlementKind::Group => {
            let group = held.entitlement.resource();
            if !seen.insert(group.to_string()) {
                return;
            }
            by_holder
                .get(group)
                .into_iter()
                .flatten()
                .filter_map(|next| through_group(held, next))
                .collect()
        }
        _ => Vec::new(),
    };
    for step in steps {
        // A cycle of groups leads back to where the path has been.
        if step.entitlement.kind == EntitlementKind::Group && seen.contains(step.entitlement.resource()) {
            continue;
        }
        let mut branch = seen.clone();
        follow(access, by_holder, &step, &mut branch, all);
        all.push(step);
    }
}

/// What the package contained while it was held: a role that was added later begins for its holders then.
fn contents(access: &AccessModel, held: &Holding) -> Vec<Holding> {
    let Some(package) = access.packages.get(&PackageId::new(held.entitlement.resource())) else {
        return Vec::new();
    };
    let key = |role: &crate::ledger::access_model::PackageRole| match role.kind.as_str() {
        "group" => Some(EntitlementKey::group(&role.resource)),
        "application" => Some(EntitlementKey::app_role(&role.resource, &role.app_role_id)),
        "directory_role" => Some(EntitlementKey::directory_role(&role.resource, "/", false)),
        "site" => Some(EntitlementKey {
            kind: EntitlementKind::SiteRole,
            id: role.resource.as_str().into(),
        }),
        _ => None,
    };
    let derive = |role: &crate::ledger::access_model::PackageRole| {
        let mut step = held.clone();
        step.entitlement = key(role)?;
        step.entitlement_name = if role.resource_name.is_empty() {
            step.entitlement.resource().into()
        } else {
            role.resource_name.as_str().into()
        };
        step.path = format!("{} > {}", held.path, step.entitlement_name).into();
        if let Some(since) = role.since.filter(|s| held.from_latest.is_some_and(|f| f < *s)) {
            if held.held_until.is_some_and(|u| u <= since) {
                return None;
            }
            (step.held_from, step.from_earliest, step.from_latest, step.from_certainty) = (Some(since), Some(since), Some(since), Certainty::Exact);
            step.until_earliest = step.until_earliest.map(|u| u.max(since));
        }
        Some(step)
    };
    package.roles.iter().filter_map(derive).collect()
}

/// What the group holds, held by its member while both last; `None` when they never met.
fn through_group(member: &Holding, group: &Holding) -> Option<Holding> {
    let mut step = group.clone();
    step.principal = member.principal.clone();
    step.principal_name.clone_from(&member.principal_name);
    step.principal_type.clone_from(&member.principal_type);
    (step.principal_state, step.principal_state_since) = (member.principal_state, member.principal_state_since);
    step.path = format!("{} > {}", member.path, group.entitlement_name).into();
    step.grant_kind = GrantKind::Group;
    let later = |a: Option<Instant>, b: Option<Instant>| a.max(b);
    if member.from_latest > group.from_latest {
        step.from_certainty = member.from_certainty;
    }
    step.held_from = later(member.held_from, group.held_from);
    step.from_earliest = later(member.from_earliest, group.from_earliest);
    step.from_latest = later(member.from_latest, group.from_latest);
    let earlier = |a: Option<Instant>, b: Option<Instant>| match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let binds = match (member.held_until, group.held_until) {
        (Some(m), Some(g)) => m <= g,
        (Some(_), None) => true,
        _ => false,
    };
    if binds {
        step.until_certainty = member.until_certainty;
        step.end_reason.clone_from(&member.end_reason);
        step.ended_by.clone_from(&member.ended_by);
    }
    step.held_until = earlier(member.held_until, group.held_until);
    step.until_earliest = earlier(member.until_earliest, group.until_earliest);
    step.until_latest = earlier(member.until_latest, group.until_latest);
    step.scheduled_until = earlier(member.scheduled_until, group.scheduled_until);
    step.evidence.extend(member.evidence.iter().cloned());
    step.evidence.sort();
    step.evidence.dedup();
    let met = step.held_until.is_none_or(|u| step.from_earliest.or(step.from_latest).is_none_or(|f| f < u));
    met.then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::objects::{DirectoryRoleRow, MembershipRow};
    use crate::lake::records::{Sighting, Snapshot};
    use crate::ledger::{Evidence, Settings, build};

    fn member(evidence: &mut Evidence, group: &str, who: &str, at: Instant) {
        let row = MembershipRow {
            id: format!("member/{group}/{who}").into(),
            relation: Some("member".into()),
            container_kind: Some("group".into()),
            container_id: Some(group.into()),
            member_id: Some(who.into()),
            ..MembershipRow::default()
        };
        evidence.sightings.push(Sighting {
            collection: "memberships".into(),
            object_id: row.id,
            observed_at: at,
            snapshot_id: Some(format!("s{group}").into()),
            ..Sighting::default()
        });
        evidence.memberships.push(row);
    }

    #[test]
    fn nested_groups_lead_to_a_directory_role_and_cycles_end() {
        let at = Instant::parse("2026-03-01T00:00:00Z").expect("a time");
        let mut evidence = Evidence::default();
        for (group, who) in [("inner", "ana"), ("outer", "inner"), ("inner", "outer")] {
            member(&mut evidence, group, who, at);
        }
        for group in ["inner", "outer"] {
            evidence.snapshots.push(Snapshot {
                id: format!("s{group}"),
                collection: "memberships".into(),
                scope: group.into(),
                observed_at: at,
                observed_from: at,
                complete: "proven".into(),
                ..Snapshot::default()
            });
        }
        let role = DirectoryRoleRow {
            id: "r1".into(),
            principal_id: Some("outer".into()),
            role_id: Some("reader".into()),
            ..DirectoryRoleRow::default()
        };
        evidence.sightings.push(Sighting {
            collection: "directory_roles".into(),
            object_id: "r1".into(),
            observed_at: at,
            ..Sighting::default()
        });
        evidence.directory_roles.push(role);
        let access = build(evidence, &Settings::default());
        let paths: Vec<String> = effective(&access)
            .iter()
            .filter(|h| h.principal.as_str() == "ana")
            .map(|h| format!("{} {}", h.entitlement.kind, h.path))
            .collect();
        assert_eq!(paths, ["group inner", "group inner > outer", "directory_role inner > outer > reader"]);
    }
}
