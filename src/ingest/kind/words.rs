//! Members of enumerations and types of nested objects: a word that no version of Graph that we know has is counted by name, and
//! never passed over.
//!
//! The lists are those of the schema of Graph v1.0 and beta and of its reference pages, as of August 2026.

use crate::lake::table::Table;
use serde_json::{Map, Value};

/// A member, where it stands, and the words that it may have; their case differs between v1.0 and beta.
struct Words {
    /// Paths of members, joined by slashes; lists are gone through.
    paths: &'static [&'static str],
    known: &'static [&'static str],
}

const fn words(paths: &'static [&'static str], known: &'static [&'static str]) -> Words {
    Words { paths, known }
}

const REQUEST_TYPE: &[&str] = &[
    "notSpecified",
    "userAdd",
    "userExtend",
    "userUpdate",
    "userRemove",
    "adminAdd",
    "adminUpdate",
    "adminRemove",
    "systemAdd",
    "systemUpdate",
    "systemRemove",
    "onBehalfAdd",
    "approverRemove",
];
const REQUEST_STATE: &[&str] = &[
    "submitted",
    "pendingApproval",
    "accepted",
    "delivering",
    "delivered",
    "deliveryFailed",
    "denied",
    "scheduled",
    "pendingNotBefore",
    "canceled",
    "cancelled",
    "partiallyDelivered",
];
const ASSIGNMENT_STATE: &[&str] = &["delivering", "partiallyDelivered", "delivered", "expired", "expiring", "deliveryFailed"];
const SUBJECT: &[&str] = &["notSpecified", "user", "servicePrincipal"];
const EXPIRATION: &[&str] = &["notSpecified", "noExpiration", "afterDateTime", "afterDuration"];
const ORIGIN: &[&str] = &["AadGroup", "AadApplication", "SharePointOnline", "DirectoryRole"];
const ROLE_TYPE: &[&str] = &["active", "eligible", "application", "delegated"];
/// Who may ask, approve or review.
const SUBJECT_SET: &[&str] = &[
    "singleUser",
    "singleServicePrincipal",
    "groupMembers",
    "connectedOrganizationMembers",
    "requestorManager",
    "internalSponsors",
    "externalSponsors",
    "targetManager",
    "targetUserSponsors",
    "targetApplicationOwners",
    "targetAgentIdentitySponsorsOrOwners",
    "attributeRuleMembers",
    "ruleBasedSubjectSet",
    "groupBasedSubjectSet",
];
/// The scopes of v1.0, then those of beta.
const TARGET_SCOPE: &[&str] = &[
    "notSpecified",
    "specificDirectoryUsers",
    "specificConnectedOrganizationUsers",
    "specificDirectoryServicePrincipals",
    "allMemberUsers",
    "allDirectoryUsers",
    "allDirectoryServicePrincipals",
    "allConfiguredConnectedOrganizationUsers",
    "allExternalUsers",
    "allDirectoryAgentIdentities",
    "NoSubjects",
    "SpecificDirectorySubjects",
    "SpecificConnectedOrganizationSubjects",
    "AllConfiguredConnectedOrganizationSubjects",
    "AllExistingConnectedOrganizationSubjects",
    "AllExistingDirectoryMemberUsers",
    "AllExistingDirectorySubjects",
    "AllExternalSubjects",
    "SpecificDirectoryServicePrincipalSubjects",
    "AllDirectoryServicePrincipalSubjects",
];
const REVIEW_STATUS: &[&str] = &[
    "NotStarted",
    "Initializing",
    "Starting",
    "InProgress",
    "Completing",
    "Completed",
    "AutoReviewing",
    "AutoReviewed",
    "Applying",
    "Applied",
    "Active",
];
const REVIEW_SCOPE: &[&str] = &[
    "accessReviewQueryScope",
    "accessReviewInactiveUsersQueryScope",
    "accessReviewReviewerScope",
    "principalResourceMembershipsScope",
    "accessReviewPrincipalScope",
    "accessReviewResourceScope",
    "accessReviewCatalogScope",
    "accessReviewAccessPackageAssignmentPolicyScope",
];
/// What is under review: the words of decisions, and the types of their resources without what all have in common.
const RESOURCE: &[&str] = &[
    "group",
    "servicePrincipal",
    "directoryRole",
    "azureRole",
    "accessPackageAssignmentPolicy",
    "accessPackage",
    "customDataProvidedResource",
];
const PRINCIPAL: &[&str] = &["userIdentity", "servicePrincipalIdentity", "identity", "user", "servicePrincipal"];
const STAGE: &[&str] = &[
    "accessPackageApprovalStage",
    "accessPackageDynamicApprovalStage",
    "approvalStage",
    "unifiedApprovalStage",
];
const APPLY_RESULT: &[&str] = &[
    "New",
    "AppliedSuccessfully",
    "AppliedWithUnknownFailure",
    "AppliedSuccessfullyButObjectNotFound",
    "ApplyNotSupported",
    "NotApplied",
    "Success",
    "Failure",
    "PartialSuccess",
    "NotSupported",
];
const MEMBER: &[&str] = &[
    "user",
    "group",
    "servicePrincipal",
    "device",
    "orgContact",
    "application",
    "directoryRole",
    "administrativeUnit",
    "agentIdentity",
    "agentIdentityBlueprintPrincipal",
    "agentUser",
];

