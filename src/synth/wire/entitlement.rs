//! Packages, policies, assignments, requests, approvals.

use serde_json::{Value, json};

use super::super::clock::{self, DAY, Micros};
use super::super::dice::guid;
use super::super::names::PARTNERS;
use super::super::scene::{Card, Package, Policy, Reach, Review, Scene, Target};
use super::super::story::{Assignment, Fate, Life, Request, RequestKind};

/// An `accessPackageCatalog`.
pub fn catalog(scene: &Scene, place: usize) -> Value {
    let (id, name) = &scene.catalogs[place];
    let made = clock::millis_text(scene.start - 400 * DAY);
    json!({
        "id": id, "displayName": name, "description": format!("Resources of {name}"), "catalogType": "userManaged",
        "state": "published", "isExternallyVisible": place == 2, "createdDateTime": made, "modifiedDateTime": made,
    })
}

/// A `connectedOrganization`.
pub fn connected_organization(scene: &Scene, place: usize) -> Value {
    let (name, domain) = PARTNERS[place];
    let made = clock::millis_text(scene.start - 300 * DAY);
    json!({
        "id": guid(scene.seed, "connected-organization", place as u64, 0),
        "displayName": name, "description": format!("Partner {name}"), "state": "configured",
        "createdDateTime": made, "modifiedDateTime": made,
        "identitySources": [{"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": domain, "displayName": name}],
    })
}

/// An `accessPackage` with its roles as they were at an instant.
pub fn package(scene: &Scene, package: &Package, at: Micros) -> Value {
    let mut value = package_outline(scene, package);
    value["resourceRoleScopes"] = package
        .resources
        .iter()
        .filter(|r| r.since <= at)
        .map(|resource| {
            let (system, scope, role, role_name, name) = match resource.target {
                Target::Group(place) => {
                    let group = &scene.groups[place];
                    ("AadGroup", &group.id, format!("Member_{}", group.id), "Member", &group.name)
                }
                Target::App(place) => {
                    let app = &scene.apps[place];
                    ("AadApplication", &app.id, app.role_id.clone(), app.role, &app.name)
                }
            };
            let (role_id, scope_id) = (guid(0, &role, 0, 0), guid(0, scope, 0, 1));
            json!({
                "id": format!("{role_id}_{scope_id}"),
                "createdDateTime": clock::millis_text(resource.since),
                "role": {"id": role_id, "displayName": role_name, "description": null, "originSystem": system, "originId": role},
                "scope": {
                    "id": scope_id, "displayName": name, "description": "Root Scope", "originId": scope,
                    "originSystem": system, "isRootScope": true,
                },
            })
        })
        .collect();
    value["catalog"] = json!({"id": scene.catalogs[package.catalog].0, "displayName": scene.catalogs[package.catalog].1});
    value
}

fn package_outline(scene: &Scene, package: &Package) -> Value {
    let made = clock::millis_text(scene.start - 200 * DAY);
    json!({
        "id": package.id, "displayName": package.name, "description": format!("What one needs for {}", package.name),
        "isHidden": false, "createdDateTime": made, "modifiedDateTime": made,
    })
}

