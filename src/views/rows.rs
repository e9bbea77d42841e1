//! Rows of the tables below the views: flat columns only, so that every engine reads them alike.
//!
//! These may change from version to version; the views in `queries/views` are what others build on.

use crate::lake::column::columns;
use crate::model::{Instant, Interned};

columns! {
    /// The one row that says what the others are made from.
    struct AskedRow {
        /// Tenant.
        tenant_id: Interned,
        /// The instant of the questions.
        as_of: Instant,
        /// The commit, by its id.
        commit_id: String,
        /// Its number in the log.
        commit_sequence: i64,
    }

    /// A holding, direct or by a path.
    struct HoldingRow {
        principal_id: Interned,
        principal_name: Interned,
        principal_type: Interned,
        principal_state: Interned,
        principal_state_since: Option<Instant>,
        entitlement_kind: Interned,
        entitlement_id: Interned,
        entitlement_name: Interned,
        target_id: Interned,
        resource_id: Option<Interned>,
        role_id: Option<Interned>,
        role: Option<Interned>,
        scope_id: Option<Interned>,
        assignment_state: Interned,
        delivery: Option<Interned>,
        held_now: Interned,
        held_from: Option<Instant>,
        held_until: Option<Instant>,
        from_certainty: Interned,
        until_certainty: Interned,
        from_earliest: Option<Instant>,
        from_latest: Option<Instant>,
        until_earliest: Option<Instant>,
        until_latest: Option<Instant>,
        scheduled_until: Option<Instant>,
        no_expiration: bool,
        last_seen: Option<Instant>,
        outer_from: Option<Instant>,
        outer_until: Option<Instant>,
        path: Interned,
        is_direct: bool,
        grant_kind: Interned,
        requested_by: Option<Interned>,
        on_behalf_of: Option<Interned>,
        granted_by: Option<Interned>,
        approved_by: Option<String>,
        decisions: Option<String>,
        justification: Option<Interned>,
        ended_by: Option<Interned>,
        end_reason: Option<Interned>,
        assignment_id: Option<Interned>,
        request_id: Option<Interned>,
        policy_id: Option<Interned>,
        evidence: Option<String>,
    }

    /// A fact about access.
    struct FactRow {
        occurred_at: Instant,
        action: Interned,
        outcome: Interned,
        principal_id: Option<Interned>,
        principal_name: Option<Interned>,
        entitlement_kind: Option<Interned>,
        entitlement_id: Option<Interned>,
        entitlement_name: Option<Interned>,
        target_id: Option<Interned>,
        actor_id: Option<Interned>,
        actor_name: Option<Interned>,
        actor_kind: Interned,
        actor_app_id: Option<Interned>,
        by_pim: bool,
        starts_at: Option<Instant>,
        ends_at: Option<Instant>,
        stage: Option<i64>,
        justification: Option<Interned>,
        request_id: Option<Interned>,
        assignment_id: Option<Interned>,
        policy_id: Option<Interned>,
        correlation_id: Option<Interned>,
        record: Interned,
    }

    /// A request.
    struct RequestOfRow {
        request_id: Interned,
        request_type: Option<Interned>,
        state: Option<Interned>,
        created_at: Option<Instant>,
        completed_at: Option<Instant>,
        requestor_id: Option<Interned>,
        requestor_name: Option<Interned>,
        recipient_id: Option<Interned>,
        recipient_name: Option<Interned>,
        administrator_id: Option<Interned>,
        administrator_name: Option<Interned>,
        removed_by: Option<Interned>,
        package_id: Option<Interned>,
        package_name: Option<Interned>,
        policy_id: Option<Interned>,
        policy_name: Option<String>,
        assignment_id: Option<Interned>,
        justification: Option<Interned>,
        justification_visible: bool,
        decision_count: i64,
        requested_until: Option<Instant>,
        expiration_type: Option<Interned>,
        evidence: Option<String>,
    }

    /// A decision on a request.
    struct ApprovalOfRow {
        request_id: Interned,
        stage: Option<i64>,
        approver_id: Option<Interned>,
        approver_name: Option<Interned>,
        decided_at: Option<Instant>,
        decision: Interned,
        reason: Option<Interned>,
        request_state: Option<Interned>,
        requestor_id: Option<Interned>,
        recipient_id: Option<Interned>,
        recipient_name: Option<Interned>,
        package_id: Option<Interned>,
        package_name: Option<Interned>,
        policy_id: Option<Interned>,
    }

    /// A decision of an access review.
    struct DecisionRow {
        decision_id: Interned,
        decision: Option<Interned>,
        apply_result: Option<Interned>,
        principal_id: Interned,
        principal_name: Interned,
        resource_id: Option<Interned>,
        reviewed_at: Option<Instant>,
        applied_at: Option<Instant>,
        reviewer_id: Option<Interned>,
        reviewer_name: Option<Interned>,
    }

    /// A policy as it was seen during some time.
    struct PolicyVersionRow {
        policy_id: Interned,
        policy_name: Option<Interned>,
        package_id: Option<Interned>,
        package_name: Option<Interned>,
        version: i64,
        is_newest: bool,
        changed_after: Option<Instant>,
        seen_from: Instant,
        seen_until: Instant,
        modified_at: Option<Instant>,
        approval_required: Option<bool>,
        approval_required_for_extension: Option<bool>,
        stage_count: i64,
        approvers: Option<String>,
        fallback_approvers: Option<String>,
        approver_justification: Option<bool>,
        requestor_justification: Option<bool>,
        expiration_type: Option<Interned>,
        expiration_duration: Option<Interned>,
        expiration_at: Option<Instant>,
        target_scope: Option<Interned>,
        is_automatic: Option<bool>,
        review_enabled: Option<bool>,
        review_recurrence: Option<Interned>,
        review_self: Option<bool>,
        reviewers: Option<String>,
        record: Interned,
    }

    /// A change of a policy that the log tells.
    struct PolicyChangeRow {
        occurred_at: Instant,
        policy_id: Interned,
        policy_name: Option<Interned>,
        package_id: Option<Interned>,
        package_name: Option<Interned>,
        act: Interned,
        actor_id: Option<Interned>,
        actor_name: Option<Interned>,
        approval_before: Option<bool>,
        approval_after: Option<bool>,
        properties: Option<String>,
        record: Interned,
    }

    /// A resource role in a package, and when it was there.
    struct ContentRow {
        package_id: Interned,
        package_name: Interned,
        entitlement_kind: Option<Interned>,
        entitlement_id: Option<Interned>,
        entitlement_name: Option<Interned>,
        target_id: Option<Interned>,
        resource_name: Option<Interned>,
        held_from: Option<Instant>,
        held_until: Option<Instant>,
        from_certainty: Interned,
        until_certainty: Interned,
        from_earliest: Option<Instant>,
        from_latest: Option<Instant>,
        until_earliest: Option<Instant>,
        until_latest: Option<Instant>,
        proved: String,
        evidence: Option<String>,
    }

    /// A package as last seen.
    struct PackageOfRow {
        package_id: Interned,
        package_name: String,
        description: Option<String>,
        catalog_id: Option<String>,
        catalog_name: Option<String>,
        is_removed: bool,
        policy_count: i64,
        content_count: i64,
    }

    /// A user, group or service principal.
    struct PrincipalRow {
        principal_id: Interned,
        principal_name: Interned,
        display_name: Option<Interned>,
        principal_type: Interned,
        principal_state: Interned,
        principal_state_since: Option<Instant>,
        created_at: Option<Instant>,
        deleted_at: Option<Instant>,
        leave_at: Option<Instant>,
        department: Option<Interned>,
        employee_type: Option<Interned>,
        manager_id: Option<Interned>,
        sponsor_ids: Option<String>,
        mail: Option<Interned>,
        app_id: Option<Interned>,
        role_assignable: bool,
        dynamic_membership: bool,
        is_exported: bool,
    }

    /// Who owns a group or an application.
    struct OwnerRow {
        object_id: Interned,
        object_name: Interned,
        owner_id: Interned,
        owner_name: Interned,
        owner_state: Interned,
    }

    /// Sign-ins of one principal to one application on one day.
    struct UsageRow {
        principal_id: Interned,
        principal_name: Interned,
        resource_app_id: Option<Interned>,
        resource_sp_id: Option<Interned>,
        client_app_id: Option<Interned>,
        day: Instant,
        successes: i64,
        failures: i64,
        single_factor: i64,
        unprotected: i64,
        last_success: Option<Instant>,
    }

    /// Time that a log covers, or a gap.
    struct CoverageRow {
        subject: String,
        basis: String,
        covered_from: Option<Instant>,
        covered_until: Option<Instant>,
        reason: Option<String>,
        source: Option<String>,
    }

    /// A file that was read.
    struct SourceRow {
        source: String,
        file: String,
        bytes: i64,
        format: String,
        records_read: i64,
        records_kept: i64,
        records_duplicate: i64,
        records_rejected: i64,
        records_unmapped: i64,
        records_conflicting: i64,
        observed_at: Option<Instant>,
        dated_by: Option<String>,
        note: Option<String>,
    }

    /// A record that was not taken.
    struct RejectRow {
        source: String,
        file: String,
        source_row: Option<i64>,
        verdict: String,
        reason: String,
    }

    /// A snapshot of a collection or a part of it.
    struct SnapshotOfRow {
        collection: String,
        scope: String,
        observed_from: Instant,
        observed_at: Instant,
        object_count: i64,
        completeness: String,
        dated_by: String,
        reason: Option<String>,
    }

    /// A record of the audit log, once for each object that it names.
    struct RecordRow {
        /// The object; empty where the record names none.
        object_id: Interned,
        /// `target`, `actor`, `named` or `none`.
        object_role: Interned,
        /// Whether this is the first row of the record.
        is_first: bool,
        /// When.
        occurred_at: Instant,
        /// Activity as recorded.
        activity: Interned,
        /// What it means for access.
        action: Option<Interned>,
        /// Result.
        result: Option<Interned>,
        /// Its reason.
        result_reason: Option<Interned>,
        /// Service.
        service: Option<Interned>,
        /// Category.
        category: Option<Interned>,
        /// Who did it.
        actor_id: Option<Interned>,
        /// The actor's name.
        actor_name: Option<Interned>,
        /// `person`, `application` or `unknown`.
        actor_kind: Interned,
        /// The actor's address.
        actor_ip: Option<Interned>,
        /// What it happened to.
        targets: Option<String>,
        /// What changed.
        changes: Option<String>,
        /// Additional details.
        details: Option<String>,
        /// Correlation id.
        correlation_id: Option<Interned>,
        /// `audit_events:id`.
        record: Interned,
        /// SHA-256 of the file.
        source: Interned,
        /// Ordinal of the record in the file.
        source_row: i64,
    }
}
