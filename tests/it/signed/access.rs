//! Conditional access, incompatibilities, privilege, people from outside, agents.

use super::*;
use serde_json::{Value, json};

#[test]
fn conditional_access_by_groups_guests_and_exclusions() {
    let mut x = Export::new();
    let users = [
        user(&mut x, "ana", json!({})),
        user(&mut x, "bo", json!({})),
        user(
            &mut x,
            "gil",
            json!({"userType": "Guest", "userPrincipalName": "gil_partner.example#EXT#@corp.example"}),
        ),
    ];
    let packages = [
        package(&mut x, "payroll", &["app ledger"]),
        package(&mut x, "studies", &["app archive"]),
        package(&mut x, "desk", &["app tickets"]),
    ];
    let policies = ["payroll", "studies", "desk"].map(|p| policy(&mut x, p, json!({})));
    let held = [("ana", "payroll"), ("bo", "payroll"), ("gil", "studies"), ("ana", "studies"), ("ana", "desk")];
    let assignments = held.map(|(who, what)| assignment(&mut x, who, what, json!({})));
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let apps = ["ledger", "archive", "tickets"].map(|a| application(&mut x, a));
    x.page(NOW, "servicePrincipals", "servicePrincipals", &apps);
    let groups = [group(&mut x, "exempt", json!({}))];
    x.page(NOW, "groups", "groups", &groups);
    members(&mut x, NOW, "exempt", &["bo"]);
    let app = |name: &str| id(&format!("app id of {name}"));
    let exempt = x.id("exempt");
    x.names.insert(id("second factor"), "second factor".into());
    let rules = [
        conditional(
            "second factor",
            json!({"includeUsers": ["All"], "excludeGroups": [exempt]}),
            json!([app("ledger")]),
            controls("OR", &["mfa"]),
            json!({}),
        ),
        // Guests are excluded by kind, and nobody else covers the archive.
        conditional(
            "archive for the house",
            json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider", "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"}}}),
            json!([app("archive")]),
            json!({"operator": "OR", "builtInControls": [], "customAuthenticationFactors": [], "termsOfUse": [], "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000002", "displayName": "Multifactor authentication", "policyType": "builtIn", "requirementsSatisfied": "mfa"}}),
            json!({}),
        ),
        conditional(
            "all apps, some day",
            json!({"includeUsers": ["All"]}),
            json!(["All"]),
            controls("OR", &["mfa"]),
            json!({"state": "enabledForReportingButNotEnforced"}),
        ),
        conditional(
            "old protocols",
            json!({"includeUsers": ["All"]}),
            json!(["All"]),
            controls("OR", &["block"]),
            json!({"conditions": {
            "clientAppTypes": ["exchangeActiveSync", "other"], "applications": {"includeApplications": ["All"], "excludeApplications": []},
            "users": {"includeUsers": ["All"]}, "userRiskLevels": [], "signInRiskLevels": []}}),
        ),
    ];
    x.names.insert(id("archive for the house"), "archive for the house".into());
    x.page(NOW, "conditionalAccess", "identity/conditionalAccess/policies", &rules);
    assert_eq!(
        x.verdicts(&["CAP-01", "CAP-04"]),
        [
            "CAP-01 finding tickets desk no-second-factor",
            "CAP-04 finding archive for the house archive excluded",
            "CAP-04 finding second factor ledger excluded",
        ]
    );
}

#[test]
fn conditional_access_that_nobody_can_decide_is_said_to_be_so() {
    let mut x = Export::new();
    let users = [user(&mut x, "ana", json!({})), user(&mut x, "bo", json!({"perUserMfaState": "enforced"}))];
    let packages = [
        package(&mut x, "payroll", &["app ledger"]),
        package(&mut x, "desk", &["app tickets"]),
        package(&mut x, "keys", &["app vault"]),
    ];
    let policies = ["payroll", "desk", "keys"].map(|p| policy(&mut x, p, json!({})));
    let assignments = [("ana", "payroll"), ("ana", "desk"), ("bo", "keys")].map(|(who, what)| assignment(&mut x, who, what, json!({})));
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let apps = ["ledger", "tickets", "vault"].map(|a| application(&mut x, a));
    x.page(NOW, "servicePrincipals", "servicePrincipals", &apps);
    let app = |name: &str| id(&format!("app id of {name}"));
    // Members of the group that the first policy is for are in no file, and the second one covers some places only.
    let rules = [
        conditional(
            "for the unlisted",
            json!({"includeGroups": [id("unlisted")]}),
            json!([app("ledger")]),
            controls("OR", &["mfa"]),
            json!({}),
        ),
        conditional(
            "Office only",
            json!({"includeUsers": ["All"]}),
            json!(["Office365"]),
            controls("AND", &["mfa", "compliantDevice"]),
            json!({}),
        ),
        conditional(
            "one factor or terms",
            json!({"includeUsers": ["All"]}),
            json!([app("tickets")]),
            json!({"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": [], "termsOfUse": [id("terms")], "authenticationStrength": null}),
            json!({}),
        ),
    ];
    x.page(NOW, "conditionalAccess", "identity/conditionalAccess/policies", &rules);
    assert_eq!(
        x.verdicts(&["CAP-01"]),
        [
            "CAP-01 finding tickets desk no-second-factor",
            "CAP-01 not-evaluable ledger payroll join_missing"
        ]
    );
}

