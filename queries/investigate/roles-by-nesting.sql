-- Who holds a directory role through groups or packages?
-- for: incident responder
SELECT principal_name, principal_id, entitlement_name, entitlement_id, path, held_from, from_certainty, held_now, evidence
FROM holders
WHERE entitlement_kind = 'directory_role' AND is_direct = FALSE AND principal_type <> 'group' AND held_now <> 'no'
ORDER BY principal_name, principal_id, entitlement_id, path, held_from
