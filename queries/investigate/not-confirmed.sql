-- Which holdings may still be held, and nothing proves it?
-- for: auditor
SELECT principal_name, principal_id, entitlement_kind, entitlement_name, entitlement_id, held_from, until_certainty, until_earliest, scheduled_until, last_seen
FROM holdings
WHERE held_now = 'possible'
ORDER BY principal_name, principal_id, entitlement_kind, entitlement_id, held_from
