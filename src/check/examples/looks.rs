//! A complete look at everything: rows, sightings and snapshots of every collection.

use super::tenant::{Account, Assignment, Decision, Group, Package, Policy, Request, Schedule, Stage, Tenant, policy_id, upn_of};
use super::wire::{guid, is_software, upn};
use crate::lake::objects::*;
use crate::lake::records::{Sighting, Snapshot};
use crate::lake::table::{Object, Stamp};
use crate::ledger::Evidence;
use crate::model::{Instant, Interned};

/// Writes down what the tenant is like at an instant.
///
/// Collections that the look leaves out are named in `without`.
pub(super) fn look(evidence: &mut Evidence, tenant: &Tenant, at: Instant, without: &[&str]) {
    let mut look = Look {
        at,
        sightings: Vec::new(),
        snapshots: Vec::new(),
        without,
    };
    look.at_all(&mut evidence.assignments, "tenant", assignments(tenant));
    let requests: Vec<&Request> = tenant.requests.iter().collect();
    look.at_all(&mut evidence.requests, "tenant", requests.iter().map(|r| request(r)).collect());
    let decided = requests.iter().filter(|r| !r.decisions.is_empty());
    look.at_all(&mut evidence.approvals, "tenant", decided.map(|r| approval(r)).collect());
    let contents = tenant.policies.values().map(policy_content).collect();
    look.with_contents(&mut evidence.policies, "tenant", policies(tenant), contents);
    look.at_all(&mut evidence.packages, "tenant", packages(tenant));
    look.at_all(&mut evidence.resource_roles, "tenant", roles(tenant));
    let there = tenant.people.iter().filter(|(_, a)| !a.deleted);
    let contents = there.map(|(n, a)| tenant.around.vouched(n, user_content(a))).collect();
    look.with_contents(&mut evidence.users, "tenant", users(tenant, at), contents);
    look.at_all(&mut evidence.role_schedules, "group", schedules(tenant));
    let groups = groups(tenant);
    // What is not on record of a group would stand for "no" nowhere.
    let contents = vec!["{\"groupTypes\":[]}".to_string(); groups.len()];
    look.with_contents(&mut evidence.groups, "tenant", groups, contents);
    let (identities, wholes) = tenant.around.service_principals();
    let contents = vec![String::new(); tenant.apps.len()].into_iter().chain(wholes).collect();
    let all = apps(tenant).into_iter().chain(identities).collect();
    look.with_contents(&mut evidence.service_principals, "tenant", all, contents);
    let decided = decisions(tenant).into_iter().chain(tenant.around.items());
    look.at_all(&mut evidence.review_decisions, "tenant", decided.collect());
    look.at_all(&mut evidence.catalogs, "tenant", catalogs(tenant));
    look.at_all(&mut evidence.directory_roles, "entitlementManagement", catalog_owners(tenant));
    tenant.around.look(&mut look, evidence);
    for group in tenant.groups.iter().filter(|(_, g)| !g.deleted).map(|(name, _)| name) {
        let id = guid("group", group);
        let members = tenant.members.iter().filter(|(g, _)| g == group);
        look.at_all(&mut evidence.memberships, &id, members.map(|(_, m)| membership(&id, m)).collect());
        let owners = tenant.owners.iter().filter(|(g, _)| g == group);
        let owners = owners.map(|(_, m)| owner(&id, m)).collect();
        look.at_all(&mut evidence.memberships, &format!("owner/{id}"), owners);
    }
    for app in &tenant.apps {
        let holders = tenant.app_roles.iter().filter(|(a, _)| a == app);
        look.at_all(
            &mut evidence.app_role_assignments,
            &guid("app", app),
            holders.map(|(a, p)| app_role(a, p)).chain(tenant.around.group_apps(app)).collect(),
        );
    }
    evidence.sightings.extend(look.sightings);
    evidence.snapshots.extend(look.snapshots);
}

pub(super) struct Look<'a> {
    without: &'a [&'a str],
    pub(super) at: Instant,
    sightings: Vec<Sighting>,
    snapshots: Vec<Snapshot>,
}

