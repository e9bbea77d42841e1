//! Rows of the object tables: what Graph collections hold, interpreted where checks need it, whole in `content`.

use crate::lake::column::columns;
use crate::lake::table::{Object, Row, Stamp, Table};
use crate::model::Instant;

columns! {
    /// A stage of an approval.
    struct ApprovalStage {
        /// Stage id.
        id: Option<String>,
        /// Stage name.
        name: Option<String>,
        /// Approve, Deny, NotReviewed.
        result: Option<String>,
        /// InProgress, Completed, Expired and so on.
        status: Option<String>,
        /// Approver's reason.
        justification: Option<String>,
        /// When.
        reviewed_at: Option<Instant>,
        /// Approver's object id.
        reviewer_id: Option<String>,
        /// Approver's name.
        reviewer_name: Option<String>,
        /// Approver's principal name.
        reviewer_upn: Option<String>,
    }

    /// An approval stage of a policy.
    struct PolicyStage {
        /// How long approvers have, ISO 8601 (beta: days, as `P14D`).
        duration: Option<String>,
        /// Whether approvers must give a reason.
        approver_justification: Option<bool>,
        /// Primary approvers, `kind:id`.
        approvers: Vec<String>,
        /// Fallback approvers, `kind:id`.
        fallbacks: Vec<String>,
    }

    /// An app role that an application offers.
    struct AppRole {
        /// App role id.
        id: Option<String>,
        /// Name.
        name: Option<String>,
        /// Value.
        value: Option<String>,
    }

    /// A package assignment.
    struct AssignmentRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// State: delivered, expired and so on.
        state: Option<String>,
        /// Status, a free string.
        status: Option<String>,
        /// Holder's directory object id.
        target_id: Option<String>,
        /// Holder's id in entitlement management.
        target_subject_id: Option<String>,
        /// Holder's name.
        target_name: Option<String>,
        /// Holder's principal name or mail.
        target_upn: Option<String>,
        /// Kind of subject: user, serviceprincipal and so on.
        target_type: Option<String>,
        /// Package.
        package_id: Option<String>,
        /// Package's name.
        package_name: Option<String>,
        /// Policy.
        policy_id: Option<String>,
        /// Policy's name.
        policy_name: Option<String>,
        /// Scheduled start.
        start_at: Option<Instant>,
        /// Scheduled end.
        end_at: Option<Instant>,
        /// noExpiration, afterDateTime, afterDuration, notSpecified.
        expiration_type: Option<String>,
        /// ISO 8601 duration.
        expiration_duration: Option<String>,
        /// When it ended.
        expired_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A request for an assignment.
    struct RequestRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// userAdd, adminAdd, userUpdate, userRemove and so on, as recorded.
        request_type: Option<String>,
        /// State.
        state: Option<String>,
        /// Status, a free string.
        status: Option<String>,
        /// When it was made.
        created_at: Option<Instant>,
        /// When it was over.
        completed_at: Option<Instant>,
        /// The reason that was given.
        justification: Option<String>,
        /// Requestor's directory object id (the assignee of a direct assignment).
        requestor_id: Option<String>,
        /// Requestor's name.
        requestor_name: Option<String>,
        /// Requestor's principal name.
        requestor_upn: Option<String>,
        /// Package.
        package_id: Option<String>,
        /// Package's name.
        package_name: Option<String>,
        /// Assignment.
        assignment_id: Option<String>,
        /// Holder's object id, by the expanded assignment.
        target_id: Option<String>,
        /// Policy, by the expanded assignment.
        policy_id: Option<String>,
        /// Scheduled start.
        start_at: Option<Instant>,
        /// Scheduled end.
        end_at: Option<Instant>,
        /// As for assignments.
        expiration_type: Option<String>,
        /// ISO 8601 duration.
        expiration_duration: Option<String>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// An approval; its id is the id of the request.
    struct ApprovalRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Stages, in order.
        stages: Vec<ApprovalStage>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// An assignment policy.
    struct PolicyRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// Package.
        package_id: Option<String>,
        /// Package's name.
        package_name: Option<String>,
        /// Catalog.
        catalog_id: Option<String>,
        /// allowedTargetScope: allMemberUsers, notSpecified and so on.
        target_scope: Option<String>,
        /// Whether a rule assigns (requestAccessForAllowedTargets).
        automatic: Option<bool>,
        /// As for assignments.
        expiration_type: Option<String>,
        /// ISO 8601 duration.
        expiration_duration: Option<String>,
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
        review_recurrence: Option<String>,
        /// Whether the holders review themselves.
        review_self: Option<bool>,
        /// Primary reviewers, kind:id.
        review_reviewers: Vec<String>,
        /// Whether requestors may ask for a period.
        custom_schedule: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// An access package.
    struct PackageRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// Catalog.
        catalog_id: Option<String>,
        /// Hidden from requestors.
        hidden: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A catalog.
    struct CatalogRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// catalogType.
        kind: Option<String>,
        /// State.
        state: Option<String>,
        /// Visible to other tenants.
        externally_visible: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A role of a resource in a package; the id is package id, slash, role scope id.
    struct ResourceRoleRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Package.
        package_id: Option<String>,
        /// Role id in the catalog.
        role_id: Option<String>,
        /// Member, Owner, or the app role's name.
        role_name: Option<String>,
        /// Member_GROUP, Owner_GROUP, or the app role's id.
        role_origin_id: Option<String>,
        /// AadGroup, AadApplication, SharePointOnline, DirectoryRole.
        origin_system: Option<String>,
        /// Group, service principal, site or role: the scope's origin id.
        resource_id: Option<String>,
        /// Name of the resource.
        resource_name: Option<String>,
        /// When the role entered the package.
        created_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A user.
    struct UserRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// User principal name.
        upn: Option<String>,
        /// Mail.
        mail: Option<String>,
        /// Member or Guest.
        user_type: Option<String>,
        /// Employee, Contractor and so on.
        employee_type: Option<String>,
        /// Whether the account can sign in.
        enabled: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// employeeLeaveDateTime.
        leave_at: Option<Instant>,
        /// Department.
        department: Option<String>,
        /// Company.
        company: Option<String>,
        /// Job title.
        job_title: Option<String>,
        /// externalUserState.
        external_state: Option<String>,
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
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A group.
    struct GroupRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// groupTypes, such as DynamicMembership.
        group_types: Vec<String>,
        /// Security group.
        security: Option<bool>,
        /// Mail enabled.
        mail_enabled: Option<bool>,
        /// Rule of a dynamic group.
        membership_rule: Option<String>,
        /// isAssignableToRole.
        role_assignable: Option<bool>,
        /// Synchronised from on premises.
        synced: Option<bool>,
        /// Creation.
        created_at: Option<Instant>,
        /// When it was deleted.
        deleted_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A direct member or owner; the id is relation, container and member, joined by slashes.
    struct MembershipRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// member or owner.
        relation: Option<String>,
        /// group, application or serviceprincipal.
        container_kind: Option<String>,
        /// The group or application.
        container_id: Option<String>,
        /// The member.
        member_id: Option<String>,
        /// user, group, serviceprincipal, device.
        member_kind: Option<String>,
        /// Member's name.
        member_name: Option<String>,
        /// Member's principal name.
        member_upn: Option<String>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// An app role granted to a principal.
    struct AppRoleAssignmentRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Holder.
        principal_id: Option<String>,
        /// User, Group or ServicePrincipal.
        principal_kind: Option<String>,
        /// Holder's name.
        principal_name: Option<String>,
        /// Resource service principal.
        resource_id: Option<String>,
        /// Resource's name.
        resource_name: Option<String>,
        /// App role; all zeros is default access.
        app_role_id: Option<String>,
        /// Creation.
        created_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A directory role assigned.
    struct DirectoryRoleRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Holder.
        principal_id: Option<String>,
        /// Role definition.
        role_id: Option<String>,
        /// directoryScopeId, / for the tenant.
        scope_id: Option<String>,
        /// appScopeId.
        app_scope_id: Option<String>,
        /// directory or entitlementManagement.
        provider: Option<String>,
        /// Holder's name, if expanded.
        principal_name: Option<String>,
        /// Holder's kind, if expanded.
        principal_kind: Option<String>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A definition of a directory role.
    struct RoleDefinitionRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// Template.
        template_id: Option<String>,
        /// Built in.
        built_in: Option<bool>,
        /// Enabled.
        enabled: Option<bool>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// An active or eligible schedule instance of PIM.
    struct RoleScheduleRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// directory or group.
        family: Option<String>,
        /// Eligible, not active.
        eligible: Option<bool>,
        /// Holder.
        principal_id: Option<String>,
        /// Role definition, for the directory family.
        role_id: Option<String>,
        /// Group, for the group family.
        group_id: Option<String>,
        /// member or owner, for the group family.
        access_id: Option<String>,
        /// directoryScopeId.
        scope_id: Option<String>,
        /// Start; null is permanent.
        start_at: Option<Instant>,
        /// End; null is permanent.
        end_at: Option<Instant>,
        /// Assigned or Activated.
        assignment_type: Option<String>,
        /// Direct, Group or Inherited.
        member_type: Option<String>,
        /// True for an instance, false for a schedule.
        instance: Option<bool>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A service principal.
    struct ServicePrincipalRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Application id.
        app_id: Option<String>,
        /// Application, ManagedIdentity and so on.
        kind: Option<String>,
        /// Enabled.
        enabled: Option<bool>,
        /// App roles that it offers.
        app_roles: Vec<AppRole>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A conditional-access policy.
    struct ConditionalAccessRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// enabled, disabled, enabledForReportingButNotEnforced.
        state: Option<String>,
        /// Users, All, GuestsOrExternalUsers.
        include_users: Vec<String>,
        /// Excluded users.
        exclude_users: Vec<String>,
        /// Groups.
        include_groups: Vec<String>,
        /// Excluded groups.
        exclude_groups: Vec<String>,
        /// Roles.
        include_roles: Vec<String>,
        /// Excluded roles.
        exclude_roles: Vec<String>,
        /// Applications.
        include_apps: Vec<String>,
        /// Excluded applications.
        exclude_apps: Vec<String>,
        /// Locations.
        include_locations: Vec<String>,
        /// Excluded locations.
        exclude_locations: Vec<String>,
        /// AND or OR.
        grant_operator: Option<String>,
        /// mfa, compliantDevice, block and so on.
        grant_controls: Vec<String>,
        /// Authentication strength policy.
        authentication_strength: Option<String>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A named location.
    struct NamedLocationRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// ip or country.
        kind: Option<String>,
        /// Trusted.
        trusted: Option<bool>,
        /// CIDR ranges or countries.
        ranges: Vec<String>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// An access review series.
    struct ReviewDefinitionRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Status.
        status: Option<String>,
        /// Query of the reviewed scope.
        scope_query: Option<String>,
        /// Period, ISO 8601.
        recurrence: Option<String>,
        /// reminderNotificationsEnabled.
        reminders: Option<bool>,
        /// autoApplyDecisionsEnabled.
        auto_apply: Option<bool>,
        /// defaultDecision.
        default_decision: Option<String>,
        /// Queries of the reviewers.
        reviewers: Vec<String>,
        /// Creation.
        created_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// An access review instance.
    struct ReviewInstanceRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Series.
        definition_id: Option<String>,
        /// Status.
        status: Option<String>,
        /// Start.
        start_at: Option<Instant>,
        /// End.
        end_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A decision of an access review.
    struct ReviewDecisionRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Series.
        definition_id: Option<String>,
        /// Instance.
        instance_id: Option<String>,
        /// Approve, Deny, NotReviewed, DontKnow.
        decision: Option<String>,
        /// Recommendation.
        recommendation: Option<String>,
        /// Reviewer's reason.
        justification: Option<String>,
        /// Who was reviewed.
        principal_id: Option<String>,
        /// Name.
        principal_name: Option<String>,
        /// Package, group or application under review.
        resource_id: Option<String>,
        /// accessPackageAssignmentPolicy, group and so on.
        resource_kind: Option<String>,
        /// Name.
        resource_name: Option<String>,
        /// When.
        reviewed_at: Option<Instant>,
        /// Reviewer; null when undecided.
        reviewer_id: Option<String>,
        /// Name.
        reviewer_name: Option<String>,
        /// When it was applied.
        applied_at: Option<Instant>,
        /// Who applied it.
        applier_id: Option<String>,
        /// AppliedSuccessfully, ApplyNotSupported, New and so on.
        apply_result: Option<String>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A connected organisation.
    struct ConnectedOrganizationRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// configured or proposed.
        state: Option<String>,
        /// Tenants of its identity sources.
        tenant_ids: Vec<String>,
        /// Domains of its identity sources.
        domains: Vec<String>,
        /// Creation.
        created_at: Option<Instant>,
        /// Hash of the canonical content.
        content_hash: String,
        /// The record as JSON, whole.
        content: String,
    }

    /// A package or group incompatible with a package; the id is all three, joined by slashes.
    struct IncompatibilityRow {
        /// Tenant.
        tenant_id: String,
        /// Object id, in lower case.
        id: String,
        /// Package.
        package_id: Option<String>,
        /// package or group.
        other_kind: Option<String>,
        /// The other.
        other_id: Option<String>,
        /// The other's name.
        other_name: Option<String>,
        /// Hash of the canonical content.
        content_hash: String,
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
            fn id(&self) -> &str {
                &self.id
            }

            fn content_hash(&self) -> &str {
                &self.content_hash
            }

            fn tenant_id(&self) -> &str {
                &self.tenant_id
            }

            fn stamp(&mut self, stamp: Stamp) {
                self.tenant_id = stamp.tenant_id;
                self.id = stamp.id;
                self.content_hash = stamp.content_hash;
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
