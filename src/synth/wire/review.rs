//! Access reviews.

use serde_json::{Value, json};

use super::super::clock::{self, SECOND};
use super::super::dice::guid;
use super::super::scene::{Person, ReviewCycle, Scene};
use super::super::story::Decision;

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// An `accessReviewScheduleDefinition`.
pub fn definition(scene: &Scene, cycle: &ReviewCycle) -> Value {
    let package = &scene.packages[cycle.package];
    let query = format!(
        "/beta/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq '{}' and assignmentPolicyId eq '{}' and catalogId eq '{}' and state eq 'Delivered')",
        package.id, package.policy.id, scene.catalogs[package.catalog].0
    );
    json!({
        "id": cycle.definition,
        "displayName": format!("Review of {}", package.name),
        "descriptionForAdmins": "", "descriptionForReviewers": "", "status": "InProgress",
        "createdDateTime": clock::millis_text(scene.start),
        "lastModifiedDateTime": null,
        "scope": {"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": query, "queryType": "MicrosoftGraph", "queryRoot": null},
        "reviewers": [{"query": "./manager", "queryType": "MicrosoftGraph", "queryRoot": "decisions"}], "fallbackReviewers": [], "additionalNotificationRecipients": [], "stageSettings": [],
        "settings": {
            "mailNotificationsEnabled": true, "reminderNotificationsEnabled": true, "justificationRequiredOnApproval": true,
            "defaultDecisionEnabled": false, "defaultDecision": "None", "instanceDurationInDays": 14,
            "autoApplyDecisionsEnabled": true, "recommendationsEnabled": true, "applyActions": [],
            "recurrence": {
                "pattern": {"type": "absoluteMonthly", "interval": 3, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
                "range": {"type": "noEnd", "startDate": clock::day_text(scene.start), "endDate": null, "numberOfOccurrences": 0},
            },
        },
    })
}

/// An `accessReviewInstanceDecisionItem` after it was applied.
pub fn decision(scene: &Scene, person: &Person, decision: &Decision) -> Value {
    let cycle = &scene.reviews[decision.review];
    let package = &scene.packages[cycle.package];
    let card = &person.card;
    json!({
        "id": guid(scene.seed, "decision", person.index, decision.review as u64),
        "accessReviewId": cycle.instance,
        "reviewedDateTime": clock::millis_text(decision.at),
        "decision": if decision.keep { "Approve" } else { "Deny" },
        "justification": if decision.keep { "Still part of the work" } else { "No longer part of the work" },
        "appliedDateTime": clock::millis_text(cycle.closes + 20 * SECOND),
        "applyResult": "AppliedSuccessfully",
        "recommendation": "Approve",
        "principalLink": format!("https://graph.microsoft.com/v1.0/users/{}", card.id),
        "resourceLink": null,
        "reviewedBy": {"id": decision.reviewer.id, "displayName": decision.reviewer.name, "userPrincipalName": decision.reviewer.upn},
        "appliedBy": {"id": NOBODY, "displayName": "AAD Access Review", "userPrincipalName": "AAD Access Review"},
        "principal": {
            "@odata.type": "#microsoft.graph.userIdentity",
            "id": card.id, "displayName": card.name, "userPrincipalName": card.upn, "type": "user",
        },
        "resource": {
            "@odata.type": "#microsoft.graph.accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource",
            "id": package.policy.id, "displayName": package.policy.name, "type": "accessPackageAssignmentPolicy",
            "accessPackageId": package.id, "accessPackageDisplayName": package.name,
        },
    })
}
