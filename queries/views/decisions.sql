-- One row for each decision of an access review of Entra ID, as last seen.
-- column decision_id: id
-- column decision: Approve, Deny, NotReviewed, DontKnow
-- column apply_result: AppliedSuccessfully, ApplyNotSupported, New ...
-- column principal_id: who was reviewed
-- column principal_name: name of who was reviewed
-- column resource_id: package, policy, group or application under review
-- column reviewed_at: when it was decided
-- column applied_at: when it was applied
-- column reviewer_id: who decided; empty when nobody did
-- column reviewer_name: name of the reviewer
SELECT
    decision_id,
    decision,
    apply_result,
    principal_id,
    principal_name,
    resource_id,
    reviewed_at,
    applied_at,
    reviewer_id,
    reviewer_name
FROM kept_decisions
