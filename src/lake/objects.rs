//! Rows of the object tables: what Graph collections hold, interpreted where checks need it, whole in `content`.

use crate::lake::column::columns;
use crate::lake::table::{Object, Row, Stamp, Table};
use crate::model::{Instant, Interned};

columns! {
    /// A stage of an approval.
    struct ApprovalStage {
        /// Stage id.
        id: Option<Interned>,
        /// Stage name.
        name: Option<Interned>,
        /// Approve, Deny, NotReviewed.
        result: Option<Interned>,
        /// InProgress, Completed, Expired and so on.
        status: Option<Interned>,
        /// Approver's reason.
        justification: Option<Interned>,
        /// When.
        reviewed_at: Option<Instant>,
        /// Approver's object id.
        reviewer_id: Option<Interned>,
        /// Approver's name.
        reviewer_name: Option<Interned>,
        /// Approver's principal name.
        reviewer_upn: Option<Interned>,
    }

    /// An approval stage of a policy.
    struct PolicyStage {
        /// How long approvers have, ISO 8601 (beta: days, as `P14D`).
        duration: Option<Interned>,
        /// Whether approvers must give a reason.
        approver_justification: Option<bool>,
        /// Primary approvers, `kind:id`.
        approvers: Vec<Interned>,
        /// Fallback approvers, `kind:id`.
        fallbacks: Vec<Interned>,
    }

    /// An app role that an application offers.
    struct AppRole {
        /// App role id.
        id: Option<Interned>,
        /// Name.
        name: Option<Interned>,
        /// Value.
        value: Option<Interned>,
    }

    /// A package assignment.
    struct AssignmentRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// State: delivered, expired and so on.
        state: Option<Interned>,
        /// Status, a free string.
        status: Option<Interned>,
        /// Holder's directory object id.
        target_id: Option<Interned>,
        /// Holder's id in entitlement management.
        target_subject_id: Option<Interned>,
        /// Holder's name.
        target_name: Option<Interned>,
        /// Holder's principal name or mail.
        target_upn: Option<Interned>,
        /// Kind of subject: user, serviceprincipal and so on.
        target_type: Option<Interned>,
        /// Package.
        package_id: Option<Interned>,
        /// Package's name.
        package_name: Option<Interned>,
        /// Policy.
        policy_id: Option<Interned>,
        /// Policy's name.
        policy_name: Option<Interned>,
        /// Scheduled start.
        start_at: Option<Instant>,
        /// Scheduled end.
        end_at: Option<Instant>,
        /// noExpiration, afterDateTime, afterDuration, notSpecified.
        expiration_type: Option<Interned>,
        /// ISO 8601 duration.
        expiration_duration: Option<Interned>,
        /// When it ended.
        expired_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A request for an assignment.
    struct RequestRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// userAdd, adminAdd, userUpdate, userRemove and so on, as recorded.
        request_type: Option<Interned>,
        /// State.
        state: Option<Interned>,
        /// Status, a free string.
        status: Option<Interned>,
        /// When it was made.
        created_at: Option<Instant>,
        /// When it was over.
        completed_at: Option<Instant>,
        /// The reason that was given.
        justification: Option<Interned>,
        /// Requestor's directory object id (the assignee of a direct assignment).
        requestor_id: Option<Interned>,
        /// Requestor's name.
        requestor_name: Option<Interned>,
        /// Requestor's principal name.
        requestor_upn: Option<Interned>,
        /// Package.
        package_id: Option<Interned>,
        /// Package's name.
        package_name: Option<Interned>,
        /// Assignment.
        assignment_id: Option<Interned>,
        /// Holder's object id, by the expanded assignment.
        target_id: Option<Interned>,
        /// Policy, by the expanded assignment.
        policy_id: Option<Interned>,
        /// Scheduled start.
        start_at: Option<Instant>,
        /// Scheduled end.
        end_at: Option<Instant>,
        /// As for assignments.
        expiration_type: Option<Interned>,
        /// ISO 8601 duration.
        expiration_duration: Option<Interned>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// An approval; its id is the id of the request.
    struct ApprovalRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Stages, in order.
        stages: Vec<ApprovalStage>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// An assignment policy.
    struct PolicyRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// Description.
        description: Option<Interned>,
        /// Package.
        package_id: Option<Interned>,
        /// Package's name.
        package_name: Option<Interned>,
        /// Catalog.
        catalog_id: Option<Interned>,
        /// allowedTargetScope: allMemberUsers, notSpecified and so on.
        target_scope: Option<Interned>,
        /// Whether a rule assigns (requestAccessForAllowedTargets).
        automatic: Option<bool>,
        /// As for assignments.
        expiration_type: Option<Interned>,
        /// ISO 8601 duration.
        expiration_duration: Option<Interned>,
        /// Fixed end.
        expiration_at: Option<Instant>,
        /// Approval for new requests.
        approval_required_add: Option<bool>,
        /// Approval for extensions.
        approval_required_update: Option<bool>,
        /// Whether the requestor must give a reason (beta).
        requestor_justification: Option<bool>,
        /// Approval stages.
        stages: Vec<PolicyStage>,
        /// True when the record had review settings, false when it had null in their place, null when it had no such member.
        review_settings: Option<bool>,
        /// Whether reviews are on.
        review_enabled: Option<bool>,
        /// Period of reviews, ISO 8601 (P3M).
        review_recurrence: Option<Interned>,
        /// Whether the holders review themselves.
        review_self: Option<bool>,
        /// Primary reviewers, kind:id.
        review_reviewers: Vec<Interned>,
        /// Whether requestors may ask for a period.
        custom_schedule: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// An access package.
    struct PackageRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// Description.
        description: Option<Interned>,
        /// Catalog.
        catalog_id: Option<Interned>,
        /// Hidden from requestors.
        hidden: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A catalog.
    struct CatalogRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// Description.
        description: Option<Interned>,
        /// catalogType.
        kind: Option<Interned>,
        /// State.
        state: Option<Interned>,
        /// Visible to other tenants.
        externally_visible: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A role of a resource in a package; the id is package id, slash, role scope id.
    struct ResourceRoleRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Package.
        package_id: Option<Interned>,
        /// Role id in the catalog.
        role_id: Option<Interned>,
        /// Member, Owner, or the app role's name.
        role_name: Option<Interned>,
        /// Member_GROUP, Owner_GROUP, or the app role's id.
        role_origin_id: Option<Interned>,
        /// AadGroup, AadApplication, SharePointOnline, DirectoryRole.
        origin_system: Option<Interned>,
        /// Group, service principal, site or role: the scope's origin id.
        resource_id: Option<Interned>,
        /// Name of the resource.
        resource_name: Option<Interned>,
        /// When the role entered the package.
        created_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A user.
    struct UserRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
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
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A group.
    struct GroupRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
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
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A direct member or owner; the id is relation, container and member, joined by slashes.
    struct MembershipRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// member or owner.
        relation: Option<Interned>,
        /// group, application or serviceprincipal.
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
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// An app role granted to a principal.
    struct AppRoleAssignmentRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
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
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A directory role assigned.
    struct DirectoryRoleRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
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
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A definition of a directory role.
    struct RoleDefinitionRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
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
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// An active or eligible schedule instance of PIM.
    struct RoleScheduleRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
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
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A service principal.
    struct ServicePrincipalRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// Application id.
        app_id: Option<Interned>,
        /// Application, ManagedIdentity and so on.
        kind: Option<Interned>,
        /// Enabled.
        enabled: Option<bool>,
        /// App roles that it offers.
        app_roles: Vec<AppRole>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A conditional-access policy.
    struct ConditionalAccessRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// enabled, disabled, enabledForReportingButNotEnforced.
        state: Option<Interned>,
        /// Users, All, GuestsOrExternalUsers.
        include_users: Vec<Interned>,
        /// Excluded users.
        exclude_users: Vec<Interned>,
        /// Groups.
        include_groups: Vec<Interned>,
        /// Excluded groups.
        exclude_groups: Vec<Interned>,
        /// Roles.
        include_roles: Vec<Interned>,
        /// Excluded roles.
        exclude_roles: Vec<Interned>,
        /// Applications.
        include_apps: Vec<Interned>,
        /// Excluded applications.
        exclude_apps: Vec<Interned>,
        /// Locations.
        include_locations: Vec<Interned>,
        /// Excluded locations.
        exclude_locations: Vec<Interned>,
        /// AND or OR.
        grant_operator: Option<Interned>,
        /// mfa, compliantDevice, block and so on.
        grant_controls: Vec<Interned>,
        /// Authentication strength policy.
        authentication_strength: Option<Interned>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A named location.
    struct NamedLocationRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// ip or country.
        kind: Option<Interned>,
        /// Trusted.
        trusted: Option<bool>,
        /// CIDR ranges or countries.
        ranges: Vec<Interned>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// An access review series.
    struct ReviewDefinitionRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// Status.
        status: Option<Interned>,
        /// Query of the reviewed scope.
        scope_query: Option<Interned>,
        /// Period, ISO 8601.
        recurrence: Option<Interned>,
        /// reminderNotificationsEnabled.
        reminders: Option<bool>,
        /// autoApplyDecisionsEnabled.
        auto_apply: Option<bool>,
        /// defaultDecision.
        default_decision: Option<Interned>,
        /// Queries of the reviewers.
        reviewers: Vec<Interned>,
        /// Creation.
        created_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// An access review instance.
    struct ReviewInstanceRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Series.
        definition_id: Option<Interned>,
        /// Status.
        status: Option<Interned>,
        /// Start.
        start_at: Option<Instant>,
        /// End.
        end_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A decision of an access review.
    struct ReviewDecisionRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Series.
        definition_id: Option<Interned>,
        /// Instance.
        instance_id: Option<Interned>,
        /// Approve, Deny, NotReviewed, DontKnow.
        decision: Option<Interned>,
        /// Recommendation.
        recommendation: Option<Interned>,
        /// Reviewer's reason.
        justification: Option<Interned>,
        /// Who was reviewed.
        principal_id: Option<Interned>,
        /// Name.
        principal_name: Option<Interned>,
        /// Package, group or application under review.
        resource_id: Option<Interned>,
        /// accessPackageAssignmentPolicy, group and so on.
        resource_kind: Option<Interned>,
        /// Name.
        resource_name: Option<Interned>,
        /// When.
        reviewed_at: Option<Instant>,
        /// Reviewer; null when undecided.
        reviewer_id: Option<Interned>,
        /// Name.
        reviewer_name: Option<Interned>,
        /// When it was applied.
        applied_at: Option<Instant>,
        /// Who applied it.
        applier_id: Option<Interned>,
        /// AppliedSuccessfully, ApplyNotSupported, New and so on.
        apply_result: Option<Interned>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A connected organisation.
    struct ConnectedOrganizationRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Name.
        name: Option<Interned>,
        /// Description.
        description: Option<Interned>,
        /// configured or proposed.
        state: Option<Interned>,
        /// Tenants of its identity sources.
        tenant_ids: Vec<Interned>,
        /// Domains of its identity sources.
        domains: Vec<Interned>,
        /// Creation.
        created_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }

    /// A package or group incompatible with a package; the id is all three, joined by slashes.
    struct IncompatibilityRow {
        /// Tenant.
        tenant_id: Interned,
        /// Object id, in lower case.
        id: Interned,
        /// Package.
        package_id: Option<Interned>,
        /// package or group.
        other_kind: Option<Interned>,
        /// The other.
        other_id: Option<Interned>,
        /// The other's name.
        other_name: Option<Interned>,
        /// Hash of the canonical content.
        content_hash: Interned,
        /// The record as JSON, whole.
        content: String,
    }
}

