//! Everything that is asked for: one entry a collection, with its address, options, limit, permission and use.
//!
//! Sources of each entry: Microsoft's reference pages of the collection (v1.0, 2026-01), the page on throttling limits,
//! and for the sign-in streams other than the interactive one the fact that v1.0 knows no `signInEventTypes`.

use crate::graph::Lane;
use crate::graph::client::Ask;
use crate::model::Window;

/// Which edition of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The stable one.
    V1,
    /// The one that knows more.
    Beta,
}

impl Version {
    /// As in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// How a collection is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// By slices of time.
    Log {
        /// The property that says when.
        time: &'static str,
        /// What else is asked for.
        and: &'static str,
        /// What it covers in the lake: `audit`, `sign_ins:interactiveUser` …
        subject: &'static str,
    },
    /// From the first page to the last.
    Listing,
    /// Once for each object of another collection.
    Under(&'static str),
}

/// A collection of Graph.
#[derive(Debug, Clone, Copy)]
pub struct Collection {
    /// What `--only` calls it.
    pub name: &'static str,
    /// Table of the lake that it feeds.
    pub table: &'static str,
    /// Edition.
    pub version: Version,
    /// Path below the edition; each `{}` stands for an id.
    pub path: &'static str,
    /// Options.
    pub query: &'static str,
    /// Options to fall back to when the licence does not reach for these, and what is lost.
    pub fallback: Option<(&'static str, &'static str)>,
    /// Limit.
    pub lane: Lane,
    /// Resource units of the directory: the published cost, one less with `$select`, one more with `$expand`, never below one.
    pub cost: u32,
    /// Whether `ConsistencyLevel: eventual` goes with it.
    pub eventual: bool,
    /// Where the records are; empty when the answer is itself the record.
    pub member: &'static str,
    /// What the records of an expanded member are called in a context of their own.
    pub listed_as: &'static str,
    /// How it is read.
    pub shape: Shape,
    /// Least application permission.
    pub permission: &'static str,
    /// What cannot be told without it.
    pub lost: &'static str,
    /// Checks that need it.
    pub checks: &'static [&'static str],
    /// Which of the objects above it are asked about.
    pub of: Of,
    /// Whether the service gives it to a signed-in person only, and to no application of its own.
    pub delegated: bool,
    /// Whether one unit is only a part of what a look in the lake shows, so that it cannot prove absence.
    pub part: bool,
}

/// Which objects a collection that lies under others is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Every one.
    All,
    /// Groups that may hold directory roles.
    RoleAssignable,
    /// Requests of people, which may have needed approval.
    Asked,
}

const PLAIN: Collection = Collection {
    name: "",
    table: "",
    version: Version::V1,
    path: "",
    query: "",
    fallback: None,
    lane: Lane::Directory,
    cost: 1,
    eventual: false,
    member: "value",
    listed_as: "",
    shape: Shape::Listing,
    permission: "",
    lost: "",
    checks: &[],
    of: Of::All,
    delegated: false,
    part: false,
};

const GOVERNANCE: Collection = Collection {
    lane: Lane::Governance,
    permission: "EntitlementManagement.Read.All",
    ..PLAIN
};

const SIGN_INS: Collection = Collection {
    table: "sign_ins",
    version: Version::Beta,
    path: "auditLogs/signIns",
    query: "$top=1000",
    lane: Lane::Reports,
    permission: "AuditLog.Read.All",
    ..PLAIN
};

const USERS: &str = "$select=id,displayName,userPrincipalName,mail,userType,employeeType,accountEnabled,createdDateTime,employeeLeaveDateTime,department,companyName,jobTitle,externalUserState,onPremisesSyncEnabled,signInActivity&$top=500&$count=true";
const USERS_WITHOUT_ACTIVITY: &str = "$select=id,displayName,userPrincipalName,mail,userType,employeeType,accountEnabled,createdDateTime,employeeLeaveDateTime,department,companyName,jobTitle,externalUserState,onPremisesSyncEnabled&$top=999&$count=true";
const GROUPS: &str = "$select=id,displayName,description,groupTypes,securityEnabled,mailEnabled,membershipRule,isAssignableToRole,onPremisesSyncEnabled,createdDateTime&$top=999&$count=true";
const MEMBERS: &str = "$select=id,displayName,userPrincipalName,mail&$top=999";

