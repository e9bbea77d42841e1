-- Which requests were denied in a window, by whom and why?
-- for: security team
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT decided_at, approver_name, approver_id, reason, recipient_name, recipient_id, package_name, package_id, stage, request_id
FROM approvals
WHERE decision = 'denied' AND decided_at >= :from AND decided_at < :until
ORDER BY decided_at, request_id, stage
