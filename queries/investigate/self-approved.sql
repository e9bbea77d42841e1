-- Which requests were approved by the very person who asked or receives?
-- for: auditor
SELECT decided_at, approver_name, approver_id, recipient_name, recipient_id, requestor_id, package_name, package_id, stage, reason, request_id
FROM approvals
WHERE decision = 'approved' AND (approver_id = requestor_id OR approver_id = recipient_id)
ORDER BY decided_at, request_id, stage
