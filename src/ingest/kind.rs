//! What a record is: by its page's context, else by its type, else by its members; never a guess.

use crate::ingest::context::{Context, bare_type};
use serde_json::{Map, Value};

/// What a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A directory audit event.
    Audit,
    /// A sign-in.
    SignIn,
    /// An object of the directory or of its governance.
    Object(ObjectKind),
    /// A user, group or other object of a mixed listing: means something only with the parent.
    Related(Relation),
    /// Nothing that a table takes; what it looks to be.
    Other(String),
}

/// The objects that have a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ObjectKind {
    Assignment,
    Request,
    Approval,
    Policy,
    Package,
    Catalog,
    ResourceRole,
    User,
    Group,
    AppRoleAssignment,
    RoleAssignment(Provider),
    RoleDefinition(Provider),
    RoleSchedule { group: bool, eligible: bool, instance: bool },
    ServicePrincipal,
    ConditionalAccess,
    NamedLocation,
    ReviewDefinition,
    ReviewInstance,
    ReviewDecision,
    ConnectedOrganization,
    IncompatiblePackage,
    IncompatibleGroup,
}

/// Whose roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Provider {
    /// Of the directory.
    Directory,
    /// Of entitlement management.
    Entitlement,
}

impl Provider {
    /// As recorded in `directory_roles`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Entitlement => "entitlementManagement",
        }
    }
}

/// How listed objects relate to a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    /// Members of a group.
    Member,
    /// Owners of a group, application or service principal.
    Owner,
    /// Groups that somebody is in.
    MemberOf,
    /// Deleted objects.
    Deleted,
    /// The context does not say.
    Unknown,
}

/// What a context says; `None` when it names nothing that we know.
pub(super) fn by_context(context: &Context) -> Option<Kind> {
    Some(named(context.last(), context))
}

/// What a `@odata.type` says; `None` for types that appear in many places.
pub(super) fn by_type(name: &str) -> Option<Kind> {
    let name = bare_type(name).to_lowercase();
    match name.as_str() {
        "directoryobject" | "entity" | "identity" => None,
        "user" | "group" | "serviceprincipal" | "device" | "orgcontact" | "directoryrole" | "application" | "administrativeunit" => {
            Some(Kind::Related(Relation::Unknown))
        }
        _ => Some(named(&name, &Context::default())),
    }
}

