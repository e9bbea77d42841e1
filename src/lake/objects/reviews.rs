//! Rows of access reviews.

use crate::lake::objects::objects;
use crate::model::{Instant, Interned};

objects! {
    /// An access review series.
    struct ReviewDefinitionRow: ReviewDefinitions {
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
        /// Queries of the reviewers; `kind:id` where there are none.
        reviewers: Vec<Interned>,
        /// Creation.
        created_at: Option<Instant>,
        /// What it is over, `kind:id`: group, catalog, servicePrincipal, directoryRole, accessPackage, accessPackageAssignmentPolicy, or
        /// the query itself.
        scopes: Option<Vec<Interned>>,
        /// Who reviews, `kind:id`: user, groupMembers, groupOwners, manager, or the query itself.
        reviewer_kinds: Option<Vec<Interned>>,
    }

    /// An access review instance.
    struct ReviewInstanceRow: ReviewInstances {
        /// Series.
        definition_id: Option<Interned>,
        /// Status.
        status: Option<Interned>,
        /// Start.
        start_at: Option<Instant>,
        /// End.
        end_at: Option<Instant>,
        /// What went wrong, in the service's words.
        errors: Option<Vec<Interned>>,
    }

    /// A decision of an access review.
    struct ReviewDecisionRow: ReviewDecisions {
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
        /// accessPackageAssignmentPolicy, group, servicePrincipal, directoryRole, azureRole, customDataProvidedResource.
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
        /// AppliedSuccessfully, ApplyNotSupported, New and so on; of custom data Success, Failure, PartialSuccess, NotSupported.
        apply_result: Option<Interned>,
        /// userIdentity, servicePrincipalIdentity, or user and servicePrincipal.
        principal_kind: Option<Interned>,
        /// What of the resource is held: the app role, or the id of the permission.
        role_id: Option<Interned>,
        /// Its name.
        role_name: Option<Interned>,
        /// The scope of an Azure role.
        resource_scope: Option<Interned>,
        /// direct or indirect.
        membership: Option<Interned>,
    }
}