macro_rules! objects {
    ($($ty:ident => $table:ident),+ $(,)?) => {$(
        impl Row for $ty {
            const TABLE: Table = Table::$table;
        }

        impl Object for $ty {
            fn id(&self) -> &Interned {
                &self.id
            }

            fn content_hash(&self) -> &Interned {
                &self.content_hash
            }

            fn tenant_id(&self) -> &str {
                &self.tenant_id
            }

            fn stamp(&mut self, stamp: Stamp) {
                self.tenant_id = stamp.tenant_id.into();
                self.id = stamp.id.into();
                self.content_hash = stamp.content_hash.into();
                self.content = stamp.content;
            }
        }
    )+};
}

objects! {
    AssignmentRow => Assignments,
    RequestRow => Requests,
    ApprovalRow => Approvals,
    PolicyRow => Policies,
    PackageRow => Packages,
    CatalogRow => Catalogs,
    ResourceRoleRow => ResourceRoles,
    UserRow => Users,
    GroupRow => Groups,
    MembershipRow => Memberships,
    AppRoleAssignmentRow => AppRoleAssignments,
    DirectoryRoleRow => DirectoryRoles,
    RoleDefinitionRow => RoleDefinitions,
    RoleScheduleRow => RoleSchedules,
    ServicePrincipalRow => ServicePrincipals,
    ConditionalAccessRow => ConditionalAccess,
    NamedLocationRow => NamedLocations,
    ReviewDefinitionRow => ReviewDefinitions,
    ReviewInstanceRow => ReviewInstances,
    ReviewDecisionRow => ReviewDecisions,
    ConnectedOrganizationRow => ConnectedOrganizations,
    IncompatibilityRow => Incompatibilities,
}
