-- Where does somebody or something occur: as requestor, approver, fallback, reviewer, owner, manager, sponsor, resource, holder, eligible?
-- for: incident responder
-- param what object: any object id or name
SELECT 'requestor' AS used_as, package_name AS of_name, package_id AS of_id, created_at AS since, completed_at AS until_at, state AS state, 'requests:' || request_id AS record
FROM requests WHERE requestor_id = :what
UNION ALL
SELECT 'recipient' AS used_as, package_name AS of_name, package_id AS of_id, created_at AS since, completed_at AS until_at, state AS state, 'requests:' || request_id AS record
FROM requests WHERE recipient_id = :what AND (requestor_id IS NULL OR requestor_id <> :what)
UNION ALL
SELECT 'administrator who assigned' AS used_as, package_name AS of_name, package_id AS of_id, created_at AS since, completed_at AS until_at, state AS state, 'requests:' || request_id AS record
FROM requests WHERE administrator_id = :what
UNION ALL
SELECT 'approver who decided' AS used_as, package_name AS of_name, package_id AS of_id, decided_at AS since, decided_at AS until_at, decision AS state, 'requests:' || request_id AS record
FROM approvals WHERE approver_id = :what
UNION ALL
SELECT 'approver of a policy' AS used_as, policy_name AS of_name, policy_id AS of_id, seen_from AS since, seen_until AS until_at, CASE WHEN is_newest THEN 'newest' ELSE 'former' END AS state, record AS record
FROM policies WHERE STRPOS(approvers, :what) > 0
UNION ALL
SELECT 'fallback approver of a policy' AS used_as, policy_name AS of_name, policy_id AS of_id, seen_from AS since, seen_until AS until_at, CASE WHEN is_newest THEN 'newest' ELSE 'former' END AS state, record AS record
FROM policies WHERE STRPOS(fallback_approvers, :what) > 0
UNION ALL
SELECT 'reviewer of a policy' AS used_as, policy_name AS of_name, policy_id AS of_id, seen_from AS since, seen_until AS until_at, CASE WHEN is_newest THEN 'newest' ELSE 'former' END AS state, record AS record
FROM policies WHERE STRPOS(reviewers, :what) > 0
UNION ALL
SELECT 'reviewer who decided' AS used_as, principal_name AS of_name, resource_id AS of_id, reviewed_at AS since, applied_at AS until_at, decision AS state, 'review_decisions:' || decision_id AS record
FROM decisions WHERE reviewer_id = :what
UNION ALL
SELECT 'under review' AS used_as, resource_id AS of_name, resource_id AS of_id, reviewed_at AS since, applied_at AS until_at, decision AS state, 'review_decisions:' || decision_id AS record
FROM decisions WHERE principal_id = :what
UNION ALL
SELECT 'owner' AS used_as, object_name AS of_name, object_id AS of_id, CAST(NULL AS TIMESTAMP) AS since, CAST(NULL AS TIMESTAMP) AS until_at, owner_state AS state, CAST(NULL AS VARCHAR) AS record
FROM owners WHERE owner_id = :what
UNION ALL
SELECT 'owned by' AS used_as, owner_name AS of_name, owner_id AS of_id, CAST(NULL AS TIMESTAMP) AS since, CAST(NULL AS TIMESTAMP) AS until_at, owner_state AS state, CAST(NULL AS VARCHAR) AS record
FROM owners WHERE object_id = :what
UNION ALL
SELECT 'manager' AS used_as, principal_name AS of_name, principal_id AS of_id, CAST(NULL AS TIMESTAMP) AS since, CAST(NULL AS TIMESTAMP) AS until_at, principal_state AS state, 'users:' || principal_id AS record
FROM principals WHERE manager_id = :what
UNION ALL
SELECT 'sponsor' AS used_as, principal_name AS of_name, principal_id AS of_id, CAST(NULL AS TIMESTAMP) AS since, CAST(NULL AS TIMESTAMP) AS until_at, principal_state AS state, 'users:' || principal_id AS record
FROM principals WHERE STRPOS(sponsor_ids, :what) > 0
UNION ALL
SELECT 'resource of a package' AS used_as, package_name AS of_name, package_id AS of_id, held_from AS since, held_until AS until_at, until_certainty AS state, evidence AS record
FROM contents WHERE target_id = :what
UNION ALL
SELECT CASE WHEN entitlement_kind = 'group' AND role = 'Owner' AND assignment_state = 'eligible' THEN 'eligible owner' WHEN entitlement_kind = 'group' AND role = 'Owner' THEN 'owner' WHEN assignment_state = 'eligible' THEN 'eligible' ELSE 'holder' END AS used_as, entitlement_name AS of_name, entitlement_id AS of_id, held_from AS since, held_until AS until_at, held_now AS state, evidence AS record
FROM holdings WHERE principal_id = :what
UNION ALL
SELECT CASE WHEN entitlement_kind = 'group' AND role = 'Owner' AND assignment_state = 'eligible' THEN 'may be activated as owner by' WHEN entitlement_kind = 'group' AND role = 'Owner' THEN 'owned by' WHEN assignment_state = 'eligible' THEN 'may be activated by' ELSE 'held by' END AS used_as, principal_name AS of_name, principal_id AS of_id, held_from AS since, held_until AS until_at, held_now AS state, evidence AS record
FROM holdings WHERE target_id = :what
ORDER BY used_as, of_name, of_id, since, record
