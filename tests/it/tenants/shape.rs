//! Objects of Microsoft Graph v1.0 (and of beta, where an export is of that version), one function a collection.

use super::cast::{Cast, Kind, Object, id_of, instant, word_of};
use super::look::{Page, Row, named};
use serde_json::{Value, json};

type Make = Box<dyn Fn(&Cast, &Row) -> Result<Value, String>>;

/// A collection: its context in `$metadata`, and how a row becomes an object.
pub struct Collection {
    pub context: String,
    pub object: Make,
}

const MANAGEMENT: &str = "identityGovernance/entitlementManagement";

/// The collection that is called so in a tenant's file.
pub fn collection(cast: &Cast, kind: &str, of: Option<&str>, page: &Page) -> Result<Collection, String> {
    let owner = || of.ok_or(format!("{kind} of what?")).and_then(|name| cast.find(name));
    let without = |expanded: &[&str]| {
        let kept = expanded.iter().filter(|e| !page.unexpanded.iter().any(|u| e.starts_with(u.as_str())));
        kept.copied().collect::<Vec<_>>().join(",")
    };
    let (context, object): (String, Make) = match kind {
        "users" => ("users".into(), Box::new(|cast, row| Ok(user(&named(cast, row)?)))),
        "groups" => ("groups".into(), Box::new(|cast, row| group(&named(cast, row)?))),
        "apps" => ("servicePrincipals".into(), Box::new(|cast, row| Ok(app(&named(cast, row)?)))),
        "roles" => (
            "roleManagement/directory/roleDefinitions".into(),
            Box::new(|cast, row| Ok(role(&named(cast, row)?))),
        ),
        "members" | "owners" => (
            format!("groups('{}')/{kind}", owner()?.id),
            Box::new(|cast, row| Ok(linked(&named(cast, row)?))),
        ),
        // Graph answers `directory/deletedItems/microsoft.graph.user` with the context of the living ones: only `deletedDateTime` tells.
        "deleted users" => ("users".into(), Box::new(deleted)),
        "deleted groups" => ("groups".into(), Box::new(deleted)),
        "deleted apps" => ("servicePrincipals".into(), Box::new(deleted)),
        "app roles" => {
            let app = owner()?;
            let context = format!("servicePrincipals('{}')/appRoleAssignedTo", app.id);
            (context, Box::new(move |cast, row| app_role(cast, &app, row)))
        }
        "packages" => (
            format!("{MANAGEMENT}/accessPackages({})", without(&["catalog()", "resourceRoleScopes(role(),scope())"])),
            Box::new(|cast, row| package(cast, &named(cast, row)?)),
        ),
        "policies" => (
            format!("{MANAGEMENT}/assignmentPolicies({})", without(&["accessPackage()"])),
            Box::new(|cast, row| policy(cast, &named(cast, row)?, true)),
        ),
        "assignments" if page.beta => (
            format!("{MANAGEMENT}/accessPackageAssignments({})", without(&["target()", "accessPackage()"])),
            Box::new(beta_assignment),
        ),
        "assignments" => (
            format!("{MANAGEMENT}/assignments({})", without(&["target()", "accessPackage()", "assignmentPolicy()"])),
            Box::new(assignment),
        ),
        "requests" => (
            format!(
                "{MANAGEMENT}/assignmentRequests({})",
                without(&["requestor()", "accessPackage()", "assignment()"])
            ),
            Box::new(request),
        ),
        "role assignments" => ("roleManagement/directory/roleAssignments".into(), Box::new(role_assignment)),
        "role schedules" => ("roleManagement/directory/roleAssignmentScheduleInstances".into(), Box::new(role_schedule)),
        "eligible roles" => ("roleManagement/directory/roleEligibilityScheduleInstances".into(), Box::new(role_eligibility)),
        "group schedules" => (
            "identityGovernance/privilegedAccess/group/assignmentScheduleInstances".into(),
            Box::new(|cast, row| group_schedule(cast, row, false)),
        ),
        "eligible groups" => (
            "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances".into(),
            Box::new(|cast, row| group_schedule(cast, row, true)),
        ),
        "review decisions" => {
            let (definition, instance) = (id_of("review", of.unwrap_or("Review")), id_of("instance", of.unwrap_or("Review")));
            let context = format!("identityGovernance/accessReviews/definitions('{definition}')/instances('{instance}')/decisions");
            (context, Box::new(move |cast, row| decision(cast, row, &instance)))
        }
        _ => return Err(format!("no collection is called '{kind}'")),
    };
    Ok(Collection { context, object })
}

