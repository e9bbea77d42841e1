//! People, packages, policies, groups and applications as last seen.

use crate::lake::objects::{GroupRow, ResourceRoleRow, RoleScheduleRow};
use crate::lake::table::Table;
use crate::ledger::access_model::{AccessModel, AppFacts, GroupFacts, PackageContent, PackageFacts, PackageRole, Person, ReviewDecision, RoleScheduleFacts};
use crate::ledger::build::Settings;
use crate::ledger::evidence::Evidence;
use crate::ledger::governance;
use crate::ledger::names::ObjectKind;
use crate::ledger::package_contents::Contained;
use crate::ledger::policy_history;
use crate::ledger::row::span_at;
use crate::ledger::sightings::{Contents, Sightings};
use crate::ledger::sponsors::Sponsors;
use crate::model::id::lowered;
use crate::model::{Action, EntitlementKey, EntitlementKind, Instant, Interned, Outcome, PackageId, PrincipalId};
use ahash::{AHashMap, AHashSet};
use std::sync::Arc;

/// The member of a package's record that lists its contents, in v1.0 and in beta.
const CONTENTS: [&str; 2] = ["\"resourceRoleScopes\"", "\"accessPackageResourceRoleScopes\""];

/// Fills the directory of the access model.
pub(super) fn fill(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings, contents: &[Contained], settings: &Settings) {
    people(access, evidence, sightings);
    groups_and_apps(access, evidence, sightings);
    schedules_and_subjects(access, evidence, sightings);
    owners_and_catalogs(access, evidence, sightings);
    policy_history::fill(access, evidence, sightings);
    owners_of_catalogs(access, evidence, sightings);
    packages(access, evidence, sightings, contents, settings);
    for table in [Table::Users, Table::Groups, Table::ServicePrincipals] {
        let listed = sightings.of(table).listed(access.as_of);
        access.listed.extend(listed.map(|l| (table.name(), l)));
    }
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
            reviewer: row.reviewer_id.filter(|id| id.as_str() != NOBODY).map(PrincipalId::of),
            reviewer_told: row.reviewer_id.is_some(),
            series: row.definition_id.map(|d| lowered(&d)).unwrap_or_default(),
            instance: row.instance_id.map(|i| lowered(&i)).unwrap_or_default(),
            justification: row.justification.unwrap_or_default(),
        })
        .collect();
    governance::fill(access, evidence, sightings);
}

/// Who decided what nobody decided, and who applies what the service applies.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

fn people(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    let sponsors = Sponsors::new(evidence, sightings, access.as_of);
    let contents = Contents::of(&evidence.users);
    let users = (evidence.users.as_slice(), &contents);
    for row in sightings.current_of(&evidence.users, &contents, access.as_of) {
        let last = |member: &str| sightings.last_to_tell(users, row, access.as_of, |r| r.content.contains(member));
        let leaves = sightings.last_to_tell(users, row, access.as_of, |r| {
            r.leave_at.is_some() || r.content.contains("\"employeeLeaveDateTime\"")
        });
        let upn = row.upn.or(row.mail).unwrap_or_default();
        let user_type = row.user_type.unwrap_or_default();
        let person = Person {
            name: row.name.unwrap_or_default(),
            upn,
            guest: user_type.eq_ignore_ascii_case("guest"),
            user_type,
            employee_id: last("\"employeeId\"").map(|r| employee_id_of(&r.content)).unwrap_or_default(),
            employee_type: row.employee_type.unwrap_or_default(),
            enabled: row.enabled,
            agent: row.agent == Some(true),
            leave_at: leaves.and_then(|r| r.leave_at),
            leave_told: leaves.is_some(),
            deleted_at: row.deleted_at,
            last_successful_at: row.last_successful_at,
            created_at: row.created_at,
            department: row.department.unwrap_or_default(),
            mail: row.mail.unwrap_or_default(),
            manager: manager_of(&row.content),
            manager_told: row.content.contains("\"manager\""),
            sponsors: sponsors.of(Table::Users, row.id, &row.content),
            job_title: row.job_title.unwrap_or_default(),
            company: row.company.unwrap_or_default(),
            external_state: row.external_state.unwrap_or_default(),
            evidence: vec![format!("users:{}", row.id).into()],
        };
        access.people.insert(PrincipalId::of(row.id), person);
    }
    people_of_the_log(access);
}