#[test]
fn incompatible_packages_and_groups_over_time() {
    let mut x = Export::new();
    let users = ["ana", "bo", "cy"].map(|n| user(&mut x, n, json!({})));
    let packages = [package(&mut x, "payments", &[]), package(&mut x, "suppliers", &[])];
    let policies = ["payments", "suppliers"].map(|p| policy(&mut x, p, json!({})));
    let over = |from: &str, until: &str| {
        json!({"state": "expired", "status": "Expired", "expiredDateTime": until,
            "schedule": {"startDateTime": from, "recurrence": null, "expiration": {"type": "afterDateTime", "endDateTime": until, "duration": null}}})
    };
    let later = json!({"schedule": {"startDateTime": "2026-02-10T08:00:00Z", "recurrence": null, "expiration": {"type": "noExpiration", "endDateTime": null, "duration": null}}});
    let assignments = [
        assignment(&mut x, "ana", "payments", json!({})),
        assignment(&mut x, "ana", "suppliers", json!({})),
        // Given back before the other one came.
        assignment(&mut x, "bo", "payments", over("2026-01-05T08:00:00Z", "2026-02-01T08:00:00Z")),
        assignment(&mut x, "bo", "suppliers", later),
        assignment(&mut x, "cy", "payments", json!({})),
    ];
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let groups = [group(&mut x, "auditors", json!({})), group(&mut x, "partners", json!({}))];
    x.page(NOW, "groups", "groups", &groups);
    // Cy is an auditor through another group.
    let nested = json!({"@odata.type": "#microsoft.graph.group", "id": x.id("partners"), "displayName": "partners"});
    let context = format!("groups('{}')/members", x.id("auditors"));
    x.page(NOW, "members-auditors", &context, &[nested]);
    members(&mut x, NOW, "partners", &["cy"]);
    let of = |x: &mut Export, name: &str| {
        format!(
            "identityGovernance/entitlementManagement/accessPackages('{}')/incompatible{name}",
            x.id("payments")
        )
    };
    let suppliers = json!({"id": x.id("suppliers"), "displayName": "suppliers", "description": "", "isHidden": false});
    let context = of(&mut x, "AccessPackages");
    x.page(NOW, "incompatible-packages", &context, &[suppliers]);
    let auditors = json!({"@odata.type": "#microsoft.graph.group", "id": x.id("auditors"), "displayName": "auditors"});
    let context = of(&mut x, "Groups");
    x.page(NOW, "incompatible-groups", &context, &[auditors]);
    let told = x.verdicts(&["EXC-05"]);
    let whose = |who: &str| told.iter().filter(|l| l.contains(&format!(" {who} "))).cloned().collect::<Vec<_>>();
    assert!(
        whose("ana").iter().all(|l| l.starts_with("EXC-05 finding") && l.ends_with("overlaps-now")) && whose("ana").len() == 1,
        "{told:?}"
    );
    assert!(whose("bo").is_empty(), "{told:?}");
    assert_eq!(whose("cy"), ["EXC-05 finding cy payments overlaps-now"]);
}

