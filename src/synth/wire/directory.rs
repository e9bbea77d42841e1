//! Users, groups, service principals, roles, conditional access.

use serde_json::{Value, json};

use super::super::clock::{self, DAY, Micros};
use super::super::dice::guid;
use super::super::names::PARTNERS;
use super::super::scene::{App, Directory, Group, GroupKind, Kind, Person, Scene};
use super::super::story::Life;

/// A `user` with `signInActivity`, as it was at an instant.
pub fn user(life: &Life, at: Micros) -> Value {
    let person = &life.person;
    let guest = person.kind == Kind::Guest;
    let leaves = life.account.leaves.filter(|leaves| leaves - 30 * DAY <= at);
    json!({
        "id": person.card.id,
        "displayName": person.card.name,
        "givenName": person.given,
        "surname": person.surname,
        "userPrincipalName": person.card.upn,
        "mail": person.mail,
        "userType": if guest { "Guest" } else { "Member" },
        "accountEnabled": life.enabled_at(at),
        "department": (!guest).then_some(person.department),
        "jobTitle": person.job,
        "companyName": if guest { PARTNERS[person.partner].0 } else { "Meridell Care" },
        "employeeId": (!guest).then(|| format!("M{:06}", person.index)),
        "employeeType": match person.kind {
            Kind::Employee | Kind::Admin => json!("Employee"),
            Kind::Contractor => json!("Contractor"),
            Kind::Guest => Value::Null,
        },
        "employeeHireDate": (!guest).then(|| clock::second_text(person.created)),
        "employeeLeaveDateTime": leaves.map(clock::second_text),
        "createdDateTime": clock::second_text(person.created),
        "deletedDateTime": null,
        "creationType": guest.then_some("Invitation"),
        "externalUserState": guest.then_some("Accepted"),
        "onPremisesSyncEnabled": null,
        "signInActivity": activity(life, at),
    })
}

fn activity(life: &Life, at: Micros) -> Value {
    let latest = |wanted: &dyn Fn(&&super::super::story::SignIn) -> bool| life.sign_ins.iter().filter(|s| s.at <= at).filter(wanted).max_by_key(|s| s.at);
    let any = latest(&|s| s.interactive);
    let silent = latest(&|s| !s.interactive);
    let good = latest(&|s| s.succeeded());
    json!({
        "lastSignInDateTime": any.map(|s| clock::second_text(s.at)),
        "lastSignInRequestId": any.map(|s| s.id.as_str()),
        "lastNonInteractiveSignInDateTime": silent.map(|s| clock::second_text(s.at)),
        "lastNonInteractiveSignInRequestId": silent.map(|s| s.id.as_str()),
        "lastSuccessfulSignInDateTime": good.map(|s| clock::second_text(s.at)),
        "lastSuccessfulSignInRequestId": good.map(|s| s.id.as_str()),
    })
}

/// A `group`.
pub fn group(scene: &Scene, group: &Group) -> Value {
    let dynamic = group.kind == GroupKind::Dynamic;
    let rule = if group.name.contains("Contractors") {
        "(user.employeeType -eq \"Contractor\")"
    } else {
        "(user.jobTitle -eq \"Nurse Lead\")"
    };
    json!({
        "id": group.id, "displayName": group.name, "description": null, "deletedDateTime": null,
        "createdDateTime": clock::second_text(scene.start - 500 * DAY),
        "groupTypes": if dynamic { json!(["DynamicMembership"]) } else { json!([]) },
        "membershipRule": dynamic.then_some(rule),
        "membershipRuleProcessingState": dynamic.then_some("On"),
        "isAssignableToRole": (group.kind == GroupKind::RoleAssignable).then_some(true),
        "mailEnabled": false, "mailNickname": &group.id[..8], "securityEnabled": true,
        "onPremisesSyncEnabled": (group.kind == GroupKind::Synced).then_some(true),
        "visibility": null,
    })
}

/// A user in a list of members.
pub fn member(person: &Person) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.user",
        "id": person.card.id, "displayName": person.card.name, "userPrincipalName": person.card.upn,
        "givenName": person.given, "surname": person.surname, "mail": person.mail, "jobTitle": person.job,
        "businessPhones": [], "mobilePhone": null, "officeLocation": null, "preferredLanguage": null,
    })
}

/// A group in a list of members.
pub fn group_member(scene: &Scene, place: &Group) -> Value {
    let mut value = group(scene, place);
    value["@odata.type"] = json!("#microsoft.graph.group");
    value
}

