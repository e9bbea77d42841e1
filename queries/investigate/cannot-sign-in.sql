-- What is held by accounts that are disabled or deleted?
-- for: security team
SELECT principal_name, principal_id, principal_type, principal_state, principal_state_since, entitlement_kind, entitlement_name, entitlement_id, held_from, scheduled_until
FROM holdings
WHERE held_now <> 'no' AND principal_state IN ('disabled', 'deleted')
ORDER BY principal_name, principal_id, entitlement_kind, entitlement_id, held_from