fn of(table: Table) -> &'static [Words] {
    match table {
        Table::Requests => {
            const ALL: &[Words] = &[
                words(&["requestType"], REQUEST_TYPE),
                words(&["state", "requestState"], REQUEST_STATE),
                words(&["requestor/subjectType", "requestor/type"], SUBJECT),
                words(&["schedule/expiration/type"], EXPIRATION),
            ];
            ALL
        }
        Table::Assignments => {
            const ALL: &[Words] = &[
                words(&["state", "assignmentState"], ASSIGNMENT_STATE),
                words(&["target/subjectType", "target/type"], SUBJECT),
                words(&["target/subjectLifecycle"], &["notDefined", "notGoverned", "governed"]),
                words(&["schedule/expiration/type"], EXPIRATION),
            ];
            ALL
        }
        Table::Approvals => {
            const ALL: &[Words] = &[
                words(&["stages/reviewResult", "steps/reviewResult"], &["NotReviewed", "Approve", "Deny", "DontKnow"]),
                words(
                    &["stages/status", "steps/status"],
                    &["NotStarted", "Initializing", "InProgress", "Completed", "Expired", "Escalating", "Escalated"],
                ),
            ];
            ALL
        }
        Table::Policies => POLICY,
        Table::ResourceRoles => {
            const ALL: &[Words] = &[
                words(
                    &[
                        "role/originSystem",
                        "accessPackageResourceRole/originSystem",
                        "scope/originSystem",
                        "accessPackageResourceScope/originSystem",
                    ],
                    ORIGIN,
                ),
                words(&["role/type", "accessPackageResourceRole/type"], ROLE_TYPE),
            ];
            ALL
        }
        Table::RoleSchedules => {
            const ALL: &[Words] = &[
                words(&["assignmentType"], &["assigned", "activated"]),
                words(&["memberType"], &["direct", "group", "inherited"]),
                words(&["accessId"], &["owner", "member"]),
            ];
            ALL
        }
        Table::ConditionalAccess => {
            const ALL: &[Words] = &[words(&["state"], &["enabled", "disabled", "enabledForReportingButNotEnforced"])];
            ALL
        }
        Table::ReviewDefinitions | Table::ReviewInstances => REVIEW,
        Table::ReviewDecisions => {
            const ALL: &[Words] = &[
                words(&["decision"], &["approve", "deny", "notReviewed", "dontKnow", "notNotified"]),
                words(&["recommendation"], &["approve", "deny", "noInfoAvailable", "none"]),
                words(&["applyResult"], APPLY_RESULT),
                words(&["resource/type"], RESOURCE),
                words(&["resource/@odata.type"], &[]),
                words(&["principal/@odata.type", "principal/type"], PRINCIPAL),
                words(&["principalResourceMembership/membershipType"], &["direct", "indirect"]),
            ];
            ALL
        }
        Table::Memberships => {
            const ALL: &[Words] = &[words(&["@odata.type"], MEMBER)];
            ALL
        }
        Table::AppRoleAssignments => {
            const ALL: &[Words] = &[words(&["principalType"], &["User", "Group", "ServicePrincipal"])];
            ALL
        }
        Table::Users => {
            const ALL: &[Words] = &[
                words(&["userType"], &["Member", "Guest"]),
                words(&["externalUserState"], &["PendingAcceptance", "Accepted"]),
            ];
            ALL
        }
        Table::Groups => {
            const ALL: &[Words] = &[words(&["groupTypes"], &["Unified", "DynamicMembership"])];
            ALL
        }
        Table::Catalogs => {
            const ALL: &[Words] = &[words(&["catalogType"], &["userManaged", "serviceDefault", "serviceManaged"])];
            ALL
        }
        Table::ConnectedOrganizations => {
            const ALL: &[Words] = &[words(&["state"], &["configured", "proposed"])];
            ALL
        }
        _ => &[],
    }
}

