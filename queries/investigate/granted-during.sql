-- What was granted in a window, to whom and by whom?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, action, principal_name, principal_id, entitlement_kind, entitlement_name, entitlement_id, actor_name, actor_kind, by_pim, ends_at, justification, request_id, record
FROM facts
WHERE action IN ('granted', 'partially-granted', 'resource-granted', 'assigned-directly', 'extended') AND outcome <> 'failure'
    AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
