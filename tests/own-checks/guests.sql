-- id: HOUSE-03
-- title: A guest holds a package that is meant for members
-- severity: high
-- practice: P5
-- controls: SOC 2 CC6.3
--
-- ## Why it matters
-- Guests answer to somebody else.
--
-- ## What to do
-- Remove it, or open the policy.
WITH meant AS (
    SELECT
        package_id,
        SUM(CASE WHEN target_scope IN ('allMemberUsers', 'AllExistingDirectoryMemberUsers') THEN 1 ELSE 0 END) AS for_members,
        SUM(CASE WHEN target_scope IN ('allDirectoryServicePrincipals', 'specificDirectoryServicePrincipals', 'allDirectoryAgentIdentities') THEN 1 ELSE 0 END) AS for_none,
        COUNT(*) AS policies
    FROM policies
    WHERE is_newest AND NOT is_automatic
    GROUP BY package_id
)
SELECT
    h.principal_id AS subject_id,
    h.target_id AS object_id,
    h.assignment_id,
    h.request_id,
    'guest' AS reason,
    h.principal_name || ' is a guest and holds ' || h.entitlement_name || ', which is for members' AS message,
    h.evidence
FROM holdings AS h
INNER JOIN meant AS m ON h.target_id = m.package_id
INNER JOIN principals AS p ON h.principal_id = p.principal_id
WHERE h.entitlement_kind = 'access_package'
    AND COALESCE(h.from_latest, h.held_from) <= :as_of
    AND (h.held_until IS NULL OR h.held_until > :as_of)
    AND p.principal_type = 'guest'
    AND m.for_members > 0
    AND m.for_members + m.for_none = m.policies
