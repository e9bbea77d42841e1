//! What the ledger is built from: typed rows of one commit, already condensed.

use crate::lake::objects::*;
use crate::lake::records::{AuditEvent, Coverage, Sighting, Snapshot};
use crate::ledger::AuditFacts;
use crate::model::{Instant, Interned, PrincipalId, TenantId};
use std::cmp::Ordering;
use std::sync::Arc;

/// Sign-ins condensed by principal, application and day (`queries/condense/usage.sql`).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageDay {
    /// Who signed in, by object id.
    pub principal: PrincipalId,
    /// Resource application id, lower case, or empty.
    pub resource_app_id: Interned,
    /// Object id of the resource's service principal, lower case, or empty.
    pub resource_sp_id: Interned,
    /// Client application id, lower case, or empty.
    pub client_app_id: Interned,
    /// Midnight of the day, UTC.
    pub day: Instant,
    /// Sign-ins that succeeded, interactive and not.
    pub successes: i64,
    /// Sign-ins that failed.
    pub failures: i64,
    /// Interactive successes for which one factor was enough.
    pub single_factor: i64,
    /// Interactive successes whose record says nothing of factors, and to which no policy applied.
    pub unprotected: i64,
    /// Interactive successes whose record tells whether one factor was enough, either way.
    pub telling: i64,
    /// Interactive successes whose record does not, for want of a word or by one that is not known.
    pub untold: i64,
    /// The last success of the day.
    pub last_success: Option<Instant>,
    /// One sign-in with a single factor or no policy: the smallest id of the day.
    pub weak_example: Option<Interned>,
}

impl UsageDay {
    /// The order of its fields; texts that are the same are one pointer, and need not be read.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let text = |a: Interned, b: Interned| if a == b { Ordering::Equal } else { a.cmp(&b) };
        text(self.principal.interned(), other.principal.interned())
            .then_with(|| text(self.resource_app_id, other.resource_app_id))
            .then_with(|| text(self.resource_sp_id, other.resource_sp_id))
            .then_with(|| text(self.client_app_id, other.client_app_id))
            .then_with(|| self.day.cmp(&other.day))
            .then_with(|| self.cmp(other))
    }

    /// Whether both are of one principal, application and day.
    #[must_use]
    pub(super) fn is_of_one_day(&self, other: &Self) -> bool {
        let key = |d: &Self| (d.principal.interned(), d.resource_app_id, d.resource_sp_id, d.client_app_id, d.day);
        key(self) == key(other)
    }

    /// Adds sign-ins of the same day.
    pub(super) fn add(&mut self, other: &Self) {
        self.successes += other.successes;
        self.failures += other.failures;
        self.single_factor += other.single_factor;
        self.unprotected += other.unprotected;
        self.telling += other.telling;
        self.untold += other.untold;
        self.last_success = self.last_success.max(other.last_success);
        self.weak_example = [self.weak_example, other.weak_example].into_iter().flatten().min_by_key(|id| id.as_str());
    }
}

/// All rows of one commit that the ledger reads.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Tenant.
    pub tenant: TenantId,
    /// When the commit was made: nobody can answer for a log that was not written by then.
    pub committed_at: Option<Instant>,
    /// What the audit log tells of access.
    pub audit_facts: AuditFacts,
    /// Audit events that the vocabulary knows and `acts` does not have yet.
    pub audit_events: Vec<AuditEvent>,
    /// Activities that it does not know, with their counts.
    pub unknown_activities: Vec<(String, i64)>,
    /// Audit records of which no time can be read.
    pub untimed_records: usize,
    /// The newest sign-in that succeeded, of sign-ins that were let go; else they tell it themselves.
    pub newest_sign_in: Option<Instant>,
    /// Condensed sign-ins.
    pub usage: Arc<Vec<UsageDay>>,
    /// Distinct contents of objects; when each was there, `sightings` says.
    pub assignments: Vec<AssignmentRow>,
    /// See `assignments`.
    pub requests: Vec<RequestRow>,
    /// See `assignments`.
    pub approvals: Vec<ApprovalRow>,
    /// See `assignments`.
    pub policies: Vec<PolicyRow>,
    /// See `assignments`.
    pub packages: Vec<PackageRow>,
    /// See `assignments`.
    pub catalogs: Vec<CatalogRow>,
    /// See `assignments`.
    pub resource_roles: Vec<ResourceRoleRow>,
    /// See `assignments`.
    pub users: Vec<UserRow>,
    /// See `assignments`.
    pub groups: Vec<GroupRow>,
    /// See `assignments`.
    pub memberships: Vec<MembershipRow>,
    /// See `assignments`.
    pub app_role_assignments: Vec<AppRoleAssignmentRow>,
    /// See `assignments`.
    pub directory_roles: Vec<DirectoryRoleRow>,
    /// See `assignments`.
    pub role_definitions: Vec<RoleDefinitionRow>,
    /// See `assignments`.
    pub role_schedules: Vec<RoleScheduleRow>,
    /// See `assignments`.
    pub service_principals: Vec<ServicePrincipalRow>,
    /// See `assignments`.
    pub conditional_access: Vec<ConditionalAccessRow>,
    /// See `assignments`.
    pub review_decisions: Vec<ReviewDecisionRow>,
    /// See `assignments`.
    pub review_definitions: Vec<ReviewDefinitionRow>,
    /// See `assignments`.
    pub review_instances: Vec<ReviewInstanceRow>,
    /// See `assignments`.
    pub incompatibilities: Vec<IncompatibilityRow>,
    /// See `assignments`.
    pub connected_organizations: Vec<ConnectedOrganizationRow>,
    /// Looks at objects.
    pub sightings: Vec<Sighting>,
    /// Looks at collections.
    pub snapshots: Vec<Snapshot>,
    /// Time covered, and gaps.
    pub coverage: Vec<Coverage>,
}
