//! What surrounds access, as looks write it down.

use super::around::{Around, Item, rest, role_id};
use super::looks::Look;
use super::tenant::policy_id;
use super::wire::guid;
use crate::lake::objects::*;
use crate::ledger::Evidence;
use crate::model::{Instant, Interned};
use serde_json::{Value, json};

fn some(text: &str) -> Option<Interned> {
    Some(text.into())
}

impl Around {
    /// State of an assignment that is neither delivered nor over.
    pub(super) fn state(&self, assignment: &str) -> Option<&str> {
        self.states.get(assignment).map(String::as_str)
    }

    /// Gives a user's row its post.
    pub(super) fn employ(&self, name: &str, row: &mut UserRow) {
        let post = self.posts.get(name);
        let of = |key: &str| post.and_then(|p| p.get(key)).map(|v| v.as_str().into());
        (row.department, row.job_title) = (of("department"), of("jobTitle"));
        row.employee_type = of("employeeType").or(row.employee_type);
    }

    /// What the record of a user says beside its columns.
    pub(super) fn vouched(&self, name: &str, content: String) -> String {
        let Some(sponsors) = self.sponsors.get(name) else { return content };
        let mut whole: Value = serde_json::from_str(&content).unwrap_or_else(|_| json!({}));
        whole["sponsors"] = sponsors.iter().map(|s| json!({"id": guid("user", s)})).collect();
        whole.to_string()
    }

    pub(super) fn items(&self) -> Vec<ReviewDecisionRow> {
        let row = |item: &Item| {
            let denied = item.says("deny");
            let open = item.says("not reviewed");
            let result = item
                .detail
                .iter()
                .find_map(|d| rest(d, "result"))
                .unwrap_or(if item.says("applied") { "AppliedSuccessfully" } else { "New" });
            let of_group = item.detail.iter().find_map(|d| rest(d, "of group"));
            let instance = self.instances.iter().rev().find(|(s, from, ..)| *s == item.package && *from <= item.at);
            ReviewDecisionRow {
                id: item.id.clone().into(),
                definition_id: instance.map(|(s, ..)| guid("series", s).into()),
                instance_id: instance.map(|(s, from, ..)| guid("instance", &format!("{s}/{from}")).into()),
                decision: some(if open {
                    "NotReviewed"
                } else if denied {
                    "Deny"
                } else {
                    "Approve"
                }),
                principal_id: Some(guid("user", &item.person).into()),
                resource_id: Some(of_group.map_or_else(|| policy_id(&item.package, ""), |g| guid("group", g)).into()),
                resource_kind: some(if of_group.is_some() { "group" } else { "accessPackageAssignmentPolicy" }),
                reviewed_at: (!open).then_some(item.at),
                reviewer_id: (!open).then(|| guid("user", &item.reviewer).into()),
                justification: some(&item.text).filter(|t| !t.is_empty()),
                applied_at: item.says("applied").then_some(item.at),
                apply_result: some(result),
                ..ReviewDecisionRow::default()
            }
        };
        self.items.iter().map(row).collect()
    }

    pub(super) fn service_principals(&self) -> (Vec<ServicePrincipalRow>, Vec<String>) {
        let row = |whole: &Value| ServicePrincipalRow {
            id: whole["id"].as_str().unwrap_or_default().into(),
            name: whole["displayName"].as_str().map(Into::into),
            app_id: Some(guid("app id", whole["displayName"].as_str().unwrap_or_default()).into()),
            kind: whole["servicePrincipalType"].as_str().map(Into::into),
            enabled: whole["accountEnabled"].as_bool(),
            ..ServicePrincipalRow::default()
        };
        (
            self.identities.values().map(row).collect(),
            self.identities.values().map(Value::to_string).collect(),
        )
    }

    pub(super) fn group_apps(&self, app: &str) -> Vec<AppRoleAssignmentRow> {
        let held = self.group_apps.iter().filter(|(_, a)| a == app);
        held.map(|(group, app)| AppRoleAssignmentRow {
            id: guid("app role assignment", &format!("{app}/group {group}")).into(),
            principal_id: Some(guid("group", group).into()),
            principal_kind: some("Group"),
            resource_id: Some(guid("app", app).into()),
            app_role_id: Some(guid("app role", app).into()),
            ..AppRoleAssignmentRow::default()
        })
        .collect()
    }