impl Look<'_> {
    pub(super) fn at_all<R: Object + PartialEq>(&mut self, table: &mut Vec<R>, scope: &str, rows: Vec<R>) {
        let contents = vec![String::new(); rows.len()];
        self.with_contents(table, scope, rows, contents);
    }

    /// The same, with the whole record of each row.
    pub(super) fn with_contents<R: Object + PartialEq>(&mut self, table: &mut Vec<R>, scope: &str, rows: Vec<R>, contents: Vec<String>) {
        let collection = R::TABLE.name();
        if self.without.contains(&collection) {
            return;
        }
        let snapshot = format!("{collection}|{scope}|{}", self.at);
        self.snapshots.push(Snapshot {
            id: snapshot.clone(),
            collection: collection.into(),
            scope: scope.into(),
            observed_at: self.at,
            observed_from: self.at,
            rows: i64::try_from(rows.len()).unwrap_or(0),
            complete: "proven".into(),
            dated_by: "pull".into(),
            ..Snapshot::default()
        });
        for (mut row, whole) in rows.into_iter().zip(contents) {
            let content = serde_json::to_string(&row).expect("a row is JSON");
            let hash = guid("content", &format!("{content}{whole}"));
            row.stamp(Stamp {
                id: *row.id(),
                content_hash: hash.as_str().into(),
                content: whole,
                ..Stamp::default()
            });
            self.sightings.push(Sighting {
                collection: collection.into(),
                object_id: *row.id(),
                content_hash: hash.into(),
                observed_at: self.at,
                snapshot_id: Some(snapshot.as_str().into()),
                ..Sighting::default()
            });
            if !table.contains(&row) {
                table.push(row);
            }
        }
    }
}

fn some(text: &str) -> Option<Interned> {
    Some(text.into())
}

fn assignments(tenant: &Tenant) -> Vec<AssignmentRow> {
    let row = |a: &Assignment| {
        let over = a.ended.filter(|_| !a.listed);
        AssignmentRow {
            id: a.id.clone().into(),
            state: some(tenant.around.state(&a.id).unwrap_or(if over.is_some() { "expired" } else { "delivered" })),
            target_id: Some(guid("user", &a.person).into()),
            target_type: some("ServicePrincipal").filter(|_| is_software(&a.person)),
            package_id: Some(guid("package", &a.package).into()),
            policy_id: Some(policy_id(&a.package, &a.policy).into()),
            start_at: Some(a.start),
            end_at: a.end,
            expiration_type: some(if a.end.is_some() { "afterDateTime" } else { "noExpiration" }),
            expired_at: over,
            ..AssignmentRow::default()
        }
    };
    tenant.assignments.iter().map(row).collect()
}

fn request(r: &Request) -> RequestRow {
    RequestRow {
        id: r.id.clone().into(),
        request_type: some(r.kind),
        state: some(r.state),
        created_at: Some(r.at),
        completed_at: r.done,
        justification: r.reason.clone().map(Into::into),
        requestor_id: Some(guid("user", &r.requestor).into()),
        package_id: Some(guid("package", &r.package).into()),
        assignment_id: r.assignment.clone().map(Into::into),
        target_id: Some(guid("user", &r.person).into()),
        policy_id: Some(policy_id(&r.package, &r.policy).into()),
        end_at: r.end.filter(|_| !r.endless),
        expiration_type: some(match (r.endless, r.end) {
            (true, _) => "noExpiration",
            (false, Some(_)) => "afterDateTime",
            (false, None) => "notSpecified",
        }),
        ..RequestRow::default()
    }
}

fn approval(r: &Request) -> ApprovalRow {
    let stage = |(who, at, approved, why): &(String, Instant, bool, String)| ApprovalStage {
        justification: Some(why.as_str().into()),
        result: some(if *approved { "Approve" } else { "Deny" }),
        status: some("Completed"),
        reviewed_at: Some(*at),
        reviewer_id: Some(guid("user", who).into()),
        reviewer_upn: Some(upn(who).into()),
        ..ApprovalStage::default()
    };
    ApprovalRow {
        id: r.id.clone().into(),
        stages: r.decisions.iter().map(stage).collect(),
        ..ApprovalRow::default()
    }
}

