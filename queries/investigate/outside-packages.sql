-- Who holds directly what packages give out, and not by a package?
-- for: security team
SELECT h.principal_name, h.principal_id, h.principal_type, h.entitlement_kind, h.entitlement_name, h.entitlement_id, h.held_from, h.from_certainty, h.grant_kind, h.granted_by, h.evidence
FROM holdings AS h
LEFT JOIN (SELECT DISTINCT principal_id AS holder, entitlement_id AS given FROM holders WHERE is_direct = FALSE AND held_now <> 'no') AS p
    ON p.holder = h.principal_id AND p.given = h.entitlement_id
WHERE h.held_now = 'certain' AND h.entitlement_kind IN ('group', 'app_role', 'directory_role')
    AND h.entitlement_id IN (SELECT c.entitlement_id FROM contents AS c WHERE c.entitlement_id IS NOT NULL)
    AND p.given IS NULL
ORDER BY h.principal_name, h.principal_id, h.entitlement_kind, h.entitlement_id, h.held_from
