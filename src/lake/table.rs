//! The tables of the lake: names and row types.

use crate::lake::column::Columns;
use crate::model::Interned;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident => $text:literal),+ $(,)?) => {
        /// A table of the lake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Table { $($(#[$doc])* #[serde(rename = $text)] $name),+ }

        impl Table {
            /// All tables, in the order in which they are described.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Folder and SQL name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The table of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

tables! {
    /// Directory audit events.
    AuditEvents => "audit_events",
    /// Sign-ins.
    SignIns => "sign_ins",
    /// Package assignments.
    Assignments => "assignments",
    /// Assignment requests.
    Requests => "requests",
    /// Approvals with their stages.
    Approvals => "approvals",
    /// Assignment policies.
    Policies => "policies",
    /// Access packages.
    Packages => "packages",
    /// Catalogs.
    Catalogs => "catalogs",
    /// What packages contain.
    ResourceRoles => "resource_roles",
    /// Users.
    Users => "users",
    /// Groups.
    Groups => "groups",
    /// Members and owners.
    Memberships => "memberships",
    /// App roles granted.
    AppRoleAssignments => "app_role_assignments",
    /// Directory roles assigned.
    DirectoryRoles => "directory_roles",
    /// Definitions of directory roles.
    RoleDefinitions => "role_definitions",
    /// Active and eligible schedule instances of roles and groups.
    RoleSchedules => "role_schedules",
    /// Service principals.
    ServicePrincipals => "service_principals",
    /// Conditional-access policies.
    ConditionalAccess => "conditional_access",
    /// Named locations.
    NamedLocations => "named_locations",
    /// Access review series.
    ReviewDefinitions => "review_definitions",
    /// Access review instances.
    ReviewInstances => "review_instances",
    /// Decisions of access reviews.
    ReviewDecisions => "review_decisions",
    /// Connected organisations.
    ConnectedOrganizations => "connected_organizations",
    /// Incompatible packages and groups.
    Incompatibilities => "incompatibilities",
    /// Looks at objects.
    Sightings => "sightings",
    /// Looks at collections.
    Snapshots => "snapshots",
    /// Time covered, and gaps.
    Coverage => "coverage",
    /// Records not taken.
    Rejects => "rejects",
    /// Files read.
    Sources => "sources",
    /// Pulls from Graph, a row for each collection.
    Pulls => "pulls",
}

/// A row of one table.
pub trait Row: Columns + Serialize + DeserializeOwned + Send {
    /// Its table.
    const TABLE: Table;
}

/// A row of an object table: distinct contents of objects; when each was there, `sightings` says.
pub trait Object: Row {
    /// Object id, in lower case.
    fn id(&self) -> &Interned;

    /// Hash of the content.
    fn content_hash(&self) -> &Interned;

    /// Tenant.
    fn tenant_id(&self) -> &str;

    /// Fills the columns that every object table has.
    fn stamp(&mut self, stamp: Stamp);
}

/// The columns that every object table has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Tenant.
    pub tenant_id: Interned,
    /// Object id, in lower case.
    pub id: Interned,
    /// Hash of the canonical content.
    pub content_hash: Interned,
    /// The record as JSON, whole: what no column takes is kept here.
    pub content: String,
}
