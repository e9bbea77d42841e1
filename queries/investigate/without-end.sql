-- Which package assignments that are held have no end?
-- for: security team
SELECT principal_name, principal_id, principal_type, entitlement_name, entitlement_id, held_from, from_certainty, grant_kind, assignment_id, policy_id
FROM holdings
WHERE entitlement_kind = 'access_package' AND held_now = 'certain' AND no_expiration
ORDER BY held_from, principal_name, principal_id, entitlement_id, assignment_id
