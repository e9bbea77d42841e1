//! What the members of a record say, when neither context nor type does.

use super::{Kind, NO_KIND, ObjectKind, Provider};
use serde_json::{Map, Value};

/// What the members say.
pub(in crate::ingest) fn by_members(map: &Map<String, Value>) -> Kind {
    let has = |name: &str| map.contains_key(name);
    let any = |names: &[&str]| names.iter().any(|n| map.contains_key(*n));
    let other = |text: &str| Kind::Other(text.to_string());
    if has("error") && map.get("error").is_some_and(Value::is_object) {
        return other("error response");
    }
    if let Some(known) = foreign_records(&has, &any) {
        return Kind::Other(known.to_string());
    }
    if has("activityDisplayName") && any(&["activityDateTime", "initiatedBy", "targetResources"]) {
        return Kind::Audit;
    }
    let client = any(&["appId", "appDisplayName", "userPrincipalName", "servicePrincipalId"]);
    let at_sign_in = any(&["clientAppUsed", "conditionalAccessStatus", "isInteractive", "resourceDisplayName"]);
    if has("createdDateTime") && client && at_sign_in {
        return Kind::SignIn;
    }
    let kind = governance(&has, &any, map)
        .or_else(|| reviews(&has, &any))
        .or_else(|| roles(&has, map))
        .or_else(|| directory(&has, &any));
    match kind {
        Some(kind) => kind,
        None => nothing(map),
    }
}

/// Records that are known and wanted nowhere.
fn foreign_records(has: &impl Fn(&str) -> bool, any: &impl Fn(&[&str]) -> bool) -> Option<&'static str> {
    let text = if has("riskEventType") || has("riskEventTypes") && has("detectedDateTime") {
        "a risk detection; risks are no sign-ins: export auditLogs/signIns"
    } else if has("riskLastUpdatedDateTime") || has("riskState") && has("isProcessing") {
        "a risky user or service principal; risks say nothing of access: export users or servicePrincipals"
    } else if any(&["isMfaRegistered", "isSsprRegistered"]) {
        "a registration report of authentication methods"
    } else if has("consentType") && has("clientId") {
        "a delegated permission grant"
    } else if has("schema") && has("results") {
        "an answer of advanced hunting; export AuditLogs and SigninLogs of Log Analytics instead"
    } else if has("requestUri") && has("responseStatusCode") {
        "a record of MicrosoftGraphActivityLogs; export the directory audit log instead"
    } else if any(&["CreationTime", "creationTime"]) && any(&["Workload", "workload"]) || any(&["AuditData", "auditData"]) {
        "a record of the Microsoft 365 unified audit log; export the directory audit log instead"
    } else if any(&["jobId", "provisioningSteps"]) && any(&["sourceIdentity", "targetIdentity"]) {
        "an entry of the provisioning log; export the directory audit log instead"
    } else if any(&["members@delta", "@removed"]) {
        "a change told by a delta query, not an object; export the whole collection"
    } else if has("isOrganizationDefault") && has("scopeType") || has("policyId") && has("scopeId") {
        "a role management policy"
    } else if any(&["maximumDuration", "isExpirationRequired", "enabledRules"]) && has("target") {
        "a rule of a role management policy"
    } else if any(&["reviewHistoryPeriodStartDateTime", "reviewHistoryPeriodStartDate"]) {
        "an access review history report"
    } else if any(&["businessFlowTemplateId", "reviewedEntity"]) {
        "an access review of the old interface; export identityGovernance/accessReviews"
    } else if has("accessReviewId") && has("reviewResult") {
        "a decision of the old access review interface; export identityGovernance/accessReviews"
    } else if has("reviewResult") && has("assignedToMe") {
        "a stage of an approval, without its approval; export the approval itself"
    } else if has("endpointConfiguration") && has("authenticationConfiguration") {
        "a custom extension of a catalog"
    } else if has("externalUserLifecycleAction") {
        "settings of entitlement management"
    } else if has("isElevated") && has("roleId") {
        "a role assignment of the old PIM interface; export roleManagement/directory"
    } else if has("publisherDomain") && !has("servicePrincipalType") {
        "an application registration; what holds roles is its service principal"
    } else if has("action") && any(&["scheduleInfo", "targetScheduleId", "isValidationOnly"]) {
        "a request to privileged identity management"
    } else if has("originId") && !any(&["role", "scope", "isHidden"]) {
        "a resource or role that a catalog offers"
    } else if has("tenant_details") || has("cap_table_data") {
        "a settings export of ScubaGear"
    } else {
        return None;
    };
    Some(text)
}