fn policies(tenant: &Tenant) -> Vec<PolicyRow> {
    let row = |((package, label), p): (&(String, String), &Policy)| PolicyRow {
        id: policy_id(package, label).into(),
        name: Some(format!("{package} policy {label}").trim().into()),
        package_id: Some(guid("package", package).into()),
        target_scope: Some(p.scope.clone().into()),
        automatic: Some(p.automatic),
        approval_required_add: Some(p.approval),
        approval_required_update: Some(p.extension_by_approval.unwrap_or(p.approval)),
        expiration_type: p
            .expires
            .as_ref()
            .map(|e| if e == "noExpiration" { e.as_str() } else { "afterDuration" }.into()),
        expiration_duration: p.expires.as_ref().filter(|e| *e != "noExpiration").map(|e| e.as_str().into()),
        custom_schedule: Some(p.custom_schedule),
        created_at: p.created_at,
        modified_at: p.modified_at,
        stages: p.stages.iter().map(|s| policy_stage(s, p.approver_reason)).collect(),
        requestor_justification: p.reason_asked,
        review_settings: p.review.as_ref().map(Option::is_some),
        review_enabled: p.review.as_ref().map(Option::is_some),
        review_recurrence: p.review.clone().flatten().map(Into::into),
        review_self: p.more.get("self").map(|s| s == "true"),
        ..PolicyRow::default()
    };
    tenant.policies.iter().map(row).collect()
}

/// An entry of a list of approvers, as rows have it.
fn asked(word: &str) -> String {
    match word {
        "manager" => "requestorManager:1".into(),
        "sponsor" => "externalSponsors:".into(),
        w if w.starts_with("group ") => format!("groupMembers:{}", guid("group", &w["group ".len()..])),
        w if w.starts_with("kind ") => format!("{}:", &w["kind ".len()..]),
        w => format!("singleUser:{}", guid("user", w)),
    }
}

fn policy_stage(stage: &Stage, reason: Option<bool>) -> PolicyStage {
    let list = |words: &[String]| words.iter().map(|w| asked(w).as_str().into()).collect();
    PolicyStage {
        duration: Some(stage.within.as_deref().unwrap_or("P14D").into()),
        approver_justification: reason,
        approvers: list(&stage.approvers),
        fallbacks: list(&stage.fallbacks),
        ..PolicyStage::default()
    }
}

fn packages(tenant: &Tenant) -> Vec<PackageRow> {
    let row = |(name, p): (&String, &Package)| PackageRow {
        id: guid("package", name).into(),
        name: Some(name.clone().into()),
        description: Some(p.description.clone().into()),
        catalog_id: p.catalog.as_ref().map(|c| guid("catalog", c).into()),
        ..PackageRow::default()
    };
    tenant.packages.iter().map(row).collect()
}

fn catalogs(tenant: &Tenant) -> Vec<CatalogRow> {
    let row = |name: &String| CatalogRow {
        id: guid("catalog", name).into(),
        name: Some(name.clone().into()),
        ..CatalogRow::default()
    };
    tenant.catalogs.iter().map(row).collect()
}

/// Owners of catalogs, as the roles of entitlement management have them.
fn catalog_owners(tenant: &Tenant) -> Vec<DirectoryRoleRow> {
    let row = |(catalog, owner): &(String, String)| DirectoryRoleRow {
        id: guid("catalog owner", &format!("{catalog}/{owner}")).into(),
        principal_id: Some(guid("user", owner).into()),
        role_id: some("ae79f266-94d4-4dab-b730-feca7e132178"),
        app_scope_id: Some(format!("/AccessPackageCatalog/{}", guid("catalog", catalog)).into()),
        provider: some("entitlementManagement"),
        ..DirectoryRoleRow::default()
    };
    tenant.catalog_owners.iter().map(row).collect()
}

