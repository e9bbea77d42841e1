-- id: HOUSE-10
-- title: Somebody who left still holds packages or roles
-- severity: high
-- practice: P1
-- controls: NIST SP 800-53 r5 PS-4
--
-- ## Why it matters
-- Whoever left has no need.
--
-- ## What to do
-- Remove it.
SELECT
    h.principal_id AS subject_id,
    CASE WHEN h.entitlement_kind = 'access_package' THEN 'package' ELSE h.entitlement_kind END AS object_kind,
    h.entitlement_id AS object_id,
    h.assignment_id,
    h.request_id,
    CASE WHEN p.leave_at + INTERVAL '1 day' < :as_of THEN 'high' ELSE 'low' END AS severity,
    CASE WHEN p.leave_at + INTERVAL '1 day' < :as_of THEN 'leaver' ELSE 'disabled' END AS reason,
    h.principal_name || ' has left or is disabled and holds ' || h.entitlement_name AS message,
    h.evidence
FROM holdings AS h
INNER JOIN principals AS p ON h.principal_id = p.principal_id
WHERE h.entitlement_kind IN ('access_package', 'directory_role')
    AND COALESCE(h.from_latest, h.held_from) <= :as_of
    AND (h.held_until IS NULL OR h.held_until > :as_of)
    AND h.grant_kind <> 'group'
    AND p.principal_type IN ('user', 'guest')
    AND (p.leave_at + INTERVAL '1 day' < :as_of OR h.principal_state = 'disabled')