/// A `servicePrincipal` with its role.
pub fn service_principal(scene: &Scene, app: &App) -> Value {
    json!({
        "id": app.id, "appId": app.app_id, "displayName": app.name, "appDisplayName": app.name, "deletedDateTime": null,
        "accountEnabled": true, "appRoleAssignmentRequired": true, "servicePrincipalType": "Application",
        "createdDateTime": clock::second_text(scene.start - 450 * DAY),
        "appOwnerOrganizationId": scene.tenant, "signInAudience": "AzureADMyOrg", "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "servicePrincipalNames": [app.app_id],
        "appRoles": [{
            "id": app.role_id, "displayName": app.role, "value": app.role, "description": app.role,
            "allowedMemberTypes": ["User"], "isEnabled": true, "origin": "Application",
        }],
        "oauth2PermissionScopes": [],
    })
}

/// An `appRoleAssignment`.
pub fn app_role_assignment(app: &App, person: &Person, since: Micros) -> Value {
    json!({
        "id": guid(0, &app.id, person.index, 2).replace('-', ""),
        "deletedDateTime": null, "appRoleId": app.role_id, "createdDateTime": clock::text(since),
        "principalDisplayName": person.card.name, "principalId": person.card.id, "principalType": "User",
        "resourceDisplayName": app.name, "resourceId": app.id,
    })
}

/// A `unifiedRoleDefinition`.
pub fn role_definition(role: &Directory) -> Value {
    json!({
        "id": role.template, "templateId": role.template, "displayName": role.name, "description": role.name,
        "isBuiltIn": true, "isEnabled": true, "resourceScopes": ["/"], "rolePermissions": [], "version": "1",
    })
}

/// A `unifiedRoleAssignment`.
pub fn role_assignment(role: &Directory, person: &Person) -> Value {
    json!({
        "id": format!("{}-1", schedule_id(role, person)),
        "principalId": person.card.id, "roleDefinitionId": role.template, "directoryScopeId": "/", "appScopeId": null,
    })
}

/// An instance of an active or eligible schedule.
pub fn schedule_instance(role: &Directory, person: &Person, since: Micros, eligible: bool) -> Value {
    let id = schedule_id(role, person);
    if eligible {
        return json!({
            "id": format!("{id}-1-e"), "principalId": person.card.id, "roleDefinitionId": role.template,
            "directoryScopeId": "/", "appScopeId": null, "startDateTime": clock::millis_text(since), "endDateTime": null,
            "memberType": "Direct", "roleEligibilityScheduleId": guid(0, &id, 1, 0),
        });
    }
    json!({
        "id": format!("{id}-1"), "principalId": person.card.id, "roleDefinitionId": role.template,
        "directoryScopeId": "/", "appScopeId": null, "startDateTime": clock::millis_text(since), "endDateTime": null,
        "assignmentType": "Assigned", "memberType": "Direct",
        "roleAssignmentOriginId": format!("{id}-1"), "roleAssignmentScheduleId": format!("{id}-1"),
    })
}

fn schedule_id(role: &Directory, person: &Person) -> String {
    guid(0, role.template, person.index, 3).replace('-', "")
}

/// A `conditionalAccessPolicy`: one in force, one that only reports.
pub fn conditional_access_policy(scene: &Scene, place: u64) -> Value {
    let (name, state, controls) = match place {
        0 => ("Require a second factor", "enabled", json!(["mfa"])),
        _ => ("Block old protocols", "enabledForReportingButNotEnforced", json!(["block"])),
    };
    json!({
        "id": guid(scene.seed, "conditional-access", place, 0), "templateId": null, "displayName": name, "state": state,
        "createdDateTime": clock::second_text(scene.start - 420 * DAY), "modifiedDateTime": null, "sessionControls": null,
        "conditions": {
            "userRiskLevels": [], "signInRiskLevels": [], "clientAppTypes": ["all"], "platforms": null, "locations": null,
            "devices": null,
            "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": []},
            "users": {"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [],
                "includeRoles": [], "excludeRoles": [], "includeGuestsOrExternalUsers": null, "excludeGuestsOrExternalUsers": null},
        },
        "grantControls": {"operator": "OR", "builtInControls": controls, "customAuthenticationFactors": [], "termsOfUse": [],
            "authenticationStrength": null},
    })
}
