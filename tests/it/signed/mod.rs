//! Small tenants as Microsoft Graph writes them, and the verdicts that a person would sign.
//!
//! Each tenant is a folder of pages as an export has them. What is expected is every row of the named checks about somebody or
//! something; rows about the whole tenant are left out, since they only say what an export does not have.

mod access;
mod reviews;

use crate::common::Run;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An id of the directory, made of a name: the same name, the same id.
fn id(name: &str) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in name.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    let hex = format!("{hash:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// An export under way.
struct Export {
    run: Run,
    names: BTreeMap<String, String>,
}

impl Export {
    fn new() -> Self {
        Self {
            run: Run::new(),
            names: BTreeMap::new(),
        }
    }

    fn id(&mut self, name: &str) -> String {
        let id = id(name);
        self.names.insert(id.clone(), name.into());
        id
    }

    /// A whole page of a collection, looked at on a day.
    fn page(&self, day: &str, file: &str, context: &str, items: &[Value]) {
        let page = json!({"@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#{context}"), "@odata.count": items.len(), "value": items});
        self.run.write(&format!("in/{day}/{file}.json"), &page.to_string());
    }

    /// The audit log, which covers the year up to the day of the questions.
    fn audit(&self, events: &[Value]) {
        let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
        self.run.write("in/directoryAudits.ndjson", &lines.join("\n"));
        self.run
            .write("in/coverage.toml", "[[covers]]\nsource = \"audit\"\nfrom = 2025-01-01\nuntil = 2026-03-31\n");
    }

    /// Every row of the checks that is about somebody or something: check, result, subject, object, reason.
    fn verdicts(&self, checks: &[&str]) -> Vec<String> {
        self.verdicts_as_of(checks, &[])
    }

    /// The same at an instant.
    fn verdicts_as_of(&self, checks: &[&str], as_of: &[&str]) -> Vec<String> {
        self.run.ok(&["ingest", "in", "--lake", "lake"]);
        let mut args = vec!["check"];
        args.extend(checks);
        args.extend(as_of);
        args.extend(["--lake", "lake", "--format", "csv", "--output", "found.csv"]);
        self.run.tell(&args);
        let text = self.run.read("found.csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.deserialize::<BTreeMap<String, String>>().map(|r| r.expect("a row"));
        let name = |id: &str| self.names.get(id.split('|').next().unwrap_or(id)).cloned().unwrap_or_else(|| id.to_string());
        let mut told: Vec<String> = rows
            .filter(|r| r["subject_kind"] != "tenant")
            .map(|r| {
                let parts = [
                    r["check"].clone(),
                    r["result"].clone(),
                    name(&r["subject_id"]),
                    name(&r["object_id"]),
                    r["reason"].clone(),
                ];
                parts.join(" ").replace("  ", " ")
            })
            .collect();
        told.sort();
        told
    }
}

const NOW: &str = "2026-03-31";

fn user(export: &mut Export, name: &str, more: Value) -> Value {
    let mut user = json!({
        "id": export.id(name), "displayName": name, "userPrincipalName": format!("{name}@corp.example"), "mail": format!("{name}@corp.example"),
        "userType": "Member", "accountEnabled": true, "createdDateTime": "2024-05-02T08:00:00Z", "deletedDateTime": null,
        "department": null, "jobTitle": null, "employeeType": "Employee", "employeeLeaveDateTime": null,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        user[key] = value.clone();
    }
    user
}

/// A package with what it contains: `group NAME`, `app NAME`, `owner NAME`.
fn package(export: &mut Export, name: &str, contents: &[&str]) -> Value {
    let scopes: Vec<Value> = contents
        .iter()
        .map(|content| {
            let (kind, resource) = content.split_once(' ').expect("a kind and a name");
            let resource_id = export.id(resource);
            let (system, role, origin) = match kind {
                "app" => ("AadApplication", "User", id(&format!("role of {resource}"))),
                "owner" => ("AadGroup", "Owner", format!("Owner_{resource_id}")),
                _ => ("AadGroup", "Member", format!("Member_{resource_id}")),
            };
            json!({
                "id": id(&format!("{name} {content}")), "createdDateTime": "2024-06-01T00:00:00Z",
                "role": {"id": id(&format!("role {content}")), "displayName": role, "originSystem": system, "originId": origin},
                "scope": {"id": id(&format!("scope {content}")), "displayName": resource, "originSystem": system, "originId": resource_id, "isRootScope": true},
            })
        })
        .collect();
    json!({
        "id": export.id(name), "displayName": name, "description": "", "isHidden": false, "createdDateTime": "2024-06-01T00:00:00Z",
        "modifiedDateTime": "2024-06-01T00:00:00Z", "catalog": {"id": id("house"), "displayName": "House"}, "resourceRoleScopes": scopes,
    })
}

fn policy(export: &mut Export, package: &str, more: Value) -> Value {
    let name = format!("policy of {package}");
    let mut policy = json!({
        "id": export.id(&name), "displayName": name, "description": "", "allowedTargetScope": "allMemberUsers", "specificAllowedTargets": [],
        "createdDateTime": "2024-06-01T00:00:00Z", "modifiedDateTime": "2024-06-01T00:00:00Z", "automaticRequestSettings": null,
        "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": null},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": false, "isApprovalRequiredForUpdate": false, "isRequestorJustificationRequired": true, "stages": []},
        "reviewSettings": {"isEnabled": true, "expirationBehavior": "removeAccess", "isSelfReview": false, "primaryReviewers": [],
            "schedule": {"startDateTime": "2024-06-01T00:00:00Z", "expiration": {"type": "afterDuration", "duration": "P14D"},
                "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 3}, "range": {"type": "noEnd", "startDate": "2024-06-01"}}}},
        "accessPackage": {"id": export.id(package), "displayName": package}, "catalog": {"id": id("house"), "displayName": "House"},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        policy[key] = value.clone();
    }
    policy
}

fn assignment(export: &mut Export, who: &str, package: &str, more: Value) -> Value {
    let key = format!("{who} in {package}");
    let mut assignment = json!({
        "id": export.id(&key), "state": "delivered", "status": "Delivered", "expiredDateTime": null,
        "schedule": {"startDateTime": "2026-01-05T08:00:00Z", "recurrence": null, "expiration": {"type": "afterDateTime", "endDateTime": "2026-12-31T00:00:00Z", "duration": null}},
        "target": {"id": id(&format!("subject {who}")), "objectId": export.id(who), "displayName": who, "principalName": format!("{who}@corp.example"), "type": "User", "subjectType": "user"},
        "accessPackage": {"id": export.id(package), "displayName": package},
        "assignmentPolicy": {"id": export.id(&format!("policy of {package}")), "displayName": format!("policy of {package}")},
    });
    for (k, value) in more.as_object().into_iter().flatten() {
        assignment[k] = value.clone();
    }
    assignment
}

fn group(export: &mut Export, name: &str, more: Value) -> Value {
    let mut group = json!({
        "id": export.id(name), "displayName": name, "groupTypes": [], "securityEnabled": true, "mailEnabled": false, "membershipRule": null,
        "onPremisesSyncEnabled": null, "isAssignableToRole": null, "createdDateTime": "2024-05-02T08:00:00Z", "deletedDateTime": null,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        group[key] = value.clone();
    }
    group
}

fn member(export: &mut Export, name: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.user", "id": export.id(name), "displayName": name, "userPrincipalName": format!("{name}@corp.example")})
}

fn application(export: &mut Export, name: &str) -> Value {
    json!({
        "id": export.id(name), "appId": id(&format!("app id of {name}")), "displayName": name, "accountEnabled": true, "servicePrincipalType": "Application",
        "appOwnerOrganizationId": id("tenant"), "appRoleAssignmentRequired": true,
        "appRoles": [{"id": id(&format!("role of {name}")), "displayName": "User", "value": "User", "allowedMemberTypes": ["User"], "isEnabled": true}],
    })
}

/// The pages that every tenant has.
fn base(export: &Export, day: &str, users: &[Value], packages: &[Value], policies: &[Value], assignments: &[Value]) {
    export.page(day, "users", "users", users);
    let contents = "identityGovernance/entitlementManagement/accessPackages(resourceRoleScopes(role(),scope()))";
    export.page(day, "accessPackages", contents, packages);
    export.page(
        day,
        "assignmentPolicies",
        "identityGovernance/entitlementManagement/assignmentPolicies(accessPackage(),catalog())",
        policies,
    );
    let context = "identityGovernance/entitlementManagement/assignments(accessPackage(),assignmentPolicy(),target())";
    export.page(day, "assignments", context, assignments);
}

fn members(export: &mut Export, day: &str, group: &str, names: &[&str]) {
    let context = format!("groups('{}')/members", export.id(group));
    let items: Vec<Value> = names.iter().map(|n| member(export, n)).collect();
    export.page(day, &format!("members-{group}"), &context, &items);
}

fn conditional(name: &str, users: Value, apps: Value, grant: Value, more: Value) -> Value {
    let mut all = json!({"includeUsers": [], "excludeUsers": [], "includeGroups": [], "excludeGroups": [], "includeRoles": [], "excludeRoles": [],
        "includeGuestsOrExternalUsers": null, "excludeGuestsOrExternalUsers": null});
    for (key, value) in users.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    let mut policy = json!({
        "id": id(name), "displayName": name, "state": "enabled", "createdDateTime": "2024-06-01T00:00:00Z", "modifiedDateTime": null, "sessionControls": null,
        "conditions": {
            "userRiskLevels": [], "signInRiskLevels": [], "clientAppTypes": ["all"], "platforms": null, "locations": null, "devices": null,
            "clientApplications": null, "insiderRiskLevels": null, "authenticationFlows": null,
            "applications": {"includeApplications": apps, "excludeApplications": [], "includeUserActions": [], "includeAuthenticationContextClassReferences": [], "applicationFilter": null},
            "users": all,
        },
        "grantControls": grant,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        policy[key] = value.clone();
    }
    policy
}

fn controls(operator: &str, list: &[&str]) -> Value {
    json!({"operator": operator, "builtInControls": list, "customAuthenticationFactors": [], "termsOfUse": [], "authenticationStrength": null})
}
