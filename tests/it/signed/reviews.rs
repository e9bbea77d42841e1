//! Reviews: denied, kept, stopped, deleted.

use super::*;
use serde_json::{Value, json};

fn series(x: &mut Export, package: &str, settings: Value) -> Value {
    let query = format!(
        "/beta/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq '{}' and assignmentPolicyId eq '{}' and catalogId eq '{}' and state eq 'Delivered')",
        x.id(package),
        x.id(&format!("policy of {package}")),
        id("house")
    );
    let name = format!("review of {package}");
    let mut all = json!({
        "mailNotificationsEnabled": true, "reminderNotificationsEnabled": true, "justificationRequiredOnApproval": true, "defaultDecisionEnabled": false,
        "defaultDecision": "None", "instanceDurationInDays": 14, "autoApplyDecisionsEnabled": true, "recommendationsEnabled": true,
        "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 3, "month": 0, "dayOfMonth": 0, "daysOfWeek": []}, "range": {"type": "noEnd", "startDate": "2025-06-01", "endDate": null, "numberOfOccurrences": 0}},
    });
    for (key, value) in settings.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    json!({
        "id": x.id(&name), "displayName": name, "status": "InProgress", "createdDateTime": "2025-06-01T00:00:00Z",
        "scope": {"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": query, "queryType": "MicrosoftGraph", "queryRoot": null},
        "reviewers": [{"query": "/users/boss", "queryType": "MicrosoftGraph", "queryRoot": null}], "stageSettings": [], "settings": all,
    })
}

fn instance(x: &mut Export, package: &str, from: &str, until: &str, status: &str) {
    let series = x.id(&format!("review of {package}"));
    let key = format!("{package} {from}");
    let context = format!("identityGovernance/accessReviews/definitions('{series}')/instances");
    let row = json!({"id": x.id(&key), "startDateTime": format!("{from}T00:00:00Z"), "endDateTime": format!("{until}T00:00:00Z"), "status": status, "scope": null, "reviewers": [], "fallbackReviewers": []});
    x.page(NOW, &format!("instances-{package}"), &context, &[row]);
}

