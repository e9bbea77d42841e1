-- Which holdings that are held were set to end before an instant?
-- for: security team
-- param until time: first instant after the window
SELECT scheduled_until, principal_name, principal_id, entitlement_kind, entitlement_name, entitlement_id, assignment_state, policy_id, assignment_id
FROM holdings
WHERE held_now <> 'no' AND scheduled_until IS NOT NULL AND scheduled_until < :until
ORDER BY scheduled_until, principal_name, principal_id, entitlement_id, assignment_id
