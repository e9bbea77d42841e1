//! People, packages, policies, groups and applications as last seen.

use crate::lake::table::Table;
use crate::ledger::access_model::{AccessModel, AppFacts, GroupFacts, PackageFacts, PackageRole, Person, PolicyFacts, ReviewDecision};
use crate::ledger::build::Settings;
use crate::ledger::evidence::Evidence;
use crate::ledger::sightings::Sightings;
use crate::model::{Action, IsoDuration, Outcome, PackageId, PolicyId, PrincipalId};
use std::sync::Arc;

/// Fills the directory of the access model.
pub(super) fn fill(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings, settings: &Settings) {
    people(access, evidence, sightings);
    groups_and_apps(access, evidence, sightings);
    owners_and_catalogs(access, evidence, sightings);
    policies(access, evidence, sightings);
    packages(access, evidence, sightings, settings);
    let decisions = sightings.current(&evidence.review_decisions, access.as_of);
    access.review_decisions = decisions
        .into_iter()
        .map(|row| ReviewDecision {
            id: row.id,
            decision: row.decision.unwrap_or_default(),
            apply_result: row.apply_result.unwrap_or_default(),
            principal: PrincipalId::new(row.principal_id.as_deref().unwrap_or_default()),
            resource: row.resource_id.unwrap_or_default(),
            reviewed_at: row.reviewed_at,
            applied_at: row.applied_at,
            reviewer: row.reviewer_id.map(PrincipalId::of),
        })
        .collect();
}

fn people(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    for row in sightings.current_unsorted(&evidence.users, access.as_of) {
        let upn = row.upn.or(row.mail).unwrap_or_default();
        let guest = row.user_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("guest")) || upn.to_lowercase().contains("#ext#");
        let person = Person {
            name: row.name.unwrap_or_default(),
            upn,
            guest,
            employee_type: row.employee_type.unwrap_or_default(),
            enabled: row.enabled,
            leave_at: row.leave_at,
            deleted_at: row.deleted_at,
            last_successful_at: row.last_successful_at,
            created_at: row.created_at,
            department: row.department.unwrap_or_default(),
            mail: row.mail.unwrap_or_default(),
            manager: manager_of(&row.content),
            evidence: vec![format!("users:{}", row.id).into()],
        };
        access.people.insert(PrincipalId::of(row.id), person);
    }
    // Events after the last look at users, and people whom no export of users names.
    let last_look = sightings
        .of(Table::Users)
        .seen
        .values()
        .flatten()
        .map(|s| s.at)
        .filter(|t| *t <= access.as_of)
        .max();
    let events = Arc::clone(&access.events);
    for event in events.iter().filter(|e| e.outcome != Outcome::Failure && e.at <= access.as_of) {
        let Some(id) = event.principal.clone() else {
            continue;
        };
        let newer = last_look.is_none_or(|t| event.at > t) || !access.people.contains_key(&id);
        match event.action {
            Action::AccountDisabled | Action::AccountEnabled if newer => {
                let person = access.people.entry(id).or_default();
                person.enabled = Some(event.action == Action::AccountEnabled);
                person.evidence.push(event.source);
            }
            Action::AccountDeleted | Action::HardDeleted if newer => {
                let person = access.people.entry(id).or_default();
                person.deleted_at = Some(event.at);
                person.evidence.push(event.source);
            }
            Action::AccountRestored if newer => {
                if let Some(person) = access.people.get_mut(&id) {
                    person.deleted_at = None;
                }
            }
            _ => {}
        }
    }
    evidence.audit_facts.name_people(&mut access.people);
}

/// The manager of a user who was exported with `$expand=manager`.
fn manager_of(content: &str) -> Option<PrincipalId> {
    // Most records have none: they are not parsed again for it.
    if !content.contains("\"manager\"") {
        return None;
    }
    let whole: serde_json::Value = serde_json::from_str(content).ok()?;
    whole.get("manager")?.get("id")?.as_str().filter(|id| !id.is_empty()).map(PrincipalId::new)
}

/// Who answers for groups, applications and catalogs.
fn owners_and_catalogs(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    for row in sightings.current(&evidence.catalogs, access.as_of) {
        access.catalogs.insert(row.id.to_string(), row.name.unwrap_or_default().to_string());
    }
    for row in sightings.current_unsorted(&evidence.memberships, access.as_of) {
        let owner = row.relation.as_deref() == Some("owner");
        if let (true, Some(container), Some(member)) = (owner, &row.container_id, &row.member_id) {
            access.owners.entry(container.to_ascii_lowercase()).or_default().push(PrincipalId::new(member));
        }
    }
    for owners in access.owners.values_mut() {
        owners.sort();
        owners.dedup();
    }
}