const POLICY: &[Words] = &[
    words(&["allowedTargetScope", "requestorSettings/scopeType"], TARGET_SCOPE),
    words(
        &[
            "requestApprovalSettings/stages/@odata.type",
            "requestApprovalSettings/approvalStages/@odata.type",
        ],
        STAGE,
    ),
    words(
        &[
            "requestApprovalSettings/stages/primaryApprovers/@odata.type",
            "requestApprovalSettings/stages/fallbackPrimaryApprovers/@odata.type",
            "requestApprovalSettings/stages/escalationApprovers/@odata.type",
            "requestApprovalSettings/stages/fallbackEscalationApprovers/@odata.type",
            "requestApprovalSettings/approvalStages/primaryApprovers/@odata.type",
            "requestApprovalSettings/approvalStages/escalationApprovers/@odata.type",
            "requestorSettings/allowedRequestors/@odata.type",
            "requestorSettings/onBehalfRequestors/@odata.type",
            "specificAllowedTargets/@odata.type",
            "reviewSettings/primaryReviewers/@odata.type",
            "reviewSettings/fallbackReviewers/@odata.type",
            "accessReviewSettings/reviewers/@odata.type",
        ],
        SUBJECT_SET,
    ),
    words(
        &["requestApprovalSettings/stages/approverInformationVisibility"],
        &["default", "notVisible", "visible"],
    ),
    words(&["expiration/type"], EXPIRATION),
    words(
        &["reviewSettings/expirationBehavior", "accessReviewSettings/accessReviewTimeoutBehavior"],
        &["keepAccess", "removeAccess", "acceptAccessRecommendation"],
    ),
];

const REVIEW: &[Words] = &[
    words(&["status"], REVIEW_STATUS),
    words(
        &[
            "scope/@odata.type",
            "scope/resourceScopes/@odata.type",
            "scope/principalScopes/@odata.type",
            "instanceEnumerationScope/@odata.type",
            "reviewers/@odata.type",
            "fallbackReviewers/@odata.type",
        ],
        REVIEW_SCOPE,
    ),
    words(
        &[
            "scope/scopeType",
            "scope/resourceScopes/scopeType",
            "scope/principalScopes/scopeType",
            "reviewers/scopeType",
            "fallbackReviewers/scopeType",
        ],
        &[
            "user",
            "manager",
            "groupMembers",
            "groupOwners",
            "group",
            "catalog",
            "servicePrincipal",
            "directoryRole",
            "azureRole",
            "accessPackageAssignmentPolicy",
        ],
    ),
    words(&["settings/defaultDecision"], &["None", "Approve", "Deny", "Recommendation"]),
    words(
        &["settings/applyActions/@odata.type"],
        &["removeAccessApplyAction", "disableAndDeleteUserApplyAction"],
    ),
];

