//! Rows of the directory: accounts, groups, applications, and what is held through them.

use crate::lake::column::columns;
use crate::lake::objects::objects;
use crate::model::{Instant, Interned};

columns! {
    /// An app role that an application offers.
    struct AppRole {
        /// App role id.
        id: Option<Interned>,
        /// Name.
        name: Option<Interned>,
        /// Value.
        value: Option<Interned>,
    }
}

objects! {
    /// A user.
    struct UserRow: Users {
        /// Name.
        name: Option<Interned>,
        /// User principal name.
        upn: Option<Interned>,
        /// Mail.
        mail: Option<Interned>,
        /// Member or Guest.
        user_type: Option<Interned>,
        /// Employee, Contractor and so on.
        employee_type: Option<Interned>,
        /// Whether the account can sign in.
        enabled: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// employeeLeaveDateTime.
        leave_at: Option<Instant>,
        /// Department.
        department: Option<Interned>,
        /// Company.
        company: Option<Interned>,
        /// Job title.
        job_title: Option<Interned>,
        /// externalUserState.
        external_state: Option<Interned>,
        /// Synchronised from on premises.
        synced: Option<bool>,
        /// Last interactive attempt, successful or not.
        last_sign_in_at: Option<Instant>,
        /// Last non-interactive attempt.
        last_noninteractive_at: Option<Instant>,
        /// Last success; exists since December 2023.
        last_successful_at: Option<Instant>,
        /// When it was deleted.
        deleted_at: Option<Instant>,
        /// Whether it is the account of an agent; null when nothing says so.
        agent: Option<bool>,
    }

    /// A group.
    struct GroupRow: Groups {
        /// Name.
        name: Option<Interned>,
        /// Description.
        description: Option<Interned>,
        /// groupTypes, such as DynamicMembership.
        group_types: Vec<Interned>,
        /// Security group.
        security: Option<bool>,
        /// Mail enabled.
        mail_enabled: Option<bool>,
        /// Rule of a dynamic group.
        membership_rule: Option<Interned>,
        /// isAssignableToRole.
        role_assignable: Option<bool>,
        /// Synchronised from on premises.
        synced: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// When it was deleted.
        deleted_at: Option<Instant>,
    }

    /// A direct member, owner or sponsor; the id is relation, container and member, joined by slashes.
    struct MembershipRow: Memberships {
        /// member, owner or sponsor.
        relation: Option<Interned>,
        /// group, application, serviceprincipal or user.
        container_kind: Option<Interned>,
        /// The group or application.
        container_id: Option<Interned>,
        /// The member.
        member_id: Option<Interned>,
        /// user, group, serviceprincipal, device.
        member_kind: Option<Interned>,
        /// Member's name.
        member_name: Option<Interned>,
        /// Member's principal name.
        member_upn: Option<Interned>,
    }

    /// A service principal.
    struct ServicePrincipalRow: ServicePrincipals {
        /// Name.
        name: Option<Interned>,
        /// Application id.
        app_id: Option<Interned>,
        /// Application, ManagedIdentity, ServiceIdentity (an agent) and so on.
        kind: Option<Interned>,
        /// Enabled.
        enabled: Option<bool>,
        /// App roles that it offers.
        app_roles: Vec<AppRole>,
    }

    /// An app role granted to a principal.
    struct AppRoleAssignmentRow: AppRoleAssignments {
        /// Holder.
        principal_id: Option<Interned>,
        /// User, Group or ServicePrincipal.
        principal_kind: Option<Interned>,
        /// Holder's name.
        principal_name: Option<Interned>,
        /// Resource service principal.
        resource_id: Option<Interned>,
        /// Resource's name.
        resource_name: Option<Interned>,
        /// App role; all zeros is default access.
        app_role_id: Option<Interned>,
        /// Creation.
        created_at: Option<Instant>,
    }

    /// A directory role assigned.
    struct DirectoryRoleRow: DirectoryRoles {
        /// Holder.
        principal_id: Option<Interned>,
        /// Role definition.
        role_id: Option<Interned>,
        /// directoryScopeId, / for the tenant.
        scope_id: Option<Interned>,
        /// appScopeId.
        app_scope_id: Option<Interned>,
        /// directory or entitlementManagement.
        provider: Option<Interned>,
        /// Holder's name, if expanded.
        principal_name: Option<Interned>,
        /// Holder's kind, if expanded.
        principal_kind: Option<Interned>,
    }

    /// A definition of a directory role.
    struct RoleDefinitionRow: RoleDefinitions {
        /// Name.
        name: Option<Interned>,
        /// Description.
        description: Option<Interned>,
        /// Template.
        template_id: Option<Interned>,
        /// Built in.
        built_in: Option<bool>,
        /// Enabled.
        enabled: Option<bool>,
    }

    /// An active or eligible schedule instance of PIM.
    struct RoleScheduleRow: RoleSchedules {
        /// directory or group.
        family: Option<Interned>,
        /// Eligible, not active.
        eligible: Option<bool>,
        /// Holder.
        principal_id: Option<Interned>,
        /// Role definition, for the directory family.
        role_id: Option<Interned>,
        /// Group, for the group family.
        group_id: Option<Interned>,
        /// member or owner, for the group family.
        access_id: Option<Interned>,
        /// directoryScopeId.
        scope_id: Option<Interned>,
        /// Start; null is permanent.
        start_at: Option<Instant>,
        /// End; null is permanent.
        end_at: Option<Instant>,
        /// Assigned or Activated.
        assignment_type: Option<Interned>,
        /// Direct, Group or Inherited.
        member_type: Option<Interned>,
        /// True for an instance, false for a schedule.
        instance: Option<bool>,
    }
}