/// An `accessPackageAssignmentPolicy`.
pub fn policy(scene: &Scene, package: &Package) -> Value {
    let policy = &package.policy;
    let mut value = policy_outline(scene, policy);
    let targets = match policy.reach {
        _ if policy.automatic => json!([{
            "@odata.type": "#microsoft.graph.attributeRuleMembers",
            "description": "By department",
            "membershipRule": format!("(user.department -in {})", policy.departments),
        }]),
        Reach::GroupMembers(group) => json!([{
            "@odata.type": "#microsoft.graph.groupMembers",
            "groupId": scene.groups[group].id,
            "description": scene.groups[group].name,
        }]),
        _ => json!([]),
    };
    let stages: Vec<_> = (0..policy.stages)
        .map(|_| {
            json!({
                "durationBeforeAutomaticDenial": "P14D", "isApproverJustificationRequired": true, "isEscalationEnabled": false,
                "durationBeforeEscalation": "PT0S", "fallbackPrimaryApprovers": [], "escalationApprovers": [],
                "fallbackEscalationApprovers": [],
                "primaryApprovers": [{"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}],
            })
        })
        .collect();
    let asked = !policy.automatic && policy.reach != Reach::Nobody;
    value["specificAllowedTargets"] = targets;
    value["automaticRequestSettings"] = if policy.automatic {
        json!({"requestAccessForAllowedTargets": true, "removeAccessWhenTargetLeavesAllowedTargets": true,
            "gracePeriodBeforeAccessRemoval": "P7D"})
    } else {
        Value::Null
    };
    value["expiration"] = match policy.days {
        Some(days) => {
            json!({"endDateTime": null, "duration": format!("P{days}D"), "type": "afterDuration"})
        }
        None => json!({"endDateTime": null, "duration": null, "type": "noExpiration"}),
    };
    value["requestorSettings"] = json!({
        "enableTargetsToSelfAddAccess": asked, "enableTargetsToSelfUpdateAccess": asked,
        "enableTargetsToSelfRemoveAccess": asked, "allowCustomAssignmentSchedule": true,
        "enableOnBehalfRequestorsToAddAccess": asked, "enableOnBehalfRequestorsToUpdateAccess": false,
        "enableOnBehalfRequestorsToRemoveAccess": false, "onBehalfRequestors": [],
    });
    value["requestApprovalSettings"] = json!({
        "isApprovalRequiredForAdd": policy.stages > 0, "isApprovalRequiredForUpdate": false,
        "isRequestorJustificationRequired": policy.asks_why && asked, "stages": stages,
    });
    value["reviewSettings"] = review_settings(scene, policy);
    value["questions"] = json!([]);
    value["accessPackage"] = package_outline(scene, package);
    value["catalog"] = json!({"id": scene.catalogs[package.catalog].0, "displayName": scene.catalogs[package.catalog].1});
    value
}

fn policy_outline(scene: &Scene, policy: &Policy) -> Value {
    let made = clock::millis_text(scene.start - 200 * DAY);
    let scope = match policy.reach {
        _ if policy.automatic => "specificDirectoryUsers",
        Reach::Members => "allMemberUsers",
        Reach::Connected => "allConfiguredConnectedOrganizationUsers",
        Reach::GroupMembers(_) => "specificDirectoryUsers",
        Reach::Nobody => "notSpecified",
    };
    json!({
        "id": policy.id, "displayName": policy.name, "description": policy.name,
        "allowedTargetScope": scope, "createdDateTime": made, "modifiedDateTime": made,
    })
}

fn review_settings(scene: &Scene, policy: &Policy) -> Value {
    let interval = match policy.review {
        Review::None => return Value::Null,
        Review::Every(months) => months,
        Review::Off => 3,
    };
    json!({
        "isEnabled": policy.review != Review::Off, "expirationBehavior": if policy.silence_keeps { "keepAccess" } else { "removeAccess" }, "isRecommendationEnabled": true,
        "isReviewerJustificationRequired": true, "isSelfReview": false,
        "schedule": {
            "startDateTime": clock::millis_text(scene.start - 90 * DAY),
            "expiration": {"endDateTime": null, "duration": "P14D", "type": "afterDuration"},
            "recurrence": {
                "pattern": {"type": "absoluteMonthly", "interval": interval, "month": 0, "dayOfMonth": 0, "daysOfWeek": [],
                    "firstDayOfWeek": "sunday", "index": "first"},
                "range": {"type": "noEnd", "startDate": clock::day_text(scene.start - 90 * DAY), "endDate": null,
                    "recurrenceTimeZone": null, "numberOfOccurrences": 0},
            },
        },
        "primaryReviewers": [{"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}],
        "fallbackReviewers": [],
    })
}

/// An `accessPackageAssignment` as it was at an instant.
pub fn assignment(scene: &Scene, life: &Life, held: &Assignment, at: Micros) -> Value {
    let package = &scene.packages[held.package];
    let mut value = assignment_outline(life, held, at);
    value["accessPackage"] = package_outline(scene, package);
    value["assignmentPolicy"] = policy_outline(scene, &package.policy);
    value["customExtensionCalloutInstances"] = json!([]);
    value
}

fn assignment_outline(life: &Life, held: &Assignment, at: Micros) -> Value {
    let removed = held.removed.filter(|r| *r <= at && !held.lingers);
    let (state, status) = match removed {
        Some(_) => ("expired", "ExpiredNotificationTriggered"),
        None if at < held.delivered => ("delivering", "Delivering"),
        None => ("delivered", "Delivered"),
    };
    json!({
        "id": held.id, "state": state, "status": status,
        "expiredDateTime": removed.map(clock::text),
        "schedule": schedule(held.delivered - held.delivered % 7_000_000, held.end_at(at)),
        "target": subject(&life.person.card),
    })
}

/// An `accessPackageAssignmentRequest` as it was at an instant.
pub fn request(scene: &Scene, life: &Life, request: &Request, at: Micros) -> Value {
    let (state, status) = match request.fate {
        _ if at < request.decided => ("pendingApproval", "PendingApproval"),
        _ if at < request.completed => ("delivering", "Fulfilling"),
        Fate::Denied => ("denied", "Denied"),
        Fate::Canceled => ("canceled", "Canceled"),
        Fate::Granted | Fate::GrantedLate => ("delivered", "Fulfilled"),
    };
    let held = request.assignment.map(|place| &life.assignments[place]).filter(|a| a.decided <= at);
    let requestor = request.other_requestor.as_ref().unwrap_or(&life.person.card);
    json!({
        "id": request.id,
        "requestType": match request.kind {
            RequestKind::UserAdd => "userAdd",
            RequestKind::OnBehalfAdd => "onBehalfAdd",
            RequestKind::AdminAdd => "adminAdd",
            RequestKind::SystemAdd => "systemAdd",
            RequestKind::UserUpdate => "userUpdate",
            RequestKind::AdminRemove => "adminRemove",
            RequestKind::SystemRemove => "systemRemove",
        },
        "state": state, "status": status,
        "createdDateTime": clock::millis_text(request.created),
        "completedDateTime": (at >= request.completed).then(|| clock::text(request.completed)),
        "justification": request.justification,
        "schedule": schedule(request.created, request.until),
        "answers": [], "customExtensionCalloutInstances": [],
        "requestor": subject(requestor),
        "accessPackage": package_outline(scene, &scene.packages[request.package]),
        "assignment": held.map(|held| assignment_outline(life, held, at)),
    })
}

/// An approval of a request as it was at an instant.
pub fn approval(request: &Request, at: Micros) -> Value {
    let stages: Vec<_> = request
        .stages
        .iter()
        .zip(0..)
        .map(|(stage, n)| {
            let done = stage.at <= at;
            let result = if stage.approved { "Approve" } else { "Deny" };
            json!({
                "id": if n == 0 { request.id.clone() } else { guid(0, &request.id, n, 0) },
                "displayName": null,
                "reviewedDateTime": done.then(|| clock::millis_text(stage.at)),
                "reviewResult": if done { result } else { "NotReviewed" },
                "status": if done { "Completed" } else { "InProgress" },
                "assignedToMe": false,
                "justification": if done { stage.text.as_str() } else { "" },
                "reviewedBy": done.then(|| json!({
                    "id": stage.approver.id, "displayName": stage.approver.name,
                    "userPrincipalName": stage.approver.upn, "mail": stage.approver.upn,
                })),
            })
        })
        .collect();
    json!({"id": request.id, "stages": stages})
}

fn schedule(start: Micros, end: Option<Micros>) -> Value {
    json!({
        "startDateTime": clock::millis_text(start),
        "recurrence": null,
        "expiration": {
            "endDateTime": end.map(clock::millis_text),
            "duration": null,
            "type": if end.is_some() { "afterDateTime" } else { "noExpiration" },
        },
    })
}

fn subject(card: &Card) -> Value {
    json!({
        "id": card.subject_id(), "objectId": card.id, "displayName": card.name, "principalName": card.upn,
        "email": card.upn, "onPremisesSecurityIdentifier": null, "subjectType": "user",
    })
}