/// People whom no export of users names, and what the log says of the accounts of all.
fn people_of_the_log(access: &mut AccessModel) {
    let events = Arc::clone(&access.events);
    for event in events.iter().filter(|e| e.outcome != Outcome::Failure && e.at <= access.as_of) {
        let account = matches!(
            event.action,
            Action::AccountDisabled | Action::AccountEnabled | Action::AccountDeleted | Action::HardDeleted | Action::AccountRestored
        );
        if let Some(id) = event.principal.clone().filter(|_| account) {
            access.people.entry(id).or_default().evidence.push(event.source);
        }
    }
    for (id, named) in access.names.iter().filter(|(_, n)| n.kind == ObjectKind::User) {
        let person = access.people.entry(PrincipalId::of(id)).or_default();
        if let Some(naming) = named.at(access.as_of) {
            (person.upn, person.name) = (naming.upn, naming.name);
            person.guest = naming.user_type.eq_ignore_ascii_case("guest");
        }
    }
    let accounts = Arc::clone(&access.accounts);
    for (id, person) in &mut access.people {
        if let Some(state) = accounts.at(id, access.as_of) {
            person.enabled = state.enabled;
            person.deleted_at = state.deleted.then(|| state.since.or(person.deleted_at)).flatten();
        }
    }
}