fn created(object: &Object) -> String {
    let told = object.word("created").map(instant).and_then(Result::ok);
    told.unwrap_or_else(|| "2024-01-01T00:00:00Z".to_string())
}

fn user(user: &Object) -> Value {
    json!({
        "id": user.id, "displayName": user.display(), "userPrincipalName": user.upn(), "mail": user.word("mail").map_or_else(|| user.upn(), str::to_string),
        "userType": user.word("type").unwrap_or("Member"), "accountEnabled": user.word("enabled") != Some("false"),
        "createdDateTime": created(user), "department": "Harbour",
    })
}

fn group(group: &Object) -> Result<Value, String> {
    let rule = group.word("rule");
    Ok(json!({
        "id": group.id, "displayName": group.display(), "createdDateTime": created(group), "securityEnabled": true, "mailEnabled": false,
        "groupTypes": if rule.is_some() { vec!["DynamicMembership"] } else { vec![] }, "membershipRule": rule,
        "isAssignableToRole": group.words.iter().any(|w| w == "role-assignable"),
    }))
}

/// The application's roles are the words `role Reader`.
fn app(app: &Object) -> Value {
    let roles = app.words.iter().filter_map(|w| w.strip_prefix("role "));
    let roles = roles.map(|name| {
        json!({
            "id": app.part(&format!("role {name}")), "displayName": name, "value": name, "description": name, "isEnabled": true,
            "allowedMemberTypes": ["User", "Application"],
        })
    });
    json!({
        "id": app.id, "appId": app.part("appId"), "displayName": app.display(), "servicePrincipalType": "Application",
        "accountEnabled": app.word("enabled") != Some("false"), "appRoles": roles.collect::<Vec<_>>(),
        "servicePrincipalNames": [app.part("appId")], "appRoleAssignmentRequired": !app.words.iter().any(|w| w == "open to everybody"),
    })
}

fn role(role: &Object) -> Value {
    json!({
        "id": role.id, "templateId": role.id, "displayName": role.display(), "description": role.display(), "isBuiltIn": true,
        "isEnabled": true, "rolePermissions": [], "resourceScopes": ["/"], "version": "1",
    })
}

fn linked(object: &Object) -> Value {
    let kind = match object.kind {
        Kind::Group => "group",
        Kind::App => "servicePrincipal",
        Kind::Device => "device",
        _ => "user",
    };
    let mut value = json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": object.id, "displayName": object.display()});
    if object.kind == Kind::User {
        value["userPrincipalName"] = json!(object.upn());
    }
    value
}

/// An object in the bin: a user's principal name has the object id before it there.
fn deleted(cast: &Cast, row: &Row) -> Result<Value, String> {
    let object = named(cast, row)?;
    let mut value = match object.kind {
        Kind::User => user(&object),
        Kind::Group => group(&object)?,
        _ => app(&object),
    };
    if object.kind == Kind::User {
        value["userPrincipalName"] = json!(format!("{}{}", object.id.replace('-', ""), object.upn()));
    }
    value["deletedDateTime"] = row.time("at")?;
    Ok(value)
}

