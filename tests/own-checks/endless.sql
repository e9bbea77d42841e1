-- id: HOUSE-01
-- title: Access to a package has no end date
-- severity: medium
-- practice: P4
-- controls: NIST SP 800-53 r5 AC-2(2)
--
-- ## Why it matters
-- What nobody ends stays.
--
-- ## What to do
-- Set an end.
SELECT
    h.principal_id AS subject_id,
    h.target_id AS object_id,
    h.assignment_id,
    h.request_id,
    h.held_from AS found_from,
    'no-end' AS reason,
    h.principal_name || ' holds ' || h.entitlement_name || ' with no end date' AS message,
    h.evidence
FROM holdings AS h
LEFT JOIN (SELECT policy_id, is_automatic FROM policies WHERE is_newest) AS p ON h.policy_id = p.policy_id
WHERE h.entitlement_kind = 'access_package'
    AND COALESCE(h.from_latest, h.held_from) <= :as_of
    AND (h.held_until IS NULL OR h.held_until > :as_of)
    AND h.no_expiration
    AND h.scheduled_until IS NULL
    AND h.grant_kind <> 'auto_assignment'
    AND NOT COALESCE(p.is_automatic, FALSE)
