-- Which denials of access reviews were not carried out?
-- for: auditor
SELECT reviewed_at, principal_name, principal_id, resource_id, reviewer_name, apply_result, applied_at, decision_id
FROM decisions
WHERE decision = 'Deny' AND (apply_result IS NULL OR apply_result <> 'AppliedSuccessfully')
ORDER BY reviewed_at, decision_id