fn governance(has: &impl Fn(&str) -> bool, any: &impl Fn(&[&str]) -> bool, map: &Map<String, Value>) -> Option<Kind> {
    use ObjectKind as O;
    let kind = if any(&["expiredDateTime", "assignmentState"]) && any(&["state", "assignmentState", "assignmentStatus"]) && !has("requestType") {
        O::Assignment
    } else if has("requestType") {
        let asked = any(&[
            "schedule",
            "answers",
            "completedDateTime",
            "completedDate",
            "requestor",
            "accessPackage",
            "assignment",
            "accessPackageAssignment",
        ]);
        if has("catalogId") || !asked {
            return Some(Kind::Other("a request to change a catalog".into()));
        }
        O::Request
    } else if ["stages", "steps"].iter().any(|n| map.get(*n).is_some_and(Value::is_array)) && !has("displayName") {
        O::Approval
    } else if any(&["allowedTargetScope", "requestApprovalSettings", "accessReviewSettings"]) || has("durationInDays") && has("accessPackageId") {
        O::Policy
    } else if any(&["resourceRoleScopes", "accessPackageResourceRoleScopes"]) || has("isHidden") && has("displayName") && !has("originSystem") {
        O::Package
    } else if any(&["catalogType", "catalogStatus"]) {
        O::Catalog
    } else if has("identitySources") {
        O::ConnectedOrganization
    } else if has("role") && has("scope") || has("accessPackageResourceRole") && has("accessPackageResourceScope") {
        O::ResourceRole
    } else {
        return None;
    };
    Some(Kind::Object(kind))
}

fn reviews(has: &impl Fn(&str) -> bool, any: &impl Fn(&[&str]) -> bool) -> Option<Kind> {
    use ObjectKind as O;
    let kind = if has("accessReviewId") && any(&["decision", "applyResult"]) && any(&["principal", "target", "reviewedBy"]) {
        O::ReviewDecision
    } else if has("instanceEnumerationScope") || has("scope") && has("reviewers") && has("settings") && has("displayName") {
        O::ReviewDefinition
    } else if has("startDateTime") && has("endDateTime") && has("status") && has("scope") {
        O::ReviewInstance
    } else {
        return None;
    };
    Some(Kind::Object(kind))
}

fn roles(has: &impl Fn(&str) -> bool, map: &Map<String, Value>) -> Option<Kind> {
    use ObjectKind as O;
    let schedule = |group, eligible, instance| O::RoleSchedule { group, eligible, instance };
    let kind = if has("appRoleId") && has("principalId") && has("resourceId") {
        O::AppRoleAssignment
    } else if has("principalId") && (has("roleDefinitionId") || has("groupId") && has("accessId")) {
        let group = !has("roleDefinitionId");
        let text = |name: &str| map.get(name).and_then(Value::as_str).unwrap_or("");
        if has("scheduleInfo") {
            schedule(group, !has("assignmentType"), false)
        } else if has("roleAssignmentScheduleId") || has("assignmentScheduleId") {
            schedule(group, false, true)
        } else if has("roleEligibilityScheduleId") || has("eligibilityScheduleId") || has("memberEligibilityScheduleId") {
            schedule(group, true, true)
        } else if group {
            return None;
        } else if text("appScopeId").starts_with("/AccessPackageCatalog") {
            O::RoleAssignment(Provider::Entitlement)
        } else if has("directoryScopeId") || has("appScopeId") {
            O::RoleAssignment(Provider::Directory)
        } else {
            return None;
        }
    } else if has("rolePermissions") && has("isBuiltIn") {
        O::RoleDefinition(Provider::Directory)
    } else {
        return None;
    };
    Some(Kind::Object(kind))
}

fn directory(has: &impl Fn(&str) -> bool, any: &impl Fn(&[&str]) -> bool) -> Option<Kind> {
    use ObjectKind as O;
    let kind = if has("conditions") && has("state") && any(&["grantControls", "sessionControls"]) {
        O::ConditionalAccess
    } else if has("ipRanges") || has("countriesAndRegions") {
        O::NamedLocation
    } else if has("servicePrincipalType") || has("appId") && has("servicePrincipalNames") || has("agentIdentityBlueprintId") {
        O::ServicePrincipal
    } else if has("userPrincipalName")
        && any(&[
            "accountEnabled",
            "userType",
            "mail",
            "givenName",
            "surname",
            "jobTitle",
            "department",
            "businessPhones",
            "mailNickname",
            "identities",
            "signInActivity",
            "employeeLeaveDateTime",
            "identityParentId",
        ])
    {
        O::User
    } else if has("groupTypes") || has("displayName") && has("securityEnabled") && has("mailEnabled") {
        O::Group
    } else {
        return None;
    };
    Some(Kind::Object(kind))
}

fn nothing(map: &Map<String, Value>) -> Kind {
    let names: Vec<&str> = map.keys().map(String::as_str).filter(|n| !n.contains('@')).take(8).collect();
    let bare = names.iter().all(|n| matches!(*n, "id" | "displayName" | "description" | "catalogId" | "mail"));
    if bare {
        return Kind::Other("its members fit many kinds and no context names one; export whole pages".into());
    }
    Kind::Other(format!("{NO_KIND}: {}", names.join(", ")))
}