fn groups_and_apps(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    for row in sightings.current(&evidence.groups, access.as_of) {
        let facts = GroupFacts {
            name: row.name.unwrap_or_default().to_string(),
            dynamic: row.group_types.iter().any(|t| t.eq_ignore_ascii_case("DynamicMembership")),
            synced: row.synced == Some(true),
            role_assignable: row.role_assignable == Some(true),
        };
        access.groups.insert(row.id.to_string(), facts);
    }
    for row in sightings.current(&evidence.service_principals, access.as_of) {
        let role = |r: &crate::lake::objects::AppRole| Some((r.id?.to_ascii_lowercase(), r.name.or(r.value).unwrap_or_default().to_string()));
        let facts = AppFacts {
            name: row.name.unwrap_or_default().to_string(),
            app_id: row.app_id.unwrap_or_default().to_ascii_lowercase(),
            roles: row.app_roles.iter().filter_map(role).collect(),
        };
        access.apps.insert(row.id.to_string(), facts);
    }
    for row in sightings.current(&evidence.role_definitions, access.as_of) {
        let name = row.name.unwrap_or_default();
        if let Some(template) = &row.template_id {
            access.roles.insert(template.to_ascii_lowercase(), name.to_string());
        }
        access.roles.insert(row.id.to_string(), name.to_string());
    }
}

fn policies(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    for row in sightings.current(&evidence.policies, access.as_of) {
        let facts = PolicyFacts {
            name: row.name.unwrap_or_default().to_string(),
            package: row.package_id.map(PackageId::of),
            target_scope: row.target_scope.unwrap_or_default().to_string(),
            automatic: row.automatic == Some(true),
            expiration_type: row.expiration_type.unwrap_or_default().to_string(),
            approval_required: row.approval_required_add,
            justification_asked: row.requestor_justification,
            review_enabled: match row.review_settings {
                Some(true) => Some(row.review_enabled.unwrap_or(true)),
                Some(false) => Some(false),
                None => None,
            },
            review_every: row.review_recurrence.as_deref().and_then(IsoDuration::parse),
            review_every_text: row.review_recurrence.unwrap_or_default().to_string(),
            self_review: row.review_self == Some(true),
            approvers: row.stages.iter().flat_map(|s| s.approvers.iter().map(ToString::to_string)).collect(),
            removed: sightings.of(Table::Policies).removed(&row.id, access.as_of),
        };
        access.policies.insert(PolicyId::of(row.id), facts);
    }
    // A policy listed without its package may be expanded in an assignment that names both.
    for row in &evidence.assignments {
        if let (Some(policy), Some(package)) = (&row.policy_id, &row.package_id)
            && let Some(facts) = access.policies.get_mut(&PolicyId::new(policy))
        {
            facts.package.get_or_insert_with(|| PackageId::new(package));
        }
    }
}

fn packages(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings, settings: &Settings) {
    for row in sightings.current(&evidence.packages, access.as_of) {
        let facts = PackageFacts {
            name: row.name.unwrap_or_default().to_string(),
            description: row.description.unwrap_or_default().to_string(),
            catalog: row.catalog_id.unwrap_or_default().to_string(),
            removed: sightings.of(Table::Packages).removed(&row.id, access.as_of),
            ..PackageFacts::default()
        };
        access.packages.insert(PackageId::of(row.id), facts);
    }
    for row in sightings.current(&evidence.resource_roles, access.as_of) {
        let Some(package) = row.package_id.map(PackageId::of) else {
            continue;
        };
        let origin = row.role_origin_id.unwrap_or_default().to_ascii_lowercase();
        let kind = match row.origin_system.as_deref().unwrap_or_default() {
            "AadGroup" => "group",
            "AadApplication" => "application",
            "SharePointOnline" => "site",
            "DirectoryRole" => "directory_role",
            _ if origin.starts_with("member_") || origin.starts_with("owner_") => "group",
            _ => "other",
        };
        let group = origin.split_once('_').map(|(_, g)| g.to_string()).filter(|_| kind == "group");
        let resource = group
            .or_else(|| row.resource_id.map(|r| r.to_string()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let role = PackageRole {
            kind: kind.into(),
            resource,
            resource_name: row.resource_name.unwrap_or_default().to_string(),
            role: row.role_name.unwrap_or_default().to_string(),
            app_role_id: if kind == "application" { origin } else { String::new() },
            since: row.created_at,
        };
        let facts = access.packages.entry(package).or_default();
        if !facts.roles.contains(&role) {
            facts.roles.push(role);
        }
    }
    for (id, policy) in &access.policies {
        if let Some(facts) = policy.package.as_ref().and_then(|p| access.packages.get_mut(p)) {
            facts.policies.push(id.clone());
        }
    }
    let groups = &access.groups;
    for (id, facts) in &mut access.packages {
        facts.sensitive_because = why_sensitive(id, facts, groups, settings);
    }
}

fn why_sensitive(id: &PackageId, facts: &PackageFacts, groups: &std::collections::BTreeMap<String, GroupFacts>, settings: &Settings) -> String {
    if let Some(pattern) = settings.sensitive_packages.iter().find(|p| crate::config::matches(p, id.as_str(), &facts.name)) {
        return format!("named in the configuration ({pattern})");
    }
    for role in &facts.roles {
        if role.kind == "directory_role" {
            return format!("it contains the directory role {}", role.role);
        }
        if role.kind == "group" && groups.get(&role.resource).is_some_and(|g| g.role_assignable) {
            return format!("it contains the role-assignable group {}", role.resource_name);
        }
    }
    String::new()
}
