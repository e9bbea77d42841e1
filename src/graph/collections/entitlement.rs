//! Entitlement management: catalogs, packages, who asked, who holds.

use crate::graph::RateLimitGroup;
use crate::graph::collections::{Collection, PLAIN, ParentFilter, Shape};

const GOVERNANCE: Collection = Collection {
    limit_group: RateLimitGroup::Governance,
    permission: "EntitlementManagement.Read.All",
    ..PLAIN
};

pub(super) static ENTITLEMENT: &[Collection] = &[
    Collection {
        name: "catalogs",
        table: "catalogs",
        path: "identityGovernance/entitlementManagement/catalogs",
        lost: "in which catalogs packages lie",
        ..GOVERNANCE
    },
    Collection {
        name: "packages",
        table: "packages",
        path: "identityGovernance/entitlementManagement/accessPackages",
        query: "$expand=catalog",
        lost: "which packages there are",
        ..GOVERNANCE
    },
    Collection {
        name: "assignments",
        table: "assignments",
        path: "identityGovernance/entitlementManagement/assignments",
        query: "$expand=target,accessPackage,assignmentPolicy",
        lost: "who holds which package",
        ..GOVERNANCE
    },
    Collection {
        name: "requests",
        table: "requests",
        path: "identityGovernance/entitlementManagement/assignmentRequests",
        query: "$expand=accessPackage,assignment,requestor",
        lost: "who asked for access, and why",
        ..GOVERNANCE
    },
    Collection {
        name: "approvals",
        table: "approvals",
        path: "identityGovernance/entitlementManagement/accessPackageAssignmentApprovals/{}",
        query: "$expand=stages",
        member: "",
        shape: Shape::Under("requests"),
        of: ParentFilter::Asked,
        delegated: true,
        part: true,
        lost: "who decided at which stage, and with which reason",
        ..GOVERNANCE
    },
    Collection {
        name: "policies",
        table: "policies",
        path: "identityGovernance/entitlementManagement/assignmentPolicies",
        query: "$expand=accessPackage,catalog",
        lost: "who may ask, who approves, when access ends and how often it is reviewed",
        ..GOVERNANCE
    },
    Collection {
        name: "connected_organizations",
        table: "connected_organizations",
        path: "identityGovernance/entitlementManagement/connectedOrganizations",
        lost: "which organisations may ask",
        ..GOVERNANCE
    },
    Collection {
        name: "entitlement_roles",
        table: "directory_roles",
        path: "roleManagement/entitlementManagement/roleAssignments",
        query: "$expand=principal",
        lost: "who may administer catalogs and packages",
        ..GOVERNANCE
    },
    Collection {
        name: "resource_roles",
        table: "resource_roles",
        path: "identityGovernance/entitlementManagement/accessPackages/{}",
        query: "$expand=resourceRoleScopes($expand=role,scope)",
        member: "resourceRoleScopes",
        listed_as: "resourceRoleScopes",
        shape: Shape::Under("packages"),
        lost: "what packages contain",
        only_delegated: "SharePoint sites in packages",
        ..GOVERNANCE
    },
    Collection {
        name: "incompatible_packages",
        table: "incompatibilities",
        path: "identityGovernance/entitlementManagement/accessPackages/{}/incompatibleAccessPackages",
        shape: Shape::Under("packages"),
        lost: "which packages must not be held together",
        ..GOVERNANCE
    },
    Collection {
        name: "incompatible_groups",
        table: "incompatibilities",
        path: "identityGovernance/entitlementManagement/accessPackages/{}/incompatibleGroups",
        shape: Shape::Under("packages"),
        lost: "which groups exclude a package",
        ..GOVERNANCE
    },
];