fn roles(tenant: &Tenant) -> Vec<ResourceRoleRow> {
    let mut rows = Vec::new();
    for (package, facts) in &tenant.packages {
        for (kind, resource, since) in &facts.roles {
            let id = match *kind {
                "owner" => guid("group", resource),
                "control" => guid("site", resource),
                "role" => super::around::role_id(resource),
                other => guid(other, resource),
            };
            let (system, origin) = match *kind {
                "owner" => ("AadGroup", format!("Owner_{id}")),
                "group" => ("AadGroup", format!("Member_{id}")),
                "control" => ("SharePointOnline", "3".into()),
                "site" => ("SharePointOnline", "4".into()),
                "app" => ("AadApplication", guid("app role", resource)),
                _ => ("DirectoryRole", id.clone()),
            };
            rows.push(ResourceRoleRow {
                id: format!("{}/{id}/{kind}", guid("package", package)).into(),
                package_id: Some(guid("package", package).into()),
                role_name: some(match *kind {
                    "role" => resource,
                    "owner" => "Owner",
                    "control" => "Full Control",
                    _ => "Member",
                }),
                role_origin_id: Some(origin.into()),
                origin_system: some(system),
                resource_id: Some(id.into()),
                resource_name: Some(resource.clone().into()),
                created_at: Some(*since),
                ..ResourceRoleRow::default()
            });
        }
    }
    rows
}

fn users(tenant: &Tenant, at: Instant) -> Vec<UserRow> {
    let row = |(name, a): (&String, &Account)| {
        let mut row = user(name, a, at);
        tenant.around.employ(name, &mut row);
        row
    };
    tenant.people.iter().filter(|(_, a)| !a.deleted).map(row).collect()
}

fn user(name: &str, a: &Account, at: Instant) -> UserRow {
    UserRow {
        id: guid("user", name).into(),
        name: Some(name.into()),
        upn: Some(upn_of(name, a).into()),
        user_type: some(if a.guest { "Guest" } else { "Member" }).filter(|_| !a.type_untold),
        enabled: Some(!a.disabled),
        leave_at: a.leave_at,
        last_successful_at: a.last_success.filter(|t| *t <= at),
        employee_type: a.employee_type.clone().map(Into::into),
        created_at: a.created_at,
        external_state: a.pending.then(|| "PendingAcceptance".into()),
        ..UserRow::default()
    }
}

/// What no column of users holds.
fn user_content(account: &Account) -> String {
    let mut content = serde_json::Map::new();
    content.insert("employeeLeaveDateTime".into(), serde_json::json!(account.leave_at.map(|t| t.to_string())));
    if let Some(number) = &account.employee_id {
        content.insert("employeeId".into(), number.as_str().into());
    }
    if let Some(manager) = &account.manager {
        let id = if manager == "none" { None } else { Some(guid("user", manager)) };
        content.insert("manager".into(), serde_json::json!(id.map(|id| serde_json::json!({"id": id}))));
    }
    if !account.sponsors.is_empty() {
        let ids = account.sponsors.iter().map(|s| serde_json::json!({"id": guid("user", s)}));
        content.insert("sponsors".into(), ids.collect::<Vec<_>>().into());
    }
    serde_json::Value::Object(content).to_string()
}

/// What no column of policies holds, in the shape of v1.0.
fn policy_content(policy: &Policy) -> String {
    let range = policy.series_until.as_ref().map(|day| serde_json::json!({"type": "endDate", "endDate": day}));
    let reviews = match (policy.once, range) {
        (true, _) => serde_json::json!({"schedule": {"startDateTime": "2026-01-01T00:00:00Z", "recurrence": null}}),
        (false, Some(range)) => serde_json::json!({"schedule": {"recurrence": {"pattern": {}, "range": range}}}),
        (false, None) => serde_json::Value::Null,
    };
    let users = |names: &[String]| {
        let one = |n: &String| serde_json::json!({"@odata.type": "#microsoft.graph.singleUser", "userId": guid("user", n)});
        names.iter().map(one).collect::<Vec<_>>()
    };
    let stage = |s: &Stage| {
        serde_json::json!({
            "isEscalationEnabled": !s.alternates.is_empty(),
            "escalationApprovers": users(&s.alternates),
        })
    };
    let questions = policy.questions.iter().map(|q| serde_json::json!({"text": q, "isRequired": true}));
    let mut whole = serde_json::json!({
        "modifiedDateTime": policy.modified_at.map(|t| t.to_string()),
        "requestorSettings": {"enableTargetsToSelfUpdateAccess": policy.extendable},
        "requestApprovalSettings": {"stages": policy.stages.iter().map(stage).collect::<Vec<_>>()},
        "questions": questions.collect::<Vec<_>>(),
        "reviewSettings": reviews,
    });
    let mut targets = Vec::new();
    for (name, value) in &policy.more {
        match name.as_str() {
            "group" => targets.push(serde_json::json!({"@odata.type": "#microsoft.graph.groupMembers", "groupId": value})),
            "organization" => {
                targets.push(serde_json::json!({"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": value}))
            }
            "silence" => whole["reviewSettings"]["expirationBehavior"] = value.as_str().into(),
            "self" => whole["reviewSettings"]["isSelfReview"] = (value == "true").into(),
            other => panic!("no member is called {other}"),
        }
    }
    if !policy.more.is_empty() {
        whole["specificAllowedTargets"] = targets.into();
    }
    whole.to_string()
}