fn decision(x: &mut Export, who: &str, package: &str, by: &str, more: Value) -> Value {
    let nobody = json!({"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""});
    let reviewer = if by.is_empty() {
        nobody.clone()
    } else {
        json!({"id": x.id(by), "displayName": by, "userPrincipalName": format!("{by}@corp.example")})
    };
    let mut row = json!({
        "id": id(&format!("decision {who} {package}")), "accessReviewId": id("any"), "reviewedDateTime": "2026-01-10T09:00:00Z", "decision": "Approve", "justification": "Still part of the work",
        "appliedDateTime": null, "applyResult": "New", "recommendation": "Approve", "reviewedBy": reviewer, "appliedBy": nobody,
        "principal": {"@odata.type": "#microsoft.graph.userIdentity", "id": x.id(who), "displayName": who, "userPrincipalName": format!("{who}@corp.example"), "type": "user"},
        "resource": {"id": x.id(&format!("policy of {package}")), "displayName": "", "type": "accessPackageAssignmentPolicy", "accessPackageId": x.id(package), "accessPackageDisplayName": package},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        row[key] = value.clone();
    }
    row
}

fn decisions(x: &mut Export, package: &str, from: &str, rows: &[Value]) {
    let (series, instance) = (x.id(&format!("review of {package}")), x.id(&format!("{package} {from}")));
    let context = format!("identityGovernance/accessReviews/definitions('{series}')/instances('{instance}')/decisions");
    let rows: Vec<Value> = rows
        .iter()
        .map(|r| {
            let mut row = r.clone();
            row["accessReviewId"] = json!(instance);
            row
        })
        .collect();
    x.page(NOW, &format!("decisions-{package}"), &context, &rows);
}

#[test]
fn denials_that_were_not_applied_and_reviews_that_nobody_held() {
    let mut x = Export::new();
    let users = ["ana", "bo", "cy", "boss"].map(|n| user(&mut x, n, json!({})));
    let packages = ["payroll", "desk"].map(|p| package(&mut x, p, &[]));
    let policies = ["payroll", "desk"].map(|p| policy(&mut x, p, json!({})));
    let assignments = [("ana", "payroll"), ("bo", "payroll"), ("cy", "desk")].map(|(who, what)| assignment(&mut x, who, what, json!({})));
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let all = [
        series(&mut x, "payroll", json!({"reminderNotificationsEnabled": false})),
        series(&mut x, "desk", json!({"defaultDecisionEnabled": true, "defaultDecision": "Recommendation"})),
    ];
    x.page(NOW, "definitions", "identityGovernance/accessReviews/definitions", &all);
    instance(&mut x, "payroll", "2026-01-06", "2026-01-20", "Applied");
    instance(&mut x, "desk", "2026-02-01", "2026-02-14", "Completed");
    let unsupported = json!({"decision": "Deny", "applyResult": "ApplyNotSupported"});
    let items = [
        decision(&mut x, "ana", "payroll", "boss", unsupported),
        decision(&mut x, "bo", "payroll", "bo", json!({})),
    ];
    decisions(&mut x, "payroll", "2026-01-06", &items);
    let open = json!({"decision": "NotReviewed", "reviewedDateTime": null, "justification": ""});
    let items = [decision(&mut x, "cy", "desk", "", open)];
    decisions(&mut x, "desk", "2026-02-01", &items);
    assert_eq!(
        x.verdicts(&["REV-02", "REV-05", "REV-07", "REV-08"]),
        [
            "REV-02 finding review of desk desk nothing-happened",
            "REV-05 finding ana payroll apply-not-supported",
            "REV-07 finding review of desk desk silence-follows",
            // "No change" of the portal: nobody decides, and the access stays.
            "REV-07 finding review of payroll payroll silence-keeps",
            "REV-08 finding review of payroll payroll no-reminders",
        ]
    );
    // Nothing tells how the access that the boss reviewed was given; that Bo decided on himself needs no record but the decision.
    assert_eq!(
        x.verdicts(&["REV-03"]),
        ["REV-03 finding bo payroll self", "REV-03 not-evaluable boss payroll join_missing"]
    );
}

#[test]
fn a_series_that_stopped_and_one_that_was_deleted() {
    let mut x = Export::new();
    let users = ["ana", "boss"].map(|n| user(&mut x, n, json!({})));
    let packages = ["payroll", "desk"].map(|p| package(&mut x, p, &[]));
    let none = json!({"reviewSettings": null});
    let policies = ["payroll", "desk"].map(|p| policy(&mut x, p, none.clone()));
    let assignments = [("ana", "payroll"), ("ana", "desk")].map(|(who, what)| assignment(&mut x, who, what, json!({})));
    base(&x, "2026-01-15", &users, &packages, &policies, &assignments);
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let stopped = series(&mut x, "payroll", json!({}));
    let deleted = series(&mut x, "desk", json!({}));
    x.page(
        "2026-01-15",
        "definitions",
        "identityGovernance/accessReviews/definitions",
        &[stopped.clone(), deleted],
    );
    x.page(NOW, "definitions", "identityGovernance/accessReviews/definitions", &[stopped]);
    instance(&mut x, "payroll", "2025-09-01", "2025-09-14", "Applied");
    let context = format!("identityGovernance/accessReviews/definitions('{}')/instances", x.id("review of desk"));
    let began = json!({"id": x.id("desk 2026-01-10"), "startDateTime": "2026-01-10T00:00:00Z", "endDateTime": "2026-01-24T00:00:00Z", "status": "InProgress"});
    x.page("2026-01-15", "instances-desk", &context, &[began]);
    let items = [decision(&mut x, "ana", "payroll", "boss", json!({"reviewedDateTime": "2025-09-05T09:00:00Z"}))];
    decisions(&mut x, "payroll", "2025-09-01", &items);
    let event = json!({
        "id": "Access Reviews_1", "category": "Policy", "correlationId": id("c1"), "result": "success", "resultReason": "", "activityDisplayName": "Delete access review",
        "activityDateTime": "2026-01-20T09:00:00Z", "loggedByService": "Access Reviews", "operationType": "Delete",
        "initiatedBy": {"app": null, "user": {"id": x.id("boss"), "displayName": null, "userPrincipalName": "boss@corp.example", "ipAddress": null}},
        "targetResources": [{"id": x.id("review of desk"), "displayName": "review of desk", "type": "Policy", "modifiedProperties": []}], "additionalDetails": [],
    });
    x.audit(&[event]);
    assert_eq!(
        x.verdicts(&["REV-01", "REV-02", "REV-06"]),
        [
            "REV-01 finding policy of desk desk no-review",
            "REV-01 finding policy of payroll payroll no-review",
            "REV-02 finding review of payroll payroll stopped",
            "REV-06 finding review of desk deleted",
        ]
    );
}

#[test]
fn a_package_reviewed_from_outside_its_policy_is_reviewed() {
    let mut x = Export::new();
    let users = ["ana", "boss"].map(|n| user(&mut x, n, json!({})));
    let packages = [package(&mut x, "payroll", &[])];
    let policies = [policy(&mut x, "payroll", json!({"reviewSettings": null}))];
    let assignments = [assignment(&mut x, "ana", "payroll", json!({}))];
    base(&x, NOW, &users, &packages, &policies, &assignments);
    let mut catalog = series(&mut x, "payroll", json!({}));
    catalog["scope"] = json!({
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [{"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": "/users", "queryType": "MicrosoftGraph"}],
        "resourceScopes": [{"@odata.type": "#microsoft.graph.accessReviewResourceScope", "resourceId": id("house"), "displayName": "House", "scopeType": "catalog"}],
    });
    x.page(NOW, "definitions", "identityGovernance/accessReviews/definitions", &[catalog]);
    instance(&mut x, "payroll", "2026-03-01", "2026-03-15", "Applied");
    assert_eq!(x.verdicts(&["REV-01"]), Vec::<String>::new());
}
