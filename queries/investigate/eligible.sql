-- Who may activate a directory role or a group?
-- for: incident responder
SELECT principal_name, principal_id, principal_type, principal_state, entitlement_kind, entitlement_name, entitlement_id, path, held_from, scheduled_until
FROM holders
WHERE assignment_state = 'eligible' AND held_now <> 'no'
ORDER BY principal_name, principal_id, entitlement_kind, entitlement_id, path, held_from
