//! The addresses that the server knows: what limits them, which permission they need, what must be expanded.

use super::limits::Group;

/// One address below the version, `*` for an id.
pub struct Shape {
    pub pattern: &'static str,
    pub group: Group,
    /// Resource units of the directory.
    pub units: u64,
    /// Any of these permissions will do.
    pub scopes: &'static [&'static str],
    /// Navigation properties, absent unless they are expanded.
    pub expands: &'static [&'static str],
    /// Items a page without `$top`, and the most that `$top` may be (more is a 400, or is cut).
    pub page: (usize, usize),
    /// Whether pages say `@odata.count` without being asked.
    pub counts: bool,
}

const fn shape(pattern: &'static str, group: Group, units: u64, scopes: &'static [&'static str]) -> Shape {
    Shape {
        pattern,
        group,
        units,
        scopes,
        expands: &[],
        page: (100, 999),
        counts: matches!(group, Group::Governance),
    }
}

const fn expanding(shape: Shape, expands: &'static [&'static str]) -> Shape {
    Shape { expands, ..shape }
}

const AUDIT: &[&str] = &["AuditLog.Read.All"];
const USERS: &[&str] = &["User.Read.All", "Directory.Read.All"];
const GROUPS: &[&str] = &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"];
const APPS: &[&str] = &["Application.Read.All", "Directory.Read.All"];
const ENTITLEMENT: &[&str] = &["EntitlementManagement.Read.All"];
const REVIEWS: &[&str] = &["AccessReview.Read.All"];
const ROLES: &[&str] = &["RoleManagement.Read.Directory", "RoleManagement.Read.All"];
const ACTIVE: &[&str] = &["RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.Directory"];
const ELIGIBLE: &[&str] = &["RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory"];
const POLICIES: &[&str] = &["Policy.Read.All"];
const GROUP_PIM: &[&str] = &[
    "PrivilegedAssignmentSchedule.Read.AzureADGroup",
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
];

const DIRECTORY: Group = Group::Directory;
const GOVERNANCE: Group = Group::Governance;

const fn log(pattern: &'static str) -> Shape {
    Shape {
        page: (1000, 1000),
        ..shape(pattern, Group::Reports, 1, AUDIT)
    }
}