fn named(name: &str, context: &Context) -> Kind {
    use ObjectKind as O;
    let object = |kind| Kind::Object(kind);
    let other = |text: &str| Kind::Other(text.to_string());
    let function = context.function_of.is_some() || context.steps.is_empty();
    let provider = if context.has("entitlementmanagement") {
        Some(Provider::Entitlement)
    } else if context.has("directory") || function {
        Some(Provider::Directory)
    } else {
        None
    };
    let foreign_roles = || {
        let whose = context.parent().map_or("", |p| p.name.as_str());
        other(&format!("a role of {whose}"))
    };
    if name.contains("schedulerequest") {
        return other("a request to privileged identity management");
    }
    if let Some(schedule) = schedule(name, context) {
        return object(schedule);
    }
    match singular(name).as_str() {
        "directoryaudit" => Kind::Audit,
        "signin" => Kind::SignIn,
        "provisioning" | "provisioningobjectsummary" => other("an entry of the provisioning log"),
        "assignment" if context.has("entitlementmanagement") => object(O::Assignment),
        "accesspackageassignment" => object(O::Assignment),
        "assignmentrequest" if context.has("entitlementmanagement") => object(O::Request),
        "accesspackageassignmentrequest" => object(O::Request),
        "accesspackageassignmentapproval" => object(O::Approval),
        "approval" if function => object(O::Approval),
        "assignmentapproval" | "roleassignmentapproval" => other("an approval of privileged identity management"),
        "stage" if context.has("accessreviews") => other("a stage of an access review"),
        "stage" | "step" | "approvalstage" | "approvalstep" => other("a stage of an approval, without its approval; export the approval itself"),
        "accesspackage" => object(O::Package),
        "incompatibleaccesspackage" | "accesspackagesincompatiblewith" => object(O::IncompatiblePackage),
        "incompatiblegroup" => object(O::IncompatibleGroup),
        "assignmentpolicy" if context.has("entitlementmanagement") => object(O::Policy),
        "accesspackageassignmentpolicy" => object(O::Policy),
        "catalog" if context.has("entitlementmanagement") => object(O::Catalog),
        "accesspackagecatalog" => object(O::Catalog),
        "resourcerolescope" | "accesspackageresourcerolescope" => object(O::ResourceRole),
        "resource" | "accesspackageresource" => other("a resource of a catalog"),
        "resourcerole" | "accesspackageresourcerole" => other("a role that a catalog offers"),
        "resourcerequest" | "accesspackageresourcerequest" => other("a request to change a catalog"),
        "user" => object(O::User),
        "group" => object(O::Group),
        "serviceprincipal" => object(O::ServicePrincipal),
        "application" => other("an application registration; what holds roles is its service principal"),
        "member" => Kind::Related(Relation::Member),
        "owner" => Kind::Related(Relation::Owner),
        "memberof" => Kind::Related(Relation::MemberOf),
        "transitivemember" | "transitivememberof" => other("a transitive membership; export the direct ones"),
        "deleteditem" => Kind::Related(Relation::Deleted),
        "directoryobject" => Kind::Related(Relation::Unknown),
        "approleassignedto" | "approleassignment" => object(O::AppRoleAssignment),
        "roleassignment" | "unifiedroleassignment" => match provider {
            Some(provider) => object(O::RoleAssignment(provider)),
            None => foreign_roles(),
        },
        "roledefinition" | "unifiedroledefinition" => match provider {
            Some(provider) => object(O::RoleDefinition(provider)),
            None => foreign_roles(),
        },
        "unifiedroleassignmentmultiple" => other("a role of device management or Cloud PC"),
        "transitiveroleassignment" => other("a transitive role assignment; export the direct ones"),
        "policy" if context.has("conditionalaccess") => object(O::ConditionalAccess),
        "conditionalaccesspolicy" => object(O::ConditionalAccess),
        "namedlocation" | "ipnamedlocation" | "countrynamedlocation" | "compliantnetworknamedlocation" => object(O::NamedLocation),
        "definition" if context.has("accessreviews") => object(O::ReviewDefinition),
        "accessreviewscheduledefinition" => object(O::ReviewDefinition),
        "instance" if context.has("historydefinitions") => other("an instance of an access review history report"),
        "instance" if context.has("accessreviews") => object(O::ReviewInstance),
        "accessreviewinstance" => object(O::ReviewInstance),
        "decision" if context.has("stages") => stage_decision(),
        "decision" if context.has("accessreviews") => object(O::ReviewDecision),
        "accessreviewinstancedecisionitem" => object(O::ReviewDecision),
        "historydefinition" | "accessreviewhistorydefinition" => other("a definition of an access review history report"),
        "connectedorganization" => object(O::ConnectedOrganization),
        "oauth2permissiongrant" => other("a delegated permission grant"),
        "" => other("a record that its context does not name"),
        rest => Kind::Other(format!("a record of {rest}")),
    }
}

fn stage_decision() -> Kind {
    Kind::Other("a decision of one stage of a review; export the decisions of the instance".to_string())
}

fn schedule(name: &str, context: &Context) -> Option<ObjectKind> {
    let of_group = name.strip_prefix("privilegedaccessgroup");
    let bare = of_group.unwrap_or(name);
    let bare = bare.strip_prefix("unified").unwrap_or(bare);
    let group = of_group.is_some() || context.has("privilegedaccess");
    let bare = singular(bare.strip_prefix("role").unwrap_or(bare));
    let (eligible, instance) = match bare.as_str() {
        "assignmentscheduleinstance" => (false, true),
        "assignmentschedule" => (false, false),
        "eligibilityscheduleinstance" => (true, true),
        "eligibilityschedule" => (true, false),
        _ => return None,
    };
    Some(ObjectKind::RoleSchedule { group, eligible, instance })
}

fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    match name {
        "accesspackagesincompatiblewith" => name.to_string(),
        _ => name.strip_suffix('s').unwrap_or(name).to_string(),
    }
}

/// What the members say.
pub(super) fn by_members(map: &Map<String, Value>) -> Kind {
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
        "a risk detection"
    } else if has("riskLastUpdatedDateTime") || has("riskState") && has("isProcessing") {
        "a risky user or service principal"
    } else if any(&["isMfaRegistered", "isSsprRegistered"]) {
        "a registration report of authentication methods"
    } else if has("consentType") && has("clientId") {
        "a delegated permission grant"
    } else if has("requestUri") && has("responseStatusCode") {
        "a record of MicrosoftGraphActivityLogs"
    } else if any(&["CreationTime", "creationTime"]) && any(&["Workload", "workload"]) {
        "a record of the Microsoft 365 unified audit log; export the directory audit log instead"
    } else if any(&["jobId", "provisioningSteps"]) && any(&["sourceIdentity", "targetIdentity"]) {
        "an entry of the provisioning log"
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
    } else if has("servicePrincipalType") || has("appId") && has("servicePrincipalNames") {
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
    Kind::Other(format!("no known kind: {}", names.join(", ")))
}
