//! The directory: accounts, groups, applications, roles, and what is held through them.

use crate::graph::RateLimitGroup;
use crate::graph::collections::{Collection, PLAIN, ParentFilter, Shape};

const USERS: &str = "$select=id,displayName,userPrincipalName,mail,userType,employeeId,employeeType,accountEnabled,createdDateTime,employeeLeaveDateTime,department,companyName,jobTitle,externalUserState,onPremisesSyncEnabled,signInActivity&$top=500&$count=true";
const USERS_WITHOUT_ACTIVITY: &str = "$select=id,displayName,userPrincipalName,mail,userType,employeeId,employeeType,accountEnabled,createdDateTime,employeeLeaveDateTime,department,companyName,jobTitle,externalUserState,onPremisesSyncEnabled&$top=999&$count=true";
const GROUPS: &str = "$select=id,displayName,description,groupTypes,securityEnabled,mailEnabled,membershipRule,isAssignableToRole,onPremisesSyncEnabled,createdDateTime&$top=999&$count=true";
const MEMBERS: &str = "$select=id,displayName,userPrincipalName,mail&$top=999";

pub(super) static DIRECTORY: &[Collection] = &[
    Collection {
        name: "users",
        table: "users",
        path: "users",
        query: USERS,
        fallback: Some((USERS_WITHOUT_ACTIVITY, "signInActivity of users (AuditLog.Read.All and a premium licence)")),
        eventual: true,
        permission: "User.Read.All",
        lost: "who people are, whether they are enabled, guests or leaving, and when they last signed in",
        ..PLAIN
    },
    Collection {
        name: "deleted_users",
        table: "users",
        path: "directory/deletedItems/microsoft.graph.user",
        query: "$select=id,displayName,userPrincipalName,mail,userType,accountEnabled,deletedDateTime&$top=999",
        permission: "User.Read.All",
        lost: "who was deleted in the last thirty days",
        ..PLAIN
    },
    Collection {
        name: "groups",
        table: "groups",
        path: "groups",
        query: GROUPS,
        eventual: true,
        permission: "GroupMember.Read.All",
        lost: "which groups there are",
        ..PLAIN
    },
    Collection {
        name: "deleted_groups",
        table: "groups",
        path: "directory/deletedItems/microsoft.graph.group",
        query: "$select=id,displayName,groupTypes,securityEnabled,mailEnabled,deletedDateTime&$top=999",
        permission: "GroupMember.Read.All",
        lost: "which groups were deleted in the last thirty days",
        ..PLAIN
    },
    Collection {
        name: "service_principals",
        table: "service_principals",
        path: "servicePrincipals",
        query: "$select=id,appId,displayName,servicePrincipalType,accountEnabled,appRoles&$top=999&$count=true",
        eventual: true,
        permission: "Application.Read.All",
        lost: "which applications there are",
        ..PLAIN
    },
    Collection {
        name: "directory_roles",
        table: "directory_roles",
        path: "roleManagement/directory/roleAssignments",
        query: "$expand=principal",
        cost: 2,
        permission: "RoleManagement.Read.Directory",
        lost: "who holds directory roles",
        ..PLAIN
    },
    Collection {
        name: "role_definitions",
        table: "role_definitions",
        path: "roleManagement/directory/roleDefinitions",
        permission: "RoleManagement.Read.Directory",
        lost: "what directory roles are called",
        ..PLAIN
    },
    Collection {
        name: "role_schedules",
        table: "role_schedules",
        path: "roleManagement/directory/roleAssignmentScheduleInstances",
        query: "$expand=principal,roleDefinition",
        cost: 2,
        permission: "RoleAssignmentSchedule.Read.Directory",
        lost: "which directory roles are active for a while",
        ..PLAIN
    },
    Collection {
        name: "role_eligibilities",
        table: "role_schedules",
        path: "roleManagement/directory/roleEligibilityScheduleInstances",
        query: "$expand=principal,roleDefinition",
        cost: 2,
        permission: "RoleEligibilitySchedule.Read.Directory",
        lost: "who may activate directory roles",
        ..PLAIN
    },
    Collection {
        name: "members",
        table: "memberships",
        path: "groups/{}/members",
        query: MEMBERS,
        cost: 2,
        shape: Shape::Under("groups"),
        permission: "GroupMember.Read.All",
        lost: "who is in which group",
        ..PLAIN
    },
    Collection {
        name: "group_owners",
        table: "memberships",
        path: "groups/{}/owners",
        query: MEMBERS,
        shape: Shape::Under("groups"),
        permission: "GroupMember.Read.All",
        lost: "who owns groups",
        ..PLAIN
    },
    Collection {
        name: "group_schedules",
        table: "role_schedules",
        path: "identityGovernance/privilegedAccess/group/assignmentScheduleInstances",
        query: "$filter=groupId%20eq%20'{}'",
        limit_group: RateLimitGroup::Governance,
        shape: Shape::Under("groups"),
        permission: "PrivilegedAssignmentSchedule.Read.AzureADGroup",
        lost: "who is active for a while in groups",
        of: ParentFilter::Manageable,
        part: true,
        ..PLAIN
    },
    Collection {
        name: "group_eligibilities",
        table: "role_schedules",
        path: "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        query: "$filter=groupId%20eq%20'{}'",
        limit_group: RateLimitGroup::Governance,
        shape: Shape::Under("groups"),
        permission: "PrivilegedEligibilitySchedule.Read.AzureADGroup",
        lost: "who may become a member or an owner of groups",
        of: ParentFilter::Manageable,
        part: true,
        ..PLAIN
    },
    Collection {
        name: "agents",
        table: "service_principals",
        path: "servicePrincipals/microsoft.graph.agentIdentity",
        query: "$top=999",
        permission: "Application.Read.All",
        lost: "which identities are those of agents",
        since: "April 2026",
        part: true,
        ..PLAIN
    },
    Collection {
        name: "agent_sponsors",
        table: "memberships",
        path: "servicePrincipals/{}/microsoft.graph.agentIdentity/sponsors",
        query: "$select=id,displayName,userPrincipalName,mail&$top=999",
        shape: Shape::Under("agents"),
        permission: "Application.Read.All",
        lost: "who answers for agents",
        ..PLAIN
    },
    Collection {
        name: "app_role_assignments",
        table: "app_role_assignments",
        path: "servicePrincipals/{}/appRoleAssignedTo",
        query: "$top=999",
        cost: 2,
        shape: Shape::Under("service_principals"),
        permission: "Application.Read.All",
        lost: "who holds roles of applications",
        ..PLAIN
    },
    Collection {
        name: "app_owners",
        table: "memberships",
        path: "servicePrincipals/{}/owners",
        query: MEMBERS,
        shape: Shape::Under("service_principals"),
        permission: "Application.Read.All",
        lost: "who owns applications",
        ..PLAIN
    },
];
