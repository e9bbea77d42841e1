-- Which roles and groups were activated in a window, and with which reason?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, ends_at, principal_name, principal_id, entitlement_kind, entitlement_name, entitlement_id, actor_name, justification, outcome, record
FROM facts
WHERE by_pim AND action = 'granted' AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