/// What the type of a resource under review begins with.
const DECISION_ITEM: &str = "accessReviewInstanceDecisionItem";

/// Words of an object that are not known, each with its member; of one that was listed itself also a state that an assignment or
/// request lacks.
pub(in crate::ingest) fn unknown(table: Table, map: &Map<String, Value>, listed: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if listed {
        // A blank where a state belongs; a member that was not asked for says nothing.
        let blank = |name: &str| map.get(name).is_some_and(|v| v.is_null() || v.as_str().is_some_and(|t| t.trim().is_empty()));
        let states: &[&str] = match table {
            Table::Users | Table::ServicePrincipals => &["accountEnabled"],
            Table::Requests => &["requestType"],
            _ => &[],
        };
        found.extend(states.iter().filter(|name| blank(name)).map(|name| format!("no {name}")));
    }
    for words in of(table) {
        let mut all = Vec::new();
        for path in words.paths {
            collect(map, path, &mut all);
        }
        if all.is_empty() && listed && words.paths[0] == "state" && matches!(table, Table::Assignments | Table::Requests) {
            found.push("no state".into());
        }
        let of_resource = words.paths == ["resource/@odata.type"];
        for (path, word) in all {
            let bare = if path.ends_with("@odata.type") { bare(word) } else { word.trim() };
            let known = if of_resource {
                resource_kind(bare).is_some_and(|kind| kind.is_empty() || is_one_of(RESOURCE, kind))
            } else {
                is_one_of(words.known, bare)
            };
            let text = format!("{} '{}'", path.replace('/', "."), bare.chars().take(60).collect::<String>());
            if !known && !found.contains(&text) {
                found.push(text);
            }
        }
    }
    if table == Table::ResourceRoles
        && let Some(text) = strange_role(map)
    {
        found.push(text);
    }
    found
}

/// What kind of resource a type of a decision's resource speaks of; empty for the type that all derive from.
pub(in crate::ingest) fn resource_kind(type_name: &str) -> Option<&str> {
    let rest = bare(type_name);
    let head = rest.get(..DECISION_ITEM.len())?;
    let rest = rest[DECISION_ITEM.len()..].strip_suffix("Resource")?;
    if !head.eq_ignore_ascii_case(DECISION_ITEM) {
        return None;
    }
    Some(if rest.eq_ignore_ascii_case("customDataProvided") {
        "customDataProvidedResource"
    } else {
        rest
    })
}

/// A role of a group or a directory role whose id names a relation that is not known.
fn strange_role(map: &Map<String, Value>) -> Option<String> {
    let role = ["role", "accessPackageResourceRole"].iter().find_map(|name| map.get(*name)?.as_object())?;
    let text = |name: &str| role.get(name).and_then(Value::as_str).unwrap_or_default();
    let relation = text("originId").split('_').next().unwrap_or_default();
    let known: &[&str] = match text("originSystem") {
        "AadGroup" => &["Member", "Owner", "EligibleMember", "EligibleOwner"],
        "DirectoryRole" => &["Active", "Eligible"],
        _ => return None,
    };
    (!relation.is_empty() && !is_one_of(known, relation)).then(|| format!("role.originId '{}'", relation.chars().take(60).collect::<String>()))
}

fn is_one_of(known: &[&str], word: &str) -> bool {
    known.iter().any(|k| k.eq_ignore_ascii_case(word))
}

fn bare(word: &str) -> &str {
    crate::ingest::context::bare_type(word.trim())
}

