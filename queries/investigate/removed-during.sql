-- What was taken away in a window, from whom and by whom?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, action, outcome, principal_name, principal_id, entitlement_kind, entitlement_name, entitlement_id, actor_name, actor_kind, record
FROM facts
WHERE action IN ('removal-requested', 'removed', 'expired', 'account-disabled', 'account-deleted', 'hard-deleted', 'resource-deleted')
    AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