/// `alice | Reader | since 2026-02-01`
fn app_role(cast: &Cast, app: &Object, row: &Row) -> Result<Value, String> {
    let holder = cast.find(row.cell(0, "a holder")?)?;
    let role = row.cell(1, "an app role")?;
    let kind = match holder.kind {
        Kind::Group => "Group",
        Kind::App => "ServicePrincipal",
        _ => "User",
    };
    Ok(json!({
        "id": id_of("app role assignment", &format!("{} {role} {}", holder.id, app.id)), "appRoleId": app.part(&format!("role {role}")),
        "createdDateTime": row.time("since")?, "deletedDateTime": null, "principalDisplayName": holder.display(),
        "principalId": holder.id, "principalType": kind, "resourceDisplayName": app.display(), "resourceId": app.id,
    }))
}

fn package_itself(package: &Object) -> Value {
    json!({
        "id": package.id, "displayName": package.display(), "description": "d", "isHidden": false,
        "createdDateTime": created(package), "modifiedDateTime": created(package),
    })
}

/// A package with its contents: the words `Member of Base`, `Owner of Vault since 2026-03-01`, `Reader of Ledger`, `Eligible of Global Administrator`.
fn package(cast: &Cast, package: &Object) -> Result<Value, String> {
    let mut value = package_itself(package);
    value["catalog"] = json!({"id": id_of("catalog", "General"), "displayName": "General"});
    let contents = package.words.iter().filter(|w| w.contains(" of "));
    let contents: Result<Vec<Value>, String> = contents.map(|w| content(cast, package, w)).collect();
    value["resourceRoleScopes"] = json!(contents?);
    Ok(value)
}

fn content(cast: &Cast, package: &Object, words: &str) -> Result<Value, String> {
    let (words, since) = words.split_once(" since ").map_or((words, None), |(w, s)| (w, Some(s)));
    let (role, what) = words.split_once(" of ").ok_or("a content is written ROLE of WHAT")?;
    let since = since.map_or(Ok("2024-06-01T00:00:00.0000000Z".to_string()), instant)?;
    let (role_id, scope_id) = (
        id_of("role", &format!("{words}{}", package.id)),
        id_of("scope", &format!("{what}{}", package.id)),
    );
    let (system, origin, root, shown) = if let Some(site) = what.strip_prefix("site ") {
        ("SharePointOnline", site.to_string(), "1073741823".to_string(), site.to_string())
    } else {
        let object = cast.find(what)?;
        let role_origin = match object.kind {
            Kind::Group => format!("{}_{}", role.replace(' ', ""), object.id),
            Kind::App => object.part(&format!("role {role}")),
            Kind::Role => role.to_string(),
            _ => return Err(format!("a package cannot hold '{what}'")),
        };
        let system = match object.kind {
            Kind::Group => "AadGroup",
            Kind::App => "AadApplication",
            _ => "DirectoryRole",
        };
        (system, object.id.clone(), role_origin, object.display())
    };
    Ok(json!({
        "id": format!("{role_id}_{scope_id}"), "createdDateTime": since,
        "role": {"id": role_id, "displayName": role, "description": null, "originSystem": system, "originId": root},
        "scope": {"id": scope_id, "displayName": shown, "description": "Root Scope", "originSystem": system, "originId": origin, "isRootScope": true},
    }))
}

/// `policy Normal | of P1 | days 180 | approval`; `rule` makes it an automatic one.
fn policy(cast: &Cast, policy: &Object, expanded: bool) -> Result<Value, String> {
    let (days, rule) = (policy.word("days"), policy.words.iter().any(|w| w == "rule"));
    let expiration = match days {
        Some(days) => json!({"endDateTime": null, "duration": format!("P{days}D"), "type": "afterDuration"}),
        None => json!({"endDateTime": null, "duration": null, "type": "noExpiration"}),
    };
    let automatic = json!({
        "requestAccessForAllowedTargets": true, "removeAccessWhenTargetLeavesAllowedTargets": true, "gracePeriodBeforeAccessRemoval": "P0D",
    });
    let mut value = json!({
        "id": policy.id, "displayName": policy.display(), "description": "p", "createdDateTime": created(policy), "modifiedDateTime": created(policy),
        "allowedTargetScope": if rule { "specificDirectoryUsers" } else { "allMemberUsers" },
        "automaticRequestSettings": if rule { automatic } else { Value::Null },
        "specificAllowedTargets": [], "expiration": expiration, "reviewSettings": null,
        "requestorSettings": {"enableTargetsToSelfAddAccess": !rule},
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": policy.words.iter().any(|w| w == "approval"), "isApprovalRequiredForUpdate": false, "stages": [],
        },
    });
    if expanded {
        let package = policy.word("of").ok_or_else(|| format!("policy {} of which package?", policy.name))?;
        value["accessPackage"] = package_itself(&cast.find(package)?);
    }
    Ok(value)
}