/// All collections, parents before what lies under them.
pub static ALL: &[Collection] = &[
    Collection {
        name: "audit",
        table: "audit_events",
        path: "auditLogs/directoryAudits",
        query: "$top=1000",
        lane: Lane::Reports,
        shape: Shape::Log {
            time: "activityDateTime",
            and: "",
            subject: "audit",
        },
        permission: "AuditLog.Read.All",
        lost: "who granted, approved and removed access, and when",
        checks: &["APR-01", "APR-03", "EXP-05", "SEG-05"],
        ..PLAIN
    },
    Collection {
        name: "sign_ins",
        version: Version::V1,
        shape: Shape::Log {
            time: "createdDateTime",
            and: "",
            subject: "sign_ins:interactiveUser",
        },
        lost: "whether access is used, and how it was signed in",
        checks: &["STA-01", "STA-02", "CAP-03"],
        ..SIGN_INS
    },
    Collection {
        name: "sign_ins_noninteractive",
        shape: Shape::Log {
            time: "createdDateTime",
            and: "signInEventTypes/any(t: t eq 'nonInteractiveUser')",
            subject: "sign_ins:nonInteractiveUser",
        },
        lost: "whether access is used by clients on behalf of people",
        checks: &["STA-01", "STA-02"],
        ..SIGN_INS
    },
    Collection {
        name: "sign_ins_service_principal",
        shape: Shape::Log {
            time: "createdDateTime",
            and: "signInEventTypes/any(t: t eq 'servicePrincipal')",
            subject: "sign_ins:servicePrincipal",
        },
        lost: "whether applications use their access",
        ..SIGN_INS
    },
    Collection {
        name: "sign_ins_managed_identity",
        shape: Shape::Log {
            time: "createdDateTime",
            and: "signInEventTypes/any(t: t eq 'managedIdentity')",
            subject: "sign_ins:managedIdentity",
        },
        lost: "whether managed identities use their access",
        ..SIGN_INS
    },
    Collection {
        name: "conditional_access",
        table: "conditional_access",
        path: "identity/conditionalAccess/policies",
        lane: Lane::Conditional,
        permission: "Policy.Read.All",
        lost: "which policies guard which applications",
        checks: &["CAP-03"],
        ..PLAIN
    },
    Collection {
        name: "named_locations",
        table: "named_locations",
        path: "identity/conditionalAccess/namedLocations",
        lane: Lane::Conditional,
        permission: "Policy.Read.All",
        lost: "which places are trusted",
        ..PLAIN
    },
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
        checks: &["EXP-01", "REV-01", "SEG-01"],
        ..GOVERNANCE
    },
    Collection {
        name: "assignments",
        table: "assignments",
        path: "identityGovernance/entitlementManagement/assignments",
        query: "$expand=target,accessPackage,assignmentPolicy",
        lost: "who holds which package",
        checks: &["EXP-01", "EXP-05", "STA-01", "ORP-02", "JUS-01", "EXC-01"],
        ..GOVERNANCE
    },
    Collection {
        name: "requests",
        table: "requests",
        path: "identityGovernance/entitlementManagement/assignmentRequests",
        query: "$expand=accessPackage,assignment,requestor",
        lost: "who asked for access, and why",
        checks: &["JUS-01", "JUS-02", "APR-01", "APR-03"],
        ..GOVERNANCE
    },
    Collection {
        name: "approvals",
        table: "approvals",
        path: "identityGovernance/entitlementManagement/accessPackageAssignmentApprovals/{}",
        query: "$expand=stages",
        member: "",
        shape: Shape::Under("requests"),
        of: Of::Asked,
        delegated: true,
        part: true,
        lost: "who decided at which stage, and with which reason",
        checks: &["APR-01", "APR-03"],
        ..GOVERNANCE
    },
    Collection {
        name: "policies",
        table: "policies",
        path: "identityGovernance/entitlementManagement/assignmentPolicies",
        query: "$expand=accessPackage,catalog",
        lost: "who may ask, who approves, when access ends and how often it is reviewed",
        checks: &["EXP-01", "REV-01", "APR-03"],
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
        checks: &["SEG-01", "EXC-01"],
        ..GOVERNANCE
    },
    Collection {
        name: "incompatible_packages",
        table: "incompatibilities",
        path: "identityGovernance/entitlementManagement/accessPackages/{}/incompatibleAccessPackages",
        shape: Shape::Under("packages"),
        lost: "which packages must not be held together",
        checks: &["SEG-01"],
        ..GOVERNANCE
    },
    Collection {
        name: "incompatible_groups",
        table: "incompatibilities",
        path: "identityGovernance/entitlementManagement/accessPackages/{}/incompatibleGroups",
        shape: Shape::Under("packages"),
        lost: "which groups exclude a package",
        checks: &["SEG-01"],
        ..GOVERNANCE
    },
    Collection {
        name: "review_definitions",
        table: "review_definitions",
        path: "identityGovernance/accessReviews/definitions",
        query: "$top=100",
        lane: Lane::Reviews,
        permission: "AccessReview.Read.All",
        lost: "which reviews there are",
        checks: &["REV-01"],
        ..PLAIN
    },
    Collection {
        name: "review_instances",
        table: "review_instances",
        path: "identityGovernance/accessReviews/definitions/{}/instances",
        query: "$top=100",
        lane: Lane::Reviews,
        shape: Shape::Under("review_definitions"),
        permission: "AccessReview.Read.All",
        lost: "when reviews took place",
        checks: &["REV-01"],
        ..PLAIN
    },
    Collection {
        name: "review_decisions",
        table: "review_decisions",
        path: "identityGovernance/accessReviews/definitions/{}/instances/{}/decisions",
        query: "$top=100",
        lane: Lane::Reviews,
        shape: Shape::Under("review_instances"),
        permission: "AccessReview.Read.All",
        lost: "what reviewers decided, and whether it was applied",
        checks: &["REV-01"],
        ..PLAIN
    },
    Collection {
        name: "users",
        table: "users",
        path: "users",
        query: USERS,
        fallback: Some((USERS_WITHOUT_ACTIVITY, "signInActivity of users (AuditLog.Read.All and a premium licence)")),
        eventual: true,
        permission: "User.Read.All",
        lost: "who people are, whether they are enabled, guests or leaving, and when they last signed in",
        checks: &["ORP-02", "STA-01", "STA-02"],
        ..PLAIN
    },
    Collection {
        name: "deleted_users",
        table: "users",
        path: "directory/deletedItems/microsoft.graph.user",
        query: "$select=id,displayName,userPrincipalName,mail,userType,accountEnabled,deletedDateTime&$top=999",
        permission: "User.Read.All",
        lost: "who was deleted in the last thirty days",
        checks: &["ORP-02"],
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
        checks: &["EXC-01"],
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
        checks: &["STA-02", "CAP-03"],
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
        checks: &["EXC-01", "SEG-05"],
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
        checks: &["EXC-01", "SEG-01"],
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
        lane: Lane::Governance,
        shape: Shape::Under("groups"),
        permission: "PrivilegedAssignmentSchedule.Read.AzureADGroup",
        lost: "who is active for a while in groups that may hold directory roles",
        of: Of::RoleAssignable,
        part: true,
        ..PLAIN
    },
    Collection {
        name: "group_eligibilities",
        table: "role_schedules",
        path: "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        query: "$filter=groupId%20eq%20'{}'",
        lane: Lane::Governance,
        shape: Shape::Under("groups"),
        permission: "PrivilegedEligibilitySchedule.Read.AzureADGroup",
        lost: "who may become a member of groups that may hold directory roles",
        of: Of::RoleAssignable,
        part: true,
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
        checks: &["EXC-01", "STA-02"],
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

/// The collection of a name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Collection> {
    ALL.iter().find(|c| c.name == name)
}

