-- What do guests hold?
-- for: security team
SELECT principal_name, principal_id, principal_state, entitlement_kind, entitlement_name, entitlement_id, path, held_from, from_certainty, scheduled_until
FROM holders
WHERE principal_type = 'guest' AND held_now <> 'no'
ORDER BY principal_name, principal_id, entitlement_kind, entitlement_id, path, held_from