#[test]
fn privilege_that_stands_and_access_that_did_not_arrive() {
    let mut x = Export::new();
    let users = ["ana", "bo", "cy", "di"].map(|n| user(&mut x, n, json!({})));
    let packages = [package(&mut x, "payroll", &["group payers"]), package(&mut x, "projects", &["owner board"])];
    let policies = ["payroll", "projects"].map(|p| policy(&mut x, p, json!({})));
    let failed = json!({"state": "deliveryFailed", "status": "DeliveryFailed"});
    let assignments = [
        assignment(&mut x, "ana", "payroll", json!({})),
        assignment(&mut x, "bo", "payroll", json!({})),
        assignment(&mut x, "cy", "projects", failed),
    ];
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let groups = [group(&mut x, "payers", json!({})), group(&mut x, "board", json!({}))];
    x.page(NOW, "groups", "groups", &groups);
    members(&mut x, NOW, "payers", &["ana"]);
    let schedule = |x: &mut Export, who: &str, kind: &str, end: Value| {
        json!({"id": format!("schedule-{who}"), "principalId": x.id(who), "roleDefinitionId": "729827e3-9c14-49f7-bb1b-9608f156bbb8", "directoryScopeId": "/",
            "appScopeId": null, "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": end, "assignmentType": kind, "memberType": "Direct"})
    };
    let schedules = [
        schedule(&mut x, "ana", "Assigned", Value::Null),
        schedule(&mut x, "di", "Activated", json!("2026-04-01T00:00:00Z")),
    ];
    x.page(
        NOW,
        "roleAssignmentScheduleInstances",
        "roleManagement/directory/roleAssignmentScheduleInstances",
        &schedules,
    );
    let role = |x: &mut Export, who: &str| json!({"id": format!("role-{who}"), "principalId": x.id(who), "roleDefinitionId": "729827e3-9c14-49f7-bb1b-9608f156bbb8", "directoryScopeId": "/", "appScopeId": null});
    let roles = [role(&mut x, "ana"), role(&mut x, "di")];
    x.page(NOW, "roleAssignments", "roleManagement/directory/roleAssignments", &roles);
    x.names.insert("729827e3-9c14-49f7-bb1b-9608f156bbb8".into(), "Helpdesk Administrator".into());
    assert_eq!(
        x.verdicts(&["EXC-02", "EXC-06", "EXC-10"]),
        [
            "EXC-02 finding bo payers not-held",
            "EXC-02 finding cy projects delivery-failed",
            "EXC-06 finding ana Helpdesk Administrator standing",
            "EXC-10 finding projects board owner",
        ]
    );
}

#[test]
fn guests_contractors_and_one_policy_for_all() {
    let mut x = Export::new();
    let guest = |upn: &str, more: Value| {
        let mut all =
            json!({"userType": "Guest", "userPrincipalName": upn, "employeeType": null, "creationType": "Invitation", "externalUserState": "Accepted"});
        for (key, value) in more.as_object().into_iter().flatten() {
            all[key] = value.clone();
        }
        all
    };
    let boss = id("boss");
    let users = [
        user(&mut x, "ana", json!({})),
        user(&mut x, "boss", json!({})),
        user(
            &mut x,
            "cora",
            json!({"employeeType": "Contractor", "employeeLeaveDateTime": "2026-06-30T00:00:00Z"}),
        ),
        user(&mut x, "gil", guest("gil_partner.example#EXT#@corp.example", json!({"sponsors": []}))),
        user(
            &mut x,
            "gwen",
            guest("gwen_partner.example#EXT#@corp.example", json!({"sponsors": [{"id": boss}]})),
        ),
        // A guest once, as the name still tells: the record says Member.
        user(&mut x, "hal", json!({"userPrincipalName": "hal_partner.example#EXT#@corp.example"})),
    ];
    let packages = ["projects", "library"].map(|p| package(&mut x, p, &[]));
    let everybody = json!({"allowedTargetScope": "specificDirectoryUsers"});
    let policies = ["projects", "library"].map(|p| policy(&mut x, p, everybody.clone()));
    let endless = json!({"schedule": {"startDateTime": "2026-01-05T08:00:00Z", "recurrence": null, "expiration": {"type": "noExpiration", "endDateTime": null, "duration": null}}});
    let assignments = [
        assignment(&mut x, "ana", "projects", endless.clone()),
        assignment(&mut x, "gil", "projects", endless),
        assignment(&mut x, "gwen", "projects", json!({})),
        assignment(&mut x, "cora", "library", json!({})),
        assignment(&mut x, "hal", "library", json!({})),
    ];
    base(&x, NOW, &users, &packages, &policies, &assignments);
    assert_eq!(
        x.verdicts(&["SEG-02", "SEG-03", "SEG-04"]),
        [
            "SEG-02 finding policy of library library serves-both",
            "SEG-02 finding policy of projects projects serves-both",
            "SEG-03 finding cora library outlasts-contract",
            "SEG-03 finding gil projects no-end",
            "SEG-04 finding gil projects no-sponsor",
        ]
    );
}