/// The texts at a path of members, with that path; every item of a list on the way.
fn collect<'m>(map: &'m Map<String, Value>, path: &'static str, into: &mut Vec<(&'static str, &'m str)>) {
    fn walk<'m>(value: &'m Value, rest: &str, path: &'static str, into: &mut Vec<(&'static str, &'m str)>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, rest, path, into)),
            Value::Object(map) if !rest.is_empty() => below(map, rest, path, into),
            Value::String(text) if rest.is_empty() && !text.trim().is_empty() => into.push((path, text)),
            _ => {}
        }
    }
    fn below<'m>(map: &'m Map<String, Value>, rest: &str, path: &'static str, into: &mut Vec<(&'static str, &'m str)>) {
        let (first, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some(value) = map.get(first) {
            walk(value, rest, path, into);
        }
    }
    below(map, path, path, into);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(table: Table, text: &str) -> Vec<String> {
        let Ok(Value::Object(map)) = serde_json::from_str(text) else {
            panic!("an object")
        };
        unknown(table, &map, true)
    }

    #[test]
    fn words_of_every_version_are_known_and_others_are_named() {
        for (table, text, expected) in [
            (Table::Requests, r#"{"requestType":"ApproverRemove","state":"delivered"}"#, &[][..]),
            (Table::Requests, r#"{"requestType":"UserExtend","requestState":"PendingNotBefore"}"#, &[]),
            (
                Table::Requests,
                r#"{"requestType":"unknownFutureValue","state":"frozen"}"#,
                &["requestType 'unknownFutureValue'", "state 'frozen'"],
            ),
            (
                Table::Assignments,
                r#"{"state":" delivered ","target":{"subjectType":"agent"}}"#,
                &["target.subjectType 'agent'"],
            ),
            (Table::Assignments, r#"{"target":{"objectId":"x"}}"#, &["no state"]),
            (
                Table::ResourceRoles,
                r#"{"role":{"originSystem":"AzureResource"},"scope":{"originSystem":"AzureResource"}}"#,
                &["role.originSystem 'AzureResource'", "scope.originSystem 'AzureResource'"],
            ),
            (
                Table::ResourceRoles,
                r#"{"role":{"originSystem":"AadGroup","originId":"Reader_1"},"scope":{"originSystem":"AadGroup"}}"#,
                &["role.originId 'Reader'"],
            ),
            (Table::Users, r#"{"state":"x"}"#, &[]),
        ] {
            assert_eq!(told(table, text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_in_the_depth_of_a_policy_is_told_once_with_its_member() {
        let stage = |kind: &str, who: &str| {
            format!(
                r##"{{"@odata.type":"#microsoft.graph.{kind}","primaryApprovers":[{{"@odata.type":"#microsoft.graph.{who}"}},{{"@odata.type":"microsoft.graph.{who}"}}]}}"##
            )
        };
        let policy = |stages: &str| format!(r#"{{"allowedTargetScope":"AllMemberUsers","requestApprovalSettings":{{"stages":[{stages}]}}}}"#);
        let known = [
            stage("accessPackageApprovalStage", "targetManager"),
            stage("accessPackageDynamicApprovalStage", "singleUser"),
        ];
        assert_eq!(told(Table::Policies, &policy(&known.join(","))), Vec::<String>::new());
        assert_eq!(
            told(Table::Policies, &policy(&stage("oracleStage", "moonPhase"))),
            [
                "requestApprovalSettings.stages.@odata.type 'oracleStage'",
                "requestApprovalSettings.stages.primaryApprovers.@odata.type 'moonPhase'"
            ]
        );
    }

    #[test]
    fn kinds_of_resources_under_review() {
        for (name, kind) in [
            ("#microsoft.graph.accessReviewInstanceDecisionItemAzureRoleResource", Some("AzureRole")),
            (
                "microsoft.graph.accessReviewInstanceDecisionItemCustomDataProvidedResource",
                Some("customDataProvidedResource"),
            ),
            ("#microsoft.graph.accessReviewInstanceDecisionItemResource", Some("")),
            ("#microsoft.graph.group", None),
        ] {
            assert_eq!(resource_kind(name), kind, "{name}");
        }
        let of = |name: &str| told(Table::ReviewDecisions, &format!(r##"{{"resource":{{"@odata.type":"{name}"}}}}"##));
        assert!(of("#microsoft.graph.accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource").is_empty());
        assert_eq!(
            of("#microsoft.graph.accessReviewInstanceDecisionItemMoonResource"),
            ["resource.@odata.type 'accessReviewInstanceDecisionItemMoonResource'"]
        );
    }
}