impl Collection {
    /// What it covers: the subject of a log, else its table.
    #[must_use]
    pub fn subject(&self) -> &'static str {
        match self.shape {
            Shape::Log { subject, .. } => subject,
            Shape::Listing | Shape::Under(_) => self.table,
        }
    }

    /// The collection under whose objects it lies.
    #[must_use]
    pub fn parent(&self) -> Option<&'static Self> {
        match self.shape {
            Shape::Under(parent) => by_name(parent),
            Shape::Log { .. } | Shape::Listing => None,
        }
    }

    /// What goes with a request of it.
    #[must_use]
    pub fn ask(&self) -> Ask<'static> {
        Ask {
            lane: self.lane,
            cost: self.cost,
            eventual: self.eventual,
            member: self.member,
            divisible: matches!(self.shape, Shape::Log { .. }),
        }
    }

    /// Path and options, for the objects of these ids and, for a log, a slice of time.
    #[must_use]
    pub fn address(&self, query: &str, ids: &[String], window: Option<Window>) -> String {
        let mut path = format!("{}/{}", self.version.as_str(), self.filled(ids, encode));
        let mut options: Vec<String> = Vec::new();
        if let (Shape::Log { time, and, .. }, Some(window)) = (self.shape, window) {
            // Both ends belong to the slice: `lt` is not among the operators that the reference lists for these properties.
            let mut filter = format!("{time} ge {} and {time} le {}", window.from, window.until);
            if !and.is_empty() {
                filter = format!("{filter} and {and}");
            }
            options.push(format!("$filter={}", encode(&filter)));
        }
        if !query.is_empty() {
            options.push(query.replace("{}", &ids.last().map(|id| encode(id)).unwrap_or_default()));
        }
        if !options.is_empty() {
            path.push('?');
            path.push_str(&options.join("&"));
        }
        path
    }

    /// What `@odata.context` would say after `$metadata#`, whatever the service writes there: we know what we asked for.
    #[must_use]
    pub fn context(&self, ids: &[String]) -> String {
        // One object that was asked for by itself is an item of its collection.
        let ids = if self.member.is_empty() { &ids[..ids.len().saturating_sub(1)] } else { ids };
        let path = self.filled(ids, |id| format!("('{}')", id.replace('\'', "''"))).replace("/('", "('");
        let path = path.trim_end_matches('/').to_string();
        match self.listed_as {
            "" => path,
            name => format!("{path}/{name}"),
        }
    }

    fn filled(&self, ids: &[String], write: impl Fn(&str) -> String) -> String {
        let mut ids = ids.iter();
        let mut out = String::new();
        for (i, part) in self.path.split("{}").enumerate() {
            if i > 0 {
                out.push_str(&ids.next().map(|id| write(id)).unwrap_or_default());
            }
            out.push_str(part);
        }
        out
    }
}