/// The first policy of a package, unless the row names another.
fn policy_of(cast: &Cast, package: &Object, row: &Row) -> Result<Value, String> {
    let named = row.word("policy").map(|name| cast.find(name)).transpose()?;
    let first = || cast.all(Kind::Policy).into_iter().find(|p| p.word("of") == Some(&package.name)).cloned();
    named.or_else(first).map_or(Ok(Value::Null), |p| policy(cast, &p, false))
}

fn subject(object: &Object) -> Value {
    let user = object.kind == Kind::User;
    json!({
        "id": object.part("subject"), "objectId": object.id, "displayName": object.display(), "principalName": user.then(|| object.upn()),
        "email": user.then(|| object.upn()), "onPremisesSecurityIdentifier": null,
        "subjectType": if user { "user" } else { "servicePrincipal" },
    })
}

fn schedule(row: &Row) -> Result<Value, String> {
    let end = row.time("until")?;
    let kind = if end.is_null() { "noExpiration" } else { "afterDateTime" };
    Ok(json!({
        "startDateTime": row.time("from")?, "recurrence": null, "expiration": {"endDateTime": end, "duration": null, "type": kind},
    }))
}

fn pascal(state: &str) -> String {
    let mut letters = state.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `a1 | alice | P1 | delivered | from 2026-02-01 10:31 | until 2026-08-01 | policy Open | expired 2026-04-01`
fn assignment(cast: &Cast, row: &Row) -> Result<Value, String> {
    let (id, who) = (cast.find(row.cell(0, "an assignment")?)?.id, cast.find(row.cell(1, "a holder")?)?);
    let (package, state) = (cast.find(row.cell(2, "a package")?)?, row.cell(3, "a state")?);
    Ok(json!({
        "id": id, "state": state, "status": pascal(state), "expiredDateTime": row.time("expired")?, "schedule": schedule(row)?,
        "customExtensionCalloutInstances": [], "target": subject(&who), "accessPackage": package_itself(&package),
        "assignmentPolicy": policy_of(cast, &package, row)?,
    }))
}

/// The same in beta's words.
fn beta_assignment(cast: &Cast, row: &Row) -> Result<Value, String> {
    let (id, who) = (cast.find(row.cell(0, "an assignment")?)?.id, cast.find(row.cell(1, "a holder")?)?);
    let (package, state) = (cast.find(row.cell(2, "a package")?)?, row.cell(3, "a state")?);
    let policy = policy_of(cast, &package, row)?;
    let mut target = subject(&who);
    target["type"] = target["subjectType"].clone();
    Ok(json!({
        "id": id, "catalogId": id_of("catalog", "General"), "accessPackageId": package.id, "assignmentPolicyId": policy["id"],
        "targetId": who.part("subject"), "assignmentStatus": pascal(state), "assignmentState": pascal(state), "isExtended": false,
        "expiredDateTime": row.time("expired")?, "schedule": schedule(row)?, "target": target, "accessPackage": package_itself(&package),
    }))
}

/// `r1 | userAdd | delivered | alice | P1 | created T | completed T | assignment a1 | from T | until T | by manager | reason CHG1`.
/// Graph expands the assignment's own members; its holder only where the row says `with holder`.
fn request(cast: &Cast, row: &Row) -> Result<Value, String> {
    let id = cast.find(row.cell(0, "a request")?)?.id;
    let (kind, state) = (row.cell(1, "a type")?, row.cell(2, "a state")?);
    let (who, package) = (cast.find(row.cell(3, "a holder")?)?, cast.find(row.cell(4, "a package")?)?);
    let by = row.word("by").map_or(Ok(who.clone()), |name| cast.find(name))?;
    let bounded = row.word("from").is_some() || row.word("until").is_some();
    let made = match row.word("assignment") {
        None => Value::Null,
        Some(name) => {
            let ended = kind.ends_with("Remove") && state == "delivered";
            let mut made = json!({
                "id": cast.find(name)?.id, "state": if ended { "expired" } else { "delivered" }, "status": if ended { "Expired" } else { "Delivered" },
                "expiredDateTime": if ended { row.time("completed")? } else { Value::Null }, "schedule": schedule(row)?,
                "customExtensionCalloutInstances": [],
            });
            if row.cells.iter().any(|c| c == "with holder") {
                made["target"] = subject(&who);
            }
            if row.cells.iter().any(|c| c == "assignment id only") {
                made = json!({"id": made["id"]});
            }
            made
        }
    };
    Ok(json!({
        "id": id, "requestType": kind, "state": state, "status": row.word("status").map_or_else(|| pascal(state), str::to_string),
        "createdDateTime": row.time("created")?, "completedDateTime": row.time("completed")?, "justification": row.word("reason"),
        "schedule": if bounded { schedule(row)? } else { Value::Null }, "answers": [], "customExtensionCalloutInstances": [],
        "requestor": subject(&by), "accessPackage": package_itself(&package), "assignment": made,
    }))
}

fn scope(cast: &Cast, row: &Row) -> Result<String, String> {
    row.word("scope").map_or(Ok("/".to_string()), |s| cast.fill(s))
}

fn role_ids(cast: &Cast, row: &Row) -> Result<(String, String, String), String> {
    let (who, role) = (cast.find(row.cell(0, "a holder")?)?.id, cast.find(row.cell(1, "a role")?)?.id);
    let scope = scope(cast, row)?;
    Ok((who, role, scope))
}

/// `carol | Global Administrator | scope /administrativeUnits/<North>`
fn role_assignment(cast: &Cast, row: &Row) -> Result<Value, String> {
    let (who, role, scope) = role_ids(cast, row)?;
    Ok(json!({
        "id": id_of("role assignment", &format!("{who}{role}{scope}")), "appScopeId": null, "directoryScopeId": scope, "principalId": who,
        "roleDefinitionId": role,
    }))
}

/// `bob | User Administrator | activated | from T | until T`; `assigned` for a standing one.
fn role_schedule(cast: &Cast, row: &Row) -> Result<Value, String> {
    let (who, role, scope) = role_ids(cast, row)?;
    let id = id_of("role schedule", &format!("{who}{role}{scope}{}", row.time("from")?));
    Ok(json!({
        "id": id, "appScopeId": null, "directoryScopeId": scope, "principalId": who, "roleDefinitionId": role,
        "assignmentType": pascal(row.cell(2, "assigned or activated")?), "memberType": pascal(row.word("member").unwrap_or("direct")),
        "startDateTime": row.time("from")?, "endDateTime": row.time("until")?, "roleAssignmentOriginId": id_of("origin", &id),
        "roleAssignmentScheduleId": id_of("schedule", &id),
    }))
}

/// `bob | User Administrator | from T | until T`
fn role_eligibility(cast: &Cast, row: &Row) -> Result<Value, String> {
    let (who, role, scope) = role_ids(cast, row)?;
    let id = id_of("eligible role", &format!("{who}{role}{scope}{}", row.time("from")?));
    Ok(json!({
        "id": id, "appScopeId": null, "directoryScopeId": scope, "principalId": who, "roleDefinitionId": role,
        "memberType": pascal(row.word("member").unwrap_or("direct")), "startDateTime": row.time("from")?, "endDateTime": row.time("until")?,
        "roleEligibilityScheduleId": id_of("schedule", &id),
    }))
}

/// `bob | Finance | member | activated | from T | until T`; eligibilities have no fourth cell.
fn group_schedule(cast: &Cast, row: &Row, eligible: bool) -> Result<Value, String> {
    let (who, group) = (cast.find(row.cell(0, "a holder")?)?.id, cast.find(row.cell(1, "a group")?)?.id);
    let access = row.cell(2, "member or owner")?;
    let mut value = json!({
        "id": format!("{group}_{access}_{who}"), "principalId": who, "groupId": group, "accessId": access,
        "memberType": row.word("through").unwrap_or("direct"), "startDateTime": row.time("from")?, "endDateTime": row.time("until")?,
    });
    if eligible {
        value["eligibilityScheduleId"] = json!(format!("{group}_{access}_{}", id_of("eligible", &who)));
    } else {
        value["assignmentType"] = json!(row.cell(3, "assigned or activated")?);
        value["assignmentScheduleId"] = json!(format!("{group}_{access}_{}", id_of("schedule", &who)));
    }
    Ok(value)
}

/// `d1 | alice | P1 via Normal | Deny | by manager at 2026-04-01 09:00 | applied 2026-04-02 10:00 | reason no longer needed`
fn decision(cast: &Cast, row: &Row, instance: &str) -> Result<Value, String> {
    let (who, what) = (cast.find(row.cell(1, "a person")?)?, row.cell(2, "what is reviewed")?);
    let nobody = json!({"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""});
    let (by, at) = match row.word("by").and_then(|w| w.split_once(" at ")) {
        Some((name, time)) => {
            let reviewer = cast.find(name)?;
            (
                json!({"id": reviewer.id, "displayName": reviewer.display(), "userPrincipalName": reviewer.upn()}),
                json!(instant(time)?),
            )
        }
        None => (nobody.clone(), Value::Null),
    };
    let applied = row.time("applied")?;
    let service = json!({"id": nobody["id"], "displayName": "AAD Access Review", "userPrincipalName": "AAD Access Review"});
    Ok(json!({
        "id": id_of("decision", row.cell(0, "a decision")?), "accessReviewId": instance, "decision": row.cell(3, "a decision")?,
        "applyResult": if applied.is_null() { "New" } else { word_of(&row.cells, "result").unwrap_or("AppliedSuccessfully") },
        "appliedBy": if applied.is_null() { nobody } else { service }, "appliedDateTime": applied, "reviewedBy": by, "reviewedDateTime": at,
        "justification": row.word("reason").unwrap_or_default(), "recommendation": "NoInfoAvailable",
        "principal": {"@odata.type": "#microsoft.graph.userIdentity", "id": who.id, "displayName": who.display(), "userPrincipalName": who.upn(), "type": "user"},
        "resource": reviewed(cast, what)?, "principalLink": null, "resourceLink": null,
    }))
}

fn reviewed(cast: &Cast, what: &str) -> Result<Value, String> {
    if let Some((package, policy)) = what.split_once(" via ") {
        let (package, policy) = (cast.find(package)?, cast.find(policy)?);
        return Ok(json!({
            "@odata.type": "#microsoft.graph.accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource", "id": policy.id,
            "displayName": policy.display(), "accessPackageId": package.id, "accessPackageDisplayName": package.display(),
            "type": "accessPackageAssignmentPolicy",
        }));
    }
    let object = cast.find(what)?;
    let kind = match object.kind {
        Kind::Group => "group",
        Kind::App => "servicePrincipal",
        Kind::Role => "directoryRole",
        _ => return Err(format!("no review is of '{what}'")),
    };
    Ok(json!({
        "@odata.type": "#microsoft.graph.accessReviewInstanceDecisionItemResource", "id": object.id, "displayName": object.display(), "type": kind,
    }))
}
