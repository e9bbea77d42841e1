-- How many hold each entitlement?
-- for: security team
SELECT entitlement_kind, entitlement_name, entitlement_id, assignment_state,
    COUNT(DISTINCT principal_id) AS holders,
    SUM(CASE WHEN held_now = 'possible' THEN 1 ELSE 0 END) AS possible_only
FROM holders
WHERE held_now <> 'no' AND principal_type <> 'group'
GROUP BY entitlement_kind, entitlement_name, entitlement_id, assignment_state
ORDER BY entitlement_kind, entitlement_id, entitlement_name, assignment_state