    /// What else a look writes down, where a story tells of it.
    pub(super) fn look(&self, look: &mut Look, evidence: &mut Evidence) {
        if !self.incompatible.is_empty() {
            let row = |package: &str, kind: &str, other: &str| IncompatibilityRow {
                id: format!("{}/{}", guid("package", package), guid(kind, other)).into(),
                package_id: Some(guid("package", package).into()),
                other_kind: some(kind),
                other_id: Some(guid(kind, other).into()),
                other_name: some(other),
                ..IncompatibilityRow::default()
            };
            let rows = self.incompatible.iter().map(|(package, kind, other)| row(package, kind, other));
            look.at_all(&mut evidence.incompatibilities, "tenant", rows.collect());
        }
        for (name, sponsors) in &self.listed {
            let id = guid("user", name);
            let row = |sponsor: &String| MembershipRow {
                id: format!("sponsor/{id}/{}", guid("user", sponsor)).into(),
                relation: some("sponsor"),
                container_kind: some("serviceprincipal"),
                container_id: Some(id.as_str().into()),
                member_id: Some(guid("user", sponsor).into()),
                member_kind: some("user"),
                ..MembershipRow::default()
            };
            look.at_all(&mut evidence.memberships, &format!("sponsor/{id}"), sponsors.iter().map(row).collect());
        }
        if !self.conditional.is_empty() {
            let row = |p: &Value| ConditionalAccessRow {
                id: p["id"].as_str().unwrap_or_default().into(),
                name: p["displayName"].as_str().map(Into::into),
                state: p["state"].as_str().map(Into::into),
                ..ConditionalAccessRow::default()
            };
            let contents = self.conditional.values().map(Value::to_string).collect();
            look.with_contents(
                &mut evidence.conditional_access,
                "tenant",
                self.conditional.values().map(row).collect(),
                contents,
            );
        }
        self.look_reviews(look, evidence);
        if !self.organizations.is_empty() {
            let there = self.organizations.iter().filter(|(_, there)| **there);
            let rows = there.map(|(name, _)| ConnectedOrganizationRow {
                id: guid("organization", name).into(),
                name: some(name),
                state: some("configured"),
                ..ConnectedOrganizationRow::default()
            });
            look.at_all(&mut evidence.connected_organizations, "tenant", rows.collect());
        }
        self.look_roles(look, evidence);
    }

    fn look_reviews(&self, look: &mut Look, evidence: &mut Evidence) {
        if self.series.is_empty() && self.instances.is_empty() {
            return;
        }
        let begun: Vec<&Value> = self.series.values().filter(|(_, at)| *at <= look.at).map(|(w, _)| w).collect();
        let pattern = |w: &Value| {
            w["settings"]["recurrence"]["pattern"]["interval"]
                .as_u64()
                .map(|n| format!("P{n}M").as_str().into())
        };
        let rows = begun.iter().map(|w| ReviewDefinitionRow {
            id: w["id"].as_str().unwrap_or_default().into(),
            name: w["displayName"].as_str().map(Into::into),
            status: w["status"].as_str().map(Into::into),
            recurrence: pattern(w),
            reminders: w["settings"]["reminderNotificationsEnabled"].as_bool(),
            auto_apply: Some(true),
            default_decision: w["settings"]["defaultDecision"].as_str().map(Into::into),
            ..ReviewDefinitionRow::default()
        });
        let contents = begun.iter().map(ToString::to_string).collect();
        look.with_contents(&mut evidence.review_definitions, "tenant", rows.collect(), contents);
        for (series, ..) in &self.series {
            let id = guid("series", series);
            let of = self.instances.iter().filter(|(s, from, ..)| s == series && *from <= look.at);
            let rows = of.map(|(s, from, until, status)| ReviewInstanceRow {
                id: guid("instance", &format!("{s}/{from}")).into(),
                definition_id: Some(id.as_str().into()),
                status: some(if look.at < *until { "InProgress" } else { status }),
                start_at: Some(*from),
                end_at: Some(*until),
                ..ReviewInstanceRow::default()
            });
            look.at_all(&mut evidence.review_instances, &id, rows.collect());
        }
    }

    fn look_roles(&self, look: &mut Look, evidence: &mut Evidence) {
        let live = |r: &&(String, String, String, Option<Instant>, Instant)| r.3.is_none_or(|end| look.at < end) && r.4 <= look.at;
        let (eligible, active): (Vec<_>, Vec<_>) = self.roles.iter().filter(live).partition(|r| r.2 == "eligible");
        let schedule = |r: &&(String, String, String, Option<Instant>, Instant)| RoleScheduleRow {
            id: guid("role schedule", &format!("{}/{}", r.0, r.1)).into(),
            family: some("directory"),
            eligible: Some(r.2 == "eligible"),
            principal_id: Some(guid("user", &r.0).into()),
            role_id: Some(role_id(&r.1).into()),
            scope_id: some("/"),
            start_at: Some(r.4),
            end_at: r.3,
            assignment_type: some(if r.2 == "activated" { "Activated" } else { "Assigned" }).filter(|_| r.2 != "eligible"),
            instance: Some(true),
            ..RoleScheduleRow::default()
        };
        let scheduled = active.iter().filter(|r| r.2 != "unscheduled").map(schedule).collect();
        let held = active.iter().map(|r| DirectoryRoleRow {
            id: guid("role assignment", &format!("{}/{}", r.0, r.1)).into(),
            principal_id: Some(guid("user", &r.0).into()),
            role_id: Some(role_id(&r.1).into()),
            scope_id: some("/"),
            ..DirectoryRoleRow::default()
        });
        let held = held.collect();
        let named: std::collections::BTreeSet<&String> = self.roles.iter().map(|r| &r.1).collect();
        let definitions = named.into_iter().map(|name| RoleDefinitionRow {
            id: role_id(name).into(),
            template_id: Some(role_id(name).into()),
            name: some(name),
            ..RoleDefinitionRow::default()
        });
        let definitions = definitions.collect();
        let eligible = eligible.iter().map(schedule).collect();
        look.at_all(&mut evidence.role_schedules, "tenant", scheduled);
        look.at_all(&mut evidence.role_schedules, "eligible", eligible);
        look.at_all(&mut evidence.directory_roles, "tenant", held);
        look.at_all(&mut evidence.role_definitions, "tenant", definitions);
    }
}