/// Percent-encodes what may not stand in a query or as part of a path.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'(' | b')' | b'$' | b',' | b':' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Instant;

    #[test]
    fn every_parent_comes_before_its_children_and_takes_as_many_ids() {
        for (i, c) in ALL.iter().enumerate() {
            let ids = c.path.matches("{}").count() + c.query.matches("{}").count();
            match c.parent() {
                Some(parent) => {
                    assert!(ALL[..i].iter().any(|p| p.name == parent.name), "{}", c.name);
                    assert_eq!(ids, parent.path.matches("{}").count() + 1, "{}", c.name);
                }
                None => assert_eq!(ids, 0, "{}", c.name),
            }
            assert!(!c.permission.is_empty() && !c.lost.is_empty() && !c.table.is_empty(), "{}", c.name);
            assert!(ALL[..i].iter().all(|other| other.name != c.name), "{}", c.name);
        }
    }

    #[test]
    fn addresses_and_contexts() {
        let at = |text: &str| Instant::parse(text).expect("a time");
        let window = Window {
            from: at("2026-03-01"),
            until: at("2026-03-02"),
        };
        let audit = by_name("audit").expect("known");
        assert_eq!(
            audit.address(audit.query, &[], Some(window)),
            "v1.0/auditLogs/directoryAudits?$filter=activityDateTime%20ge%202026-03-01T00:00:00Z%20and%20activityDateTime%20le%202026-03-02T00:00:00Z&$top=1000"
        );
        let decisions = by_name("review_decisions").expect("known");
        let ids = ["d 1".to_string(), "i1".to_string()];
        assert_eq!(
            decisions.address(decisions.query, &ids, None),
            "v1.0/identityGovernance/accessReviews/definitions/d%201/instances/i1/decisions?$top=100"
        );
        assert_eq!(
            decisions.context(&ids),
            "identityGovernance/accessReviews/definitions('d 1')/instances('i1')/decisions"
        );
        let approvals = by_name("approvals").expect("known");
        let ids = ["r1".to_string()];
        assert_eq!(
            approvals.address(approvals.query, &ids, None),
            "v1.0/identityGovernance/entitlementManagement/accessPackageAssignmentApprovals/r1?$expand=stages"
        );
        assert_eq!(
            approvals.context(&ids),
            "identityGovernance/entitlementManagement/accessPackageAssignmentApprovals"
        );
        let roles = by_name("resource_roles").expect("known");
        assert_eq!(
            roles.context(&["p".to_string()]),
            "identityGovernance/entitlementManagement/accessPackages('p')/resourceRoleScopes"
        );
    }
}
