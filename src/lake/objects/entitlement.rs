//! Rows of entitlement management: packages, what is in them, who may ask and who holds them.

use crate::lake::column::columns;
use crate::lake::objects::objects;
use crate::model::{Instant, Interned};

columns! {
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
        /// Type of the stage: accessPackageDynamicApprovalStage asks an extension who approves; null in most records.
        kind: Option<Interned>,
        /// Whether it goes on to others when nobody decides.
        escalates: Option<bool>,
        /// After how long, ISO 8601.
        escalates_after: Option<Interned>,
        /// To whom, `kind:id`.
        escalations: Option<Vec<Interned>>,
    }

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
}

objects! {
    /// An access package.
    struct PackageRow: Packages {
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
    }

    /// A catalog.
    struct CatalogRow: Catalogs {
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
    }

    /// A role of a resource in a package; the id is package id, slash, role scope id.
    struct ResourceRoleRow: ResourceRoles {
        /// Package.
        package_id: Option<Interned>,
        /// Role id in the catalog.
        role_id: Option<Interned>,
        /// Member, Owner, or the app role's name.
        role_name: Option<Interned>,
        /// Member_GROUP, Owner_GROUP, or the app role's id.
        role_origin_id: Option<Interned>,
        /// AadGroup, AadApplication, SharePointOnline, DirectoryRole; others as they are written.
        origin_system: Option<Interned>,
        /// Group, service principal, site or role: the scope's origin id.
        resource_id: Option<Interned>,
        /// Name of the resource.
        resource_name: Option<Interned>,
        /// When the role entered the package.
        created_at: Option<Instant>,
        /// roleType: active, eligible, application, delegated.
        role_type: Option<Interned>,
    }

    /// A package or group incompatible with a package; the id is all three, joined by slashes.
    struct IncompatibilityRow: Incompatibilities {
        /// Package.
        package_id: Option<Interned>,
        /// package or group.
        other_kind: Option<Interned>,
        /// The other.
        other_id: Option<Interned>,
        /// The other's name.
        other_name: Option<Interned>,
    }

    /// An assignment policy.
    struct PolicyRow: Policies {
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
        /// Who may ask or is assigned by the rule, `kind:id` (specificAllowedTargets; beta: allowedRequestors).
        targets: Option<Vec<Interned>>,
        /// Who may ask for others, `kind:id`.
        on_behalf: Option<Vec<Interned>>,
        /// Whether they may ask for access.
        on_behalf_add: Option<bool>,
        /// Whether they may ask for its removal.
        on_behalf_remove: Option<bool>,
        /// Whether who leaves the rule loses access (removeAccessWhenTargetLeavesAllowedTargets).
        removes_who_leaves: Option<bool>,
        /// How long access goes on after that, ISO 8601 (gracePeriodBeforeAccessRemoval).
        grace_period: Option<Interned>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
    }

    /// A connected organisation.
    struct ConnectedOrganizationRow: ConnectedOrganizations {
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
    }

    /// A package assignment.
    struct AssignmentRow: Assignments {
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
    }

    /// A request for an assignment.
    struct RequestRow: Requests {
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
    }

    /// An approval; its id is the id of the request.
    struct ApprovalRow: Approvals {
        /// Stages, in order.
        stages: Vec<ApprovalStage>,
    }
}