/// `appRoleAssignmentRequired` of a service principal's record.
fn assignment_required(content: &str) -> Option<bool> {
    if !content.contains("\"appRoleAssignmentRequired\"") {
        return None;
    }
    let whole: serde_json::Value = serde_json::from_str(content).ok()?;
    whole.get("appRoleAssignmentRequired")?.as_bool()
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

/// The employee number of a user, which no column holds.
fn employee_id_of(content: &str) -> Interned {
    let text = || {
        let whole: serde_json::Value = serde_json::from_str(content).ok()?;
        Some(Interned::from(whole.get("employeeId")?.as_str()?.trim()))
    };
    // Most exports do not select it: their records are not parsed again for it.
    if content.contains("\"employeeId\":\"") || content.contains("\"employeeId\": \"") {
        text().unwrap_or_default()
    } else {
        Interned::default()
    }
}

/// Active schedules of privileged identity management, and what collections call principals that no export lists.
fn schedules_and_subjects(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    let active = |row: &RoleScheduleRow| row.eligible != Some(true) && row.instance == Some(true);
    let schedules = sightings.current(&evidence.role_schedules, access.as_of);
    for row in schedules.into_iter().filter(|row| active(row)) {
        let facts = RoleScheduleFacts {
            assignment_type: row.assignment_type.unwrap_or_default(),
            end_at: row.end_at,
        };
        access.role_schedules.insert(row.id, facts);
    }
    let assignments = evidence.assignments.iter().map(|r| (r.target_id, r.target_type));
    let members = evidence.memberships.iter().map(|r| (r.member_id, r.member_kind));
    let app_roles = evidence.app_role_assignments.iter().map(|r| (r.principal_id, r.principal_kind));
    let roles = evidence.directory_roles.iter().map(|r| (r.principal_id, r.principal_kind));
    for (id, kind) in assignments.chain(members).chain(app_roles).chain(roles) {
        let (Some(id), Some(kind)) = (id.map(PrincipalId::of), kind) else {
            continue;
        };
        let listed = access.people.contains_key(&id) || access.groups.contains_key(id.as_str()) || access.apps.contains_key(id.as_str());
        if !listed {
            let kind = lowered(&kind);
            // Whatever the order of the rows, the same word is kept.
            let known = access.subject_types.entry(id).or_insert(kind);
            *known = (*known).min(kind);
        }
    }
}

/// Who answers for groups, applications and catalogs.
fn owners_and_catalogs(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    for row in sightings.current(&evidence.catalogs, access.as_of) {
        access.catalogs.insert(row.id.to_string(), row.name.unwrap_or_default().to_string());
    }
    for row in sightings.current_unsorted(&evidence.memberships, access.as_of) {
        let owner = row.relation.as_deref() == Some("owner");
        if let (true, Some(container), Some(member)) = (owner, &row.container_id, &row.member_id)
            && !is_gone(sightings, Table::Memberships, &format!("owner/{}", lowered(container)), &row.id, access.as_of)
        {
            access.owners.entry(container.to_ascii_lowercase()).or_default().push(PrincipalId::new(member));
        }
    }
    for owners in access.owners.values_mut() {
        owners.sort();
        owners.dedup();
    }
}

/// Whether a complete look at a part of a collection, later than the last one that listed an object, does not list it.
fn is_gone(sightings: &Sightings, table: Table, scope: &str, id: &Interned, as_of: Instant) -> bool {
    let collection = sightings.of(table);
    let absent = collection.absences(&Interned::from(scope), Some(id)).map(|l| l.at).filter(|at| *at <= as_of);
    let seen = collection.seen.get(id).and_then(|s| s.iter().rev().map(|s| s.at).find(|at| *at <= as_of));
    absent.max() > seen
}

/// The role definition "Catalog owner" of entitlement management, which has the same id in every tenant.
const CATALOG_OWNER: &str = "ae79f266-94d4-4dab-b730-feca7e132178";

/// Who owns catalogs, by the role assignments of entitlement management: `/AccessPackageCatalog/ID` is their scope.
fn owners_of_catalogs(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    for row in sightings.current_unsorted(&evidence.directory_roles, access.as_of) {
        let is_owner = row.role_id.is_some_and(|r| r.eq_ignore_ascii_case(CATALOG_OWNER));
        let scope = row.app_scope_id.or(row.scope_id).unwrap_or_default().to_ascii_lowercase();
        let catalog = scope.strip_prefix("/accesspackagecatalog/");
        let gone = || is_gone(sightings, Table::DirectoryRoles, "entitlementManagement", &row.id, access.as_of);
        if let (true, Some(catalog), Some(owner)) = (is_owner, catalog, &row.principal_id)
            && !gone()
        {
            access.owners_of_catalogs.entry(catalog.to_string()).or_default().push(PrincipalId::new(owner));
        }
    }
    for owners in access.owners_of_catalogs.values_mut() {
        owners.sort();
        owners.dedup();
    }
}

fn groups_and_apps(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    let contents = Contents::of(&evidence.groups);
    let groups = (evidence.groups.as_slice(), &contents);
    for row in sightings.current_of(&evidence.groups, &contents, access.as_of) {
        let last = |tells: &dyn Fn(&GroupRow) -> bool| sightings.last_to_tell(groups, row, access.as_of, tells);
        let has = |row: &GroupRow, member: &str| row.content.to_ascii_lowercase().contains(member);
        let assignable = last(&|r| r.role_assignable.is_some() || has(r, "\"isassignabletorole\""));
        let facts = GroupFacts {
            name: row.name.unwrap_or_default().to_string(),
            dynamic: last(&|r| is_dynamic(r).is_some()).and_then(is_dynamic),
            synced: last(&|r| r.synced.is_some() || has(r, "\"onpremisessyncenabled\"")).map(|r| r.synced == Some(true)),
            role_assignable: assignable.is_some_and(|r| r.role_assignable == Some(true)),
            role_assignable_told: assignable.is_some(),
            deleted_at: row.deleted_at,
        };
        access.groups.insert(row.id.to_string(), facts);
    }
    for row in sightings.current(&evidence.service_principals, access.as_of) {
        let role = |r: &crate::lake::objects::AppRole| Some((r.id?.to_ascii_lowercase(), r.name.or(r.value).unwrap_or_default().to_string()));
        let facts = AppFacts {
            name: row.name.unwrap_or_default().to_string(),
            app_id: row.app_id.unwrap_or_default().to_ascii_lowercase(),
            kind: row.kind.unwrap_or_default().to_string(),
            roles: row.app_roles.iter().filter_map(role).collect(),
            assignment_required: assignment_required(&row.content),
        };
        access.apps.insert(row.id.to_string(), facts);
    }
    for row in sightings.current(&evidence.role_definitions, access.as_of) {
        let name = row.name.unwrap_or_default();
        access.roles.insert(row.id.to_string(), name.to_string());
    }
}

/// Whether a rule fills a group; `None` where its record has neither its types nor its rule.
fn is_dynamic(row: &GroupRow) -> Option<bool> {
    let typed = row.group_types.iter().any(|t| t.eq_ignore_ascii_case("DynamicMembership"));
    let content = row.content.to_ascii_lowercase();
    let told = !row.group_types.is_empty() || content.contains("\"grouptypes\"");
    match (told, row.membership_rule.is_some()) {
        (true, _) => Some(typed),
        (false, true) => Some(true),
        (false, false) => content.contains("\"membershiprule\"").then_some(false),
    }
}

/// Ids of custom roles by their templates, which records of the log name; a built-in role is its own template.
pub(super) fn roles_by_template(evidence: &Evidence) -> AHashMap<Interned, Interned> {
    let mut roles: AHashMap<Interned, Interned> = AHashMap::new();
    let mut several: Vec<Interned> = Vec::new();
    for row in &evidence.role_definitions {
        let Some(template) = row.template_id.map(|t| lowered(&t)).filter(|t| *t != row.id) else {
            continue;
        };
        if roles.insert(template, row.id).is_some_and(|known| known != row.id) {
            several.push(template);
        }
    }
    let own: AHashSet<Interned> = evidence.role_definitions.iter().map(|r| r.id).collect();
    roles.retain(|template, _| !several.contains(template) && !own.contains(template));
    roles
}

fn packages(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings, contents: &[Contained], settings: &Settings) {
    for row in sightings.current(&evidence.packages, access.as_of) {
        let facts = PackageFacts {
            name: row.name.unwrap_or_default().to_string(),
            description: row.description.unwrap_or_default().to_string(),
            catalog: row.catalog_id.unwrap_or_default().to_string(),
            description_told: row.description.is_some() || row.content.contains("\"description\""),
            contents_told: CONTENTS.iter().any(|member| row.content.contains(member)),
            removed: sightings.of(Table::Packages).removed(&row.id, access.as_of),
            ..PackageFacts::default()
        };
        access.packages.insert(PackageId::of(row.id), facts);
    }
    for contained in contents {
        let (mut role, entitlement) = package_role(contained.row);
        if role.resource_name.is_empty() {
            role.resource_name = name_of(access, &role);
        }
        let facts = access.packages.entry(contained.package.clone()).or_default();
        for interval in &contained.intervals {
            let span = span_at(interval, access.as_of);
            if span.lasts_at(access.as_of) && !facts.roles.contains(&role) {
                facts.roles.push(role.clone());
            }
            access.contents.push(PackageContent {
                package: contained.package.clone(),
                entitlement: entitlement.clone(),
                resource_name: Interned::from(&role.resource_name),
                span,
                evidence: vec![format!("resource_roles:{}", contained.row.id).into()],
            });
        }
    }
    for (id, policy) in &access.policies {
        if let Some(facts) = policy.package.as_ref().and_then(|p| access.packages.get_mut(p)) {
            facts.policies.push(id.clone());
        }
    }
    let (groups, catalogs) = (&access.groups, &access.catalogs);
    for (id, facts) in &mut access.packages {
        let by_contents = || Some(why_sensitive(facts, groups)).filter(|why| !why.is_empty());
        let why = by_rule(id, facts, catalogs, settings)
            .or_else(by_contents)
            .or_else(|| unknown_content(id, facts, settings));
        facts.sensitive_because = why.unwrap_or_default();
    }
}

/// What other witnesses call the resource of a role whose record does not name it (`$expand=role,scope` without `resource`).
fn name_of(access: &AccessModel, role: &PackageRole) -> String {
    let named = access.names.of(&role.resource).map(|n| n.shown_at(access.as_of)).filter(|n| !n.is_empty());
    let of_role = || access.roles.get(&role.resource).filter(|_| role.kind == "directory_role").cloned();
    named.map(|n| n.to_string()).or_else(of_role).unwrap_or_default()
}

/// What a resource role gives; `None` for one of a kind that is not known.
pub(super) fn given_by(row: &ResourceRoleRow) -> Option<EntitlementKey> {
    package_role(row).1
}

/// A resource role in the words of the check, and what it gives.
///
/// `Member_GROUP`, `Owner_GROUP`, `EligibleMember_GROUP`, `EligibleOwner_GROUP` for groups, where the id behind the line is not
/// always that of the group: the scope's is. `Active` and `Eligible` for directory roles (GRAPH-2026 W2, W3).
fn package_role(row: &ResourceRoleRow) -> (PackageRole, Option<EntitlementKey>) {
    let origin = row.role_origin_id.unwrap_or_default().to_ascii_lowercase();
    let (relation, named) = origin.split_once('_').unwrap_or((origin.as_str(), ""));
    let of_group = matches!(relation, "member" | "owner" | "eligiblemember" | "eligibleowner");
    let kind = match row.origin_system.as_deref().unwrap_or_default() {
        "AadGroup" => "group",
        "AadApplication" => "application",
        "SharePointOnline" => "site",
        "DirectoryRole" => "directory_role",
        _ if of_group && !named.is_empty() => "group",
        _ => "other",
    };
    let resource = row.resource_id.map(|r| r.to_ascii_lowercase());
    let resource = resource.or_else(|| (kind == "group").then(|| named.to_string())).unwrap_or_default();
    let eligible = |key: EntitlementKey| if relation.starts_with("eligible") { key.eligible() } else { key };
    let entitlement = match kind {
        "group" if relation.ends_with("owner") => Some(eligible(EntitlementKey::group_owner(&resource))),
        "group" => Some(eligible(EntitlementKey::group(&resource))),
        "application" => Some(EntitlementKey::app_role(&resource, &origin)),
        "directory_role" => Some(EntitlementKey::directory_role(&resource, "/", relation.starts_with("eligible"))),
        "site" => Some(EntitlementKey {
            kind: EntitlementKind::SiteRole,
            id: resource.as_str().into(),
        }),
        _ => None,
    };
    let role = PackageRole {
        kind: kind.into(),
        resource,
        resource_name: row.resource_name.unwrap_or_default().to_string(),
        origin: row.origin_system.unwrap_or_default().to_string(),
        role: row.role_name.unwrap_or_default().to_string(),
        app_role_id: if kind == "application" { origin } else { String::new() },
        since: row.created_at,
    };
    (role, entitlement)
}

/// Which rule of the configuration calls a package sensitive: by its id or name, or by its catalog.
fn by_rule(id: &PackageId, facts: &PackageFacts, catalogs: &std::collections::BTreeMap<String, String>, settings: &Settings) -> Option<String> {
    let catalog = catalogs.get(&facts.catalog).map(String::as_str).unwrap_or_default();
    let named = |p: &&String| crate::config::matches(p, id.as_str(), &facts.name) || crate::config::matches_catalog(p, &facts.catalog, catalog);
    let pattern = settings.sensitive_packages.iter().find(named)?;
    Some(format!("named in the configuration ({pattern})"))
}

fn why_sensitive(facts: &PackageFacts, groups: &std::collections::BTreeMap<String, GroupFacts>) -> String {
    for role in &facts.roles {
        if role.kind == "directory_role" {
            // The role of the record may only say `Eligible Member`.
            let name = if role.resource_name.is_empty() { &role.role } else { &role.resource_name };
            return format!("it contains the directory role {name}");
        }
        if role.kind == "group" && groups.get(&role.resource).is_some_and(|g| g.role_assignable) {
            let name = if role.resource_name.is_empty() { &role.resource } else { &role.resource_name };
            return format!("it contains the role-assignable group {name}");
        }
    }
    String::new()
}

/// What a package contains that no mapping knows, which makes it sensitive until the configuration says otherwise.
fn unknown_content(id: &PackageId, facts: &PackageFacts, settings: &Settings) -> Option<String> {
    let role = facts.roles.iter().find(|r| r.kind == "other")?;
    if settings.ordinary_packages.iter().any(|p| crate::config::matches(p, id.as_str(), &facts.name)) {
        return None;
    }
    let origin = if role.origin.is_empty() {
        "no origin that its record tells"
    } else {
        &role.origin
    };
    let resource = if role.resource_name.is_empty() { "a resource" } else { &role.resource_name };
    Some(format!(
        "it contains {resource} of {origin}, a kind that is not known; if it is harmless, say so in the configuration (packages, not_sensitive)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_mapping_knows_makes_a_package_sensitive_until_somebody_says_otherwise() {
        let role = |kind: &str, origin: &str| PackageRole {
            kind: kind.into(),
            origin: origin.into(),
            resource_name: "Payments".into(),
            ..PackageRole::default()
        };
        let facts = |roles: Vec<PackageRole>| PackageFacts {
            name: "Cloud operations".into(),
            roles,
            ..PackageFacts::default()
        };
        let why = |facts: &PackageFacts, ordinary: &str| {
            let settings = Settings {
                ordinary_packages: vec![ordinary.into()],
                ..Settings::default()
            };
            unknown_content(&PackageId::new("p1"), facts, &settings).unwrap_or_default()
        };
        let strange = facts(vec![role("group", "AadGroup"), role("other", "AzureRoles")]);
        let told = why(&strange, "another");
        assert!(told.contains("Payments of AzureRoles") && told.contains("not_sensitive"), "{told}");
        assert_eq!(why(&strange, "cloud*"), "");
        assert_eq!(why(&facts(vec![role("group", "AadGroup"), role("site", "SharePointOnline")]), "another"), "");
        let nameless = why(&facts(vec![role("other", "")]), "another");
        assert!(nameless.contains("no origin that its record tells"), "{nameless}");
    }
}
