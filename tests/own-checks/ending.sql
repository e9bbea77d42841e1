-- id: HOUSE-06
-- title: Access ends within thirty days
-- severity: low
-- practice: P4
-- controls: NIST SP 800-53 r5 AC-2(2)
--
-- ## Why it matters
-- Whoever needs it longer should ask in time.
--
-- ## What to do
-- Extend it or let it end.
SELECT
    h.principal_id AS subject_id,
    h.target_id AS object_id,
    h.assignment_id,
    h.request_id,
    h.scheduled_until AS found_until,
    'ends-soon' AS reason,
    h.principal_name || ' holds ' || h.entitlement_name || ', which ends soon' AS message,
    h.evidence
FROM holdings AS h
WHERE h.entitlement_kind = 'access_package'
    AND COALESCE(h.from_latest, h.held_from) <= :as_of
    AND (h.held_until IS NULL OR h.held_until > :as_of)
    AND h.scheduled_until > :as_of
    AND h.scheduled_until <= :as_of + INTERVAL '30 days'
    AND NOT (h.from_earliest IS NOT NULL AND h.scheduled_until <= COALESCE(h.held_from, h.from_latest) + INTERVAL '30 days')