#[test]
fn agents_and_applications_that_hold_packages() {
    let mut x = Export::new();
    let users = [user(&mut x, "ana", json!({})), user(&mut x, "bo", json!({"accountEnabled": false}))];
    let packages = ["errands", "payroll"].map(|p| package(&mut x, p, &[]));
    let policies = [
        policy(&mut x, "errands", json!({"allowedTargetScope": "allDirectoryAgentIdentities"})),
        policy(&mut x, "payroll", json!({})),
    ];
    let agent = |x: &mut Export, name: &str, enabled: bool, sponsors: &[&str]| {
        let sponsors: Vec<Value> = sponsors
            .iter()
            .map(|s| json!({"@odata.type": "#microsoft.graph.user", "id": x.id(s)}))
            .collect();
        json!({"@odata.type": "#microsoft.graph.agentIdentity", "id": x.id(name), "appId": id(&format!("app id of {name}")), "displayName": name, "accountEnabled": enabled,
            "servicePrincipalType": "ServiceIdentity", "agentIdentityBlueprintId": id("blueprint"), "createdByAppId": id("maker"), "sponsors": sponsors})
    };
    let principals = [
        agent(&mut x, "scout", true, &[]),
        agent(&mut x, "clerk", true, &["bo"]),
        agent(&mut x, "idle", false, &["ana"]),
        application(&mut x, "feeder"),
    ];
    x.page(NOW, "servicePrincipals", "servicePrincipals", &principals);
    let of = json!({"target": null});
    let mut assignments: Vec<Value> = [
        ("scout", "errands"),
        ("clerk", "errands"),
        ("idle", "errands"),
        ("feeder", "payroll"),
        ("ana", "payroll"),
    ]
    .iter()
    .map(|(who, what)| assignment(&mut x, who, what, json!({})))
    .collect();
    for row in &mut assignments {
        if row["target"]["displayName"] != "ana" {
            row["target"]["subjectType"] = json!("servicePrincipal");
            row["target"]["type"] = json!("ServicePrincipal");
            row["target"]["principalName"] = of["target"].clone();
        }
    }
    base(&x, NOW, &users, &packages, &policies, &assignments);
    assert_eq!(
        x.verdicts(&["AGT-01", "AGT-02", "SEG-06"]),
        [
            "AGT-01 finding clerk sponsor-gone",
            "AGT-01 finding scout no-sponsor",
            "AGT-02 finding idle errands disabled-agent",
            "SEG-06 finding feeder payroll workload",
        ]
    );
}

#[test]
fn agents_of_whom_exports_do_not_tell() {
    let mut x = Export::new();
    let users = [user(&mut x, "ana", json!({}))];
    let packages = [package(&mut x, "errands", &[])];
    let policies = [policy(&mut x, "errands", json!({"allowedTargetScope": "allDirectoryAgentIdentities"}))];
    let assignments = [assignment(&mut x, "scout", "errands", json!({}))];
    base(&x, NOW, &users, &packages, &policies, &assignments);
    // Without $expand=sponsors and without accountEnabled.
    let scout = json!({"id": x.id("scout"), "appId": id("app id of scout"), "displayName": "scout", "servicePrincipalType": "ServiceIdentity", "agentIdentityBlueprintId": id("blueprint")});
    x.page(NOW, "servicePrincipals", "servicePrincipals", &[scout]);
    assert_eq!(
        x.verdicts(&["AGT-01", "AGT-02", "SEG-06"]),
        ["AGT-01 not-evaluable scout no_telemetry", "AGT-02 not-evaluable scout errands join_missing"]
    );
}

#[test]
fn a_look_that_is_dated_by_its_day_counts_from_when_the_day_began() {
    let mut x = Export::new();
    let activity =
        |day: &str| json!({"signInActivity": {"lastSignInDateTime": "2026-03-30T08:00:00Z", "lastSuccessfulSignInDateTime": format!("{day}T08:00:00Z")}});
    let users = [user(&mut x, "ana", activity("2025-10-01")), user(&mut x, "bo", activity("2026-03-29"))];
    let packages = [package(&mut x, "payroll", &[])];
    let policies = [policy(&mut x, "payroll", json!({}))];
    let since = json!({"schedule": {"startDateTime": "2025-09-01T08:00:00Z", "recurrence": null, "expiration": {"type": "afterDateTime", "endDateTime": "2026-12-31T00:00:00Z", "duration": null}}});
    let assignments = ["ana", "bo"].map(|who| assignment(&mut x, who, "payroll", since.clone()));
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let at = ["--as-of", "2026-03-31T23:00:00Z"];
    assert_eq!(x.verdicts_as_of(&["STA-02"], &at), ["STA-02 finding ana payroll not-used-lately"]);
    assert_eq!(x.verdicts_as_of(&["STA-02"], &["--as-of", "2026-03-30T23:00:00Z"]), Vec::<String>::new());
}
