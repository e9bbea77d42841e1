-- Which packages did administrators assign without a request?
-- for: auditor
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, actor_name, actor_id, principal_name, principal_id, entitlement_name, entitlement_id, outcome, justification, request_id, record
FROM facts
WHERE action = 'assigned-directly' AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