fn schedules(tenant: &Tenant) -> Vec<RoleScheduleRow> {
    let row = |s: &Schedule| RoleScheduleRow {
        id: guid("schedule", &format!("{}/{}/{}", s.group, s.person, s.start)).into(),
        family: some("group"),
        eligible: Some(false),
        principal_id: Some(guid("user", &s.person).into()),
        group_id: Some(guid("group", &s.group).into()),
        access_id: some("member"),
        start_at: Some(s.start),
        end_at: s.end,
        assignment_type: some(if s.activated { "activated" } else { "assigned" }),
        instance: Some(true),
        ..RoleScheduleRow::default()
    };
    tenant.schedules.iter().map(row).collect()
}

fn groups(tenant: &Tenant) -> Vec<GroupRow> {
    let row = |(name, g): (&String, &Group)| GroupRow {
        id: guid("group", name).into(),
        name: Some(name.clone().into()),
        group_types: if g.dynamic { vec!["DynamicMembership".into()] } else { Vec::new() },
        role_assignable: Some(g.privileged),
        synced: Some(g.synced),
        ..GroupRow::default()
    };
    tenant.groups.iter().filter(|(_, g)| !g.deleted).map(row).collect()
}

fn apps(tenant: &Tenant) -> Vec<ServicePrincipalRow> {
    let row = |name: &String| ServicePrincipalRow {
        id: guid("app", name).into(),
        name: Some(name.clone().into()),
        app_id: Some(guid("app id", name).into()),
        ..ServicePrincipalRow::default()
    };
    tenant.apps.iter().map(row).collect()
}

fn decisions(tenant: &Tenant) -> Vec<ReviewDecisionRow> {
    let row = |d: &Decision| ReviewDecisionRow {
        id: d.id.clone().into(),
        decision: some(if d.deny { "Deny" } else { "Approve" }),
        principal_id: Some(guid("user", &d.person).into()),
        resource_id: Some(policy_id(&d.package, "").into()),
        resource_kind: some("accessPackageAssignmentPolicy"),
        reviewed_at: Some(d.at),
        reviewer_id: Some(guid("user", &d.reviewer).into()),
        applied_at: d.applied.then_some(d.at),
        apply_result: some(if d.applied { "AppliedSuccessfully" } else { "New" }).filter(|_| !d.untold),
        ..ReviewDecisionRow::default()
    };
    tenant.decisions.iter().map(row).collect()
}

fn membership(group: &str, member: &str) -> MembershipRow {
    let person = guid("user", member);
    MembershipRow {
        id: format!("member/{group}/{person}").into(),
        relation: some("member"),
        container_kind: some("group"),
        container_id: some(group),
        member_id: Some(person.into()),
        member_kind: some("user"),
        ..MembershipRow::default()
    }
}

fn owner(container: &str, owner: &str) -> MembershipRow {
    let person = guid("user", owner);
    MembershipRow {
        id: format!("owner/{container}/{person}").into(),
        relation: some("owner"),
        ..membership(container, owner)
    }
}

fn app_role(app: &str, person: &str) -> AppRoleAssignmentRow {
    AppRoleAssignmentRow {
        id: guid("app role assignment", &format!("{app}/{person}")).into(),
        principal_id: Some(guid("user", person).into()),
        principal_kind: some("User"),
        resource_id: Some(guid("app", app).into()),
        app_role_id: Some(guid("app role", app).into()),
        ..AppRoleAssignmentRow::default()
    }
}
