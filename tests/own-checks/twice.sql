-- id: HOUSE-08
-- title: The same access by two packages
-- severity: low
-- practice: P1
-- controls: NIST SP 800-53 r5 AC-6
--
-- ## Why it matters
-- The end of one does not end the access.
--
-- ## What to do
-- End one of them.
WITH now AS (
    SELECT h.principal_id, h.principal_name, h.target_id AS held_package, h.evidence
    FROM holdings AS h
    WHERE h.entitlement_kind = 'access_package'
    AND COALESCE(h.from_latest, h.held_from) <= :as_of
    AND (h.held_until IS NULL OR h.held_until > :as_of)
), given AS (
    SELECT package_id, entitlement_kind, entitlement_id, entitlement_name, target_id AS thing_id
    FROM contents
    WHERE entitlement_id IS NOT NULL
        AND COALESCE(from_latest, held_from) <= :as_of
        AND (held_until IS NULL OR held_until > :as_of)
)
SELECT
    n.principal_id AS subject_id,
    CASE WHEN g.entitlement_kind = 'app_role' THEN 'application' ELSE g.entitlement_kind END AS object_kind,
    CASE WHEN g.entitlement_kind = 'app_role' THEN g.thing_id ELSE g.entitlement_id END AS object_id,
    'redundant' AS reason,
    MIN(n.principal_name) || ' has ' || MIN(g.entitlement_name) || ' by several packages' AS message,
    MIN(n.evidence) AS evidence
FROM now AS n
INNER JOIN given AS g ON n.held_package = g.package_id
GROUP BY n.principal_id, g.entitlement_kind, g.thing_id, g.entitlement_id
HAVING COUNT(DISTINCT n.held_package) > 1
