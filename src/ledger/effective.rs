//! Effective holdings: what a direct holding leads to, by package contents and nested groups.
//!
//! A derived holding lasts while every step of its path lasts, and is proved while each of them is.

use crate::ledger::AccessModel;
use crate::ledger::access_model::{PackageContent, listed_in};
use crate::ledger::span::Span;
use crate::model::{Certainty, EntitlementKind, GrantKind, Holding, Instant, PackageId, Presence, Window};
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
        EntitlementKind::AccessPackage => contents(access, by_holder, held),
        // An owner, and who is only eligible, has nothing of what the group holds.
        EntitlementKind::Group if held.entitlement.is_group_member() => {
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
        if step.entitlement.is_group_member() && seen.contains(step.entitlement.resource()) {
            continue;
        }
        let mut branch = seen.clone();
        follow(access, by_holder, &step, &mut branch, all);
        all.push(step);
    }
}

/// What the package contained while it was held.
fn contents(access: &AccessModel, by_holder: &BTreeMap<&str, Vec<&Holding>>, held: &Holding) -> Vec<Holding> {
    let package = PackageId::new(held.entitlement.resource());
    let first = access.contents.partition_point(|c| c.package < package);
    let of_package = access.contents[first..].iter().take_while(|c| c.package == package);
    of_package.filter_map(|content| through_package(access, by_holder, held, content)).collect()
}

/// How surely the holder of a package has one of its contents at an instant; `None` for a content of a kind that is not known.
#[must_use]
pub fn content_at(access: &AccessModel, held: &Holding, content: &PackageContent, at: Instant) -> Option<Presence> {
    content.entitlement.as_ref()?;
    let first = access.holdings.partition_point(|h| h.principal < held.principal);
    let own = access.holdings[first..].iter().take_while(|h| h.principal == held.principal).collect();
    let by_holder = BTreeMap::from([(held.principal.as_str(), own)]);
    let step = through_package(access, &by_holder, held, content);
    Some(step.map_or(Presence::Never, |s| s.presence(Window::at(at))))
}

/// One of the contents of a package, held by its holder while both last.
fn through_package(access: &AccessModel, by_holder: &BTreeMap<&str, Vec<&Holding>>, held: &Holding, content: &PackageContent) -> Option<Holding> {
    let mut step = held.clone();
    step.entitlement = content.entitlement.clone()?;
    step.entitlement_name = match access.entitlement_name(&step.entitlement) {
        name if name.as_str() == step.entitlement.resource() && !content.resource_name.is_empty() => content.resource_name,
        name => name,
    };
    step.path = format!("{} > {}", held.path, step.entitlement_name).into();
    step.assignment_state = if step.entitlement.is_eligible() { "eligible" } else { "active" };
    let span = Span::of(held).common(&content.span)?;
    let span = match held.whole_since {
        _ if held.partially_delivered => delivered(access, by_holder, &step, span)?,
        Some(whole) => completed(by_holder, &step, span, whole),
        None => span,
    };
    let span = as_taken_away(by_holder, &step, span);
    if content.span.until_certainty != Certainty::Open && span.held_until != held.held_until {
        (step.end_reason, step.ended_by) = ("left_package".into(), Default::default());
    }
    step.evidence.extend(content.evidence.iter().copied());
    step.evidence.sort();
    step.evidence.dedup();
    span.give(&mut step);
    Some(step)
}

/// What a package gave can be taken away from the resource itself while its assignment goes on: the earlier end counts.
fn as_taken_away(by_holder: &BTreeMap<&str, Vec<&Holding>>, step: &Holding, span: Span) -> Span {
    let own = by_holder.get(step.principal.as_str()).into_iter().flatten();
    let direct = own.filter(|h| h.entitlement == step.entitlement);
    let Some(last) = direct.max_by_key(|h| h.held_until.unwrap_or(Instant(i64::MAX))) else {
        return span;
    };
    let earlier = last.held_until.filter(|until| span.held_until.is_none_or(|end| *until < end));
    if earlier.is_some() { span.ending_with(&Span::of(last)) } else { span }
}

/// Of a package that was delivered in part and whole later: what is seen to have arrived, else it is certain from the whole delivery on.
fn completed(by_holder: &BTreeMap<&str, Vec<&Holding>>, step: &Holding, span: Span, whole: Instant) -> Span {
    let own = by_holder.get(step.principal.as_str()).into_iter().flatten();
    let direct = own.filter(|h| h.entitlement == step.entitlement);
    let seen = direct.filter_map(|h| span.common(&Span::of(h))).min_by_key(|s| s.from_latest.or(s.held_from));
    seen.unwrap_or_else(|| span.certain_from(whole))
}

/// Of a package that was delivered in part: what is seen to have been delivered; without any snapshot it is possible and no more.
fn delivered(access: &AccessModel, by_holder: &BTreeMap<&str, Vec<&Holding>>, step: &Holding, span: Span) -> Option<Span> {
    let own = by_holder.get(step.principal.as_str()).into_iter().flatten();
    let direct: Vec<&&Holding> = own.filter(|h| h.entitlement == step.entitlement).collect();
    if let Some(direct) = direct.first() {
        return span.common(&Span::of(direct));
    }
    let collection = listed_in(step.entitlement.kind)?;
    let scope = step.entitlement.resource();
    let looked_at = access
        .looks
        .get(&(collection.into(), scope.into()))
        .is_some_and(|l| l.iter().any(|l| l.complete));
    (!looked_at).then(|| span.possible_only())
}

/// What the group holds, held by its member while both last; `None` when they never met.
fn through_group(member: &Holding, group: &Holding) -> Option<Holding> {
    let (of_member, of_group) = (Span::of(member), Span::of(group));
    let span = of_member.common(&of_group)?;
    let mut step = group.clone();
    step.principal = member.principal.clone();
    step.principal_name.clone_from(&member.principal_name);
    step.principal_type.clone_from(&member.principal_type);
    (step.principal_state, step.principal_state_since) = (member.principal_state, member.principal_state_since);
    step.path = format!("{} > {}", member.path, group.entitlement_name).into();
    step.grant_kind = GrantKind::Group;
    if span.held_until == of_member.held_until && span.held_until != of_group.held_until {
        step.end_reason.clone_from(&member.end_reason);
        step.ended_by.clone_from(&member.ended_by);
    }
    step.scheduled_until = match (member.scheduled_until, group.scheduled_until) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    step.evidence.extend(member.evidence.iter().copied());
    step.evidence.sort();
    step.evidence.dedup();
    span.give(&mut step);
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::objects::{DirectoryRoleRow, MembershipRow};
    use crate::lake::records::{Sighting, Snapshot};
    use crate::ledger::{Evidence, Settings, build};
    use crate::model::Instant;

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
