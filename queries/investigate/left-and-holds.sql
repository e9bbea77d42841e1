-- What do people hold whose leaving date has passed?
-- for: security team
SELECT p.leave_at, h.principal_name, h.principal_id, h.principal_state, h.entitlement_kind, h.entitlement_name, h.entitlement_id, h.held_from
FROM holdings AS h
INNER JOIN principals AS p ON p.principal_id = h.principal_id
CROSS JOIN asked
WHERE h.held_now <> 'no' AND p.leave_at <= asked.as_of
ORDER BY p.leave_at, h.principal_name, h.principal_id, h.entitlement_kind, h.entitlement_id, h.held_from