const fn governed(pattern: &'static str, expands: &'static [&'static str]) -> Shape {
    expanding(shape(pattern, GOVERNANCE, 1, ENTITLEMENT), expands)
}

/// Every address; the first that fits counts.
pub const SHAPES: &[Shape] = &[
    log("auditLogs/directoryAudits"),
    log("auditLogs/signIns"),
    log("auditLogs/provisioning"),
    shape("users", DIRECTORY, 2, USERS),
    shape("organization", DIRECTORY, 1, USERS),
    shape("subscribedSkus", DIRECTORY, 1, USERS),
    shape("directory/deletedItems/*", DIRECTORY, 1, USERS),
    shape("groups", DIRECTORY, 2, GROUPS),
    shape("groups/*/members", DIRECTORY, 3, GROUPS),
    shape("groups/*/owners", DIRECTORY, 2, GROUPS),
    shape("groups/*/appRoleAssignments", DIRECTORY, 2, GROUPS),
    shape("applications", DIRECTORY, 2, APPS),
    shape("applications/*/owners", DIRECTORY, 2, APPS),
    shape("servicePrincipals", DIRECTORY, 1, APPS),
    shape("servicePrincipals/microsoft.graph.agentIdentity", DIRECTORY, 1, APPS),
    shape("servicePrincipals/*/microsoft.graph.agentIdentity/sponsors", DIRECTORY, 1, APPS),
    shape("servicePrincipals/*/appRoleAssignedTo", DIRECTORY, 2, APPS),
    shape("servicePrincipals/*/owners", DIRECTORY, 2, APPS),
    shape("identity/conditionalAccess/policies", Group::ConditionalAccess, 1, POLICIES),
    shape("identity/conditionalAccess/namedLocations", Group::ConditionalAccess, 1, POLICIES),
    expanding(
        shape("roleManagement/directory/roleAssignments", DIRECTORY, 1, ROLES),
        &["principal", "roleDefinition", "directoryScope"],
    ),
    shape("roleManagement/directory/roleDefinitions", DIRECTORY, 1, ROLES),
    expanding(
        shape("roleManagement/directory/roleAssignmentScheduleInstances", DIRECTORY, 1, ACTIVE),
        &["principal", "roleDefinition"],
    ),
    expanding(
        shape("roleManagement/directory/roleEligibilityScheduleInstances", DIRECTORY, 1, ELIGIBLE),
        &["principal", "roleDefinition"],
    ),
    governed("roleManagement/entitlementManagement/roleAssignments", &["principal", "roleDefinition"]),
    governed("roleManagement/entitlementManagement/roleDefinitions", &[]),
    shape(
        "identityGovernance/privilegedAccess/group/assignmentScheduleInstances",
        GOVERNANCE,
        1,
        GROUP_PIM,
    ),
    shape(
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        GOVERNANCE,
        1,
        GROUP_PIM,
    ),
    governed("identityGovernance/entitlementManagement/catalogs", &["resources", "accessPackages"]),
    governed(
        "identityGovernance/entitlementManagement/accessPackages",
        &["resourceRoleScopes", "catalog", "assignmentPolicies"],
    ),
    governed("identityGovernance/entitlementManagement/accessPackages/*/incompatibleAccessPackages", &[]),
    governed("identityGovernance/entitlementManagement/accessPackages/*/accessPackagesIncompatibleWith", &[]),
    governed("identityGovernance/entitlementManagement/accessPackages/*/incompatibleGroups", &[]),
    governed("identityGovernance/entitlementManagement/assignmentPolicies", &["accessPackage", "catalog"]),
    governed(
        "identityGovernance/entitlementManagement/assignments",
        &["target", "accessPackage", "assignmentPolicy"],
    ),
    governed(
        "identityGovernance/entitlementManagement/assignmentRequests",
        &["accessPackage", "assignment", "requestor"],
    ),
    governed("identityGovernance/entitlementManagement/accessPackageAssignmentApprovals", &["stages"]),
    governed("identityGovernance/entitlementManagement/connectedOrganizations", &[]),
    shape("identityGovernance/accessReviews/definitions", GOVERNANCE, 1, REVIEWS),
    shape("identityGovernance/accessReviews/definitions/*/instances", GOVERNANCE, 1, REVIEWS),
    shape("identityGovernance/accessReviews/definitions/*/instances/*/decisions", GOVERNANCE, 1, REVIEWS),
    shape("identityGovernance/accessReviews/unified/definitions", GOVERNANCE, 1, REVIEWS),
    shape("identityGovernance/accessReviews/unified/definitions/*/instances", GOVERNANCE, 1, REVIEWS),
    shape(
        "identityGovernance/accessReviews/unified/definitions/*/instances/*/decisions",
        GOVERNANCE,
        1,
        REVIEWS,
    ),
];

/// All permissions that some address needs first.
pub fn permissions() -> Vec<&'static str> {
    let mut all: Vec<_> = SHAPES.iter().flat_map(|s| s.scopes.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The shape of a path below the version, and whether the path names one object of the collection.
pub fn shape_of(path: &str) -> Option<(&'static Shape, bool)> {
    let fits = |pattern: &str, path: &str| {
        let (mut left, mut right) = (pattern.split('/'), path.split('/'));
        loop {
            match (left.next(), right.next()) {
                (None, None) => return true,
                (Some("*"), Some(id)) if !id.is_empty() => {}
                (Some(word), Some(part)) if word.eq_ignore_ascii_case(part) => {}
                _ => return false,
            }
        }
    };
    if let Some(shape) = SHAPES.iter().find(|s| fits(s.pattern, path)) {
        return Some((shape, false));
    }
    let (collection, _) = path.rsplit_once('/')?;
    SHAPES.iter().find(|s| fits(s.pattern, collection)).map(|s| (s, true))
}
