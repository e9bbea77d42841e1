//! What a record is: by its page's context, else by its type, else by its members; never a guess.

mod members;
mod words;

pub(super) use members::by_members;
pub(super) use words::{resource_kind, unknown as unknown_words};

use crate::ingest::context::{Context, bare_type};
use crate::lake::table::Table;

/// What is said of a record whose members fit no kind.
pub(super) const NO_KIND: &str = "no known kind";

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

impl ObjectKind {
    /// The table of its rows.
    pub fn table(self) -> Table {
        match self {
            Self::Assignment => Table::Assignments,
            Self::Request => Table::Requests,
            Self::Approval => Table::Approvals,
            Self::Policy => Table::Policies,
            Self::Package => Table::Packages,
            Self::Catalog => Table::Catalogs,
            Self::ResourceRole => Table::ResourceRoles,
            Self::User => Table::Users,
            Self::Group => Table::Groups,
            Self::AppRoleAssignment => Table::AppRoleAssignments,
            Self::RoleAssignment(_) => Table::DirectoryRoles,
            Self::RoleDefinition(_) => Table::RoleDefinitions,
            Self::RoleSchedule { .. } => Table::RoleSchedules,
            Self::ServicePrincipal => Table::ServicePrincipals,
            Self::ConditionalAccess => Table::ConditionalAccess,
            Self::NamedLocation => Table::NamedLocations,
            Self::ReviewDefinition => Table::ReviewDefinitions,
            Self::ReviewInstance => Table::ReviewInstances,
            Self::ReviewDecision => Table::ReviewDecisions,
            Self::ConnectedOrganization => Table::ConnectedOrganizations,
            Self::IncompatiblePackage | Self::IncompatibleGroup => Table::Incompatibilities,
        }
    }
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
    /// Who answers for a guest or an agent.
    Sponsor,
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
        "user"
        | "group"
        | "serviceprincipal"
        | "device"
        | "orgcontact"
        | "directoryrole"
        | "application"
        | "administrativeunit"
        | "agentidentity"
        | "agentidentityblueprintprincipal"
        | "agentuser" => Some(Kind::Related(Relation::Unknown)),
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
        "provisioning" | "provisioningobjectsummary" => other("an entry of the provisioning log; export the directory audit log instead"),
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
        "user" | "agentuser" => object(O::User),
        "group" => object(O::Group),
        "serviceprincipal" | "agentidentity" | "agentidentityblueprintprincipal" => object(O::ServicePrincipal),
        "agentidentityblueprint" => other("a blueprint of agents; what holds access is the agent identity"),
        "agentregistration" | "agentinstance" => other("an entry of the agent registry; what holds access is the agent identity"),
        "availableaccesspackage" => other("a package that the caller may ask for; export identityGovernance/entitlementManagement/accessPackages"),
        "approverdelegate" => other("whom an approver delegates to; it has no history, and no table takes it"),
        "controlconfiguration" => other("settings of entitlement management for the whole tenant"),
        "application" => other("an application registration; what holds roles is its service principal"),
        "member" => match context.parent().map(|p| p.name.as_str()) {
            None | Some("groups" | "directoryroles" | "administrativeunits") => Kind::Related(Relation::Member),
            // Members of a team or chat have ids of their own, which are those of no user.
            Some(other) => Kind::Other(format!("a member of {other}; export groups/ID/members")),
        },
        "owner" => Kind::Related(Relation::Owner),
        "memberof" => Kind::Related(Relation::MemberOf),
        "sponsor" => Kind::Related(Relation::Sponsor),
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
        rest if rest.starts_with("risk") => Kind::Other(format!(
            "a record of {rest}, which is of risk and not of access; export the sign-in logs instead"
        )),
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
