-- Who was given or lost a directory role in a window?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, action, outcome, principal_name, principal_id, entitlement_name, entitlement_id, actor_name, actor_id, by_pim, justification, record
FROM facts
WHERE entitlement_kind = 'directory_role' AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
