-- id: HOUSE-09
-- title: Somebody approves their own access
-- severity: high
-- practice: P3
-- controls: NIST SP 800-53 r5 AC-5
--
-- ## Why it matters
-- Nobody judges their own case.
--
-- ## What to do
-- Have somebody else decide.
SELECT
    a.approver_id AS subject_id,
    a.package_id AS object_id,
    a.request_id,
    'own' AS reason,
    MIN(a.approver_name) || ' approved their own access to ' || MIN(a.package_name) AS message,
    MIN(r.evidence) AS evidence
FROM approvals AS a
INNER JOIN requests AS r ON a.request_id = r.request_id
WHERE a.decision = 'approved'
    AND (a.approver_id = r.requestor_id OR a.approver_id = r.recipient_id)
    AND COALESCE(r.created_at, r.completed_at) >= :as_of - INTERVAL '365 days'
    AND COALESCE(r.created_at, r.completed_at) <= :as_of
GROUP BY a.approver_id, a.package_id, a.request_id
