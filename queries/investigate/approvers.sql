-- How much did each approver decide?
-- for: auditor
SELECT approver_name, approver_id, COUNT(*) AS decisions,
    SUM(CASE WHEN decision = 'approved' THEN 1 ELSE 0 END) AS approved,
    SUM(CASE WHEN decision = 'denied' THEN 1 ELSE 0 END) AS denied,
    MIN(decided_at) AS first_at, MAX(decided_at) AS last_at
FROM approvals
WHERE approver_id IS NOT NULL
GROUP BY approver_name, approver_id
ORDER BY approver_id, approver_name
