-- id: HOUSE-04
-- title: An administrative account asks for or holds a package
-- severity: medium
-- practice: P0
-- controls: NIST SP 800-53 r5 AC-6(2)
--
-- ## Why it matters
-- Administrative accounts are for administration.
--
-- ## What to do
-- Ask with the ordinary account.
WITH now AS (
    SELECT h.principal_id, h.principal_name, h.target_id, h.entitlement_name, h.assignment_id, h.request_id, h.evidence
    FROM holdings AS h
    WHERE h.entitlement_kind = 'access_package'
    AND COALESCE(h.from_latest, h.held_from) <= :as_of
    AND (h.held_until IS NULL OR h.held_until > :as_of)
), held AS (
    SELECT
        principal_id AS subject_id,
        target_id AS object_id,
        assignment_id,
        CAST(NULL AS VARCHAR) AS request_id,
        'held' AS reason,
        'the administrative account ' || principal_name || ' holds ' || entitlement_name AS message,
        evidence
    FROM now
    WHERE (STARTS_WITH(LOWER(principal_name), 'az-') OR STARTS_WITH(LOWER(principal_name), 'az_') OR STARTS_WITH(LOWER(principal_name), 'az.') OR STARTS_WITH(LOWER(principal_name), 'adm-') OR STARTS_WITH(LOWER(principal_name), 'adm_') OR STARTS_WITH(LOWER(principal_name), 'adm.') OR ENDS_WITH(SPLIT_PART(LOWER(principal_name), '@', 1), '-adm') OR ENDS_WITH(SPLIT_PART(LOWER(principal_name), '@', 1), '_adm') OR ENDS_WITH(SPLIT_PART(LOWER(principal_name), '@', 1), '.adm') OR ENDS_WITH(SPLIT_PART(LOWER(principal_name), '@', 1), '-az'))
), wanted AS (
    SELECT
        r.requestor_id AS subject_id,
        r.package_id AS object_id,
        CAST(NULL AS VARCHAR) AS assignment_id,
        r.request_id,
        'requested' AS reason,
        'the administrative account ' || r.requestor_name || ' asked for ' || r.package_name AS message,
        r.evidence
    FROM requests AS r
    LEFT JOIN now AS a ON r.assignment_id = a.assignment_id AND r.requestor_id = a.principal_id
    LEFT JOIN now AS b ON r.request_id = b.request_id AND r.requestor_id = b.principal_id
    WHERE r.request_type IN ('userAdd', 'onBehalfAdd')
        AND NOT LOWER(COALESCE(r.state, '')) LIKE 'cancel%'
        AND COALESCE(r.created_at, r.completed_at) >= :as_of - INTERVAL '365 days'
        AND COALESCE(r.created_at, r.completed_at) <= :as_of
        AND (STARTS_WITH(LOWER(r.requestor_name), 'az-') OR STARTS_WITH(LOWER(r.requestor_name), 'az_') OR STARTS_WITH(LOWER(r.requestor_name), 'az.') OR STARTS_WITH(LOWER(r.requestor_name), 'adm-') OR STARTS_WITH(LOWER(r.requestor_name), 'adm_') OR STARTS_WITH(LOWER(r.requestor_name), 'adm.') OR ENDS_WITH(SPLIT_PART(LOWER(r.requestor_name), '@', 1), '-adm') OR ENDS_WITH(SPLIT_PART(LOWER(r.requestor_name), '@', 1), '_adm') OR ENDS_WITH(SPLIT_PART(LOWER(r.requestor_name), '@', 1), '.adm') OR ENDS_WITH(SPLIT_PART(LOWER(r.requestor_name), '@', 1), '-az'))
        AND (r.recipient_id <> r.requestor_id OR (a.principal_id IS NULL AND b.principal_id IS NULL))
)
SELECT subject_id, object_id, assignment_id, request_id, reason, message, evidence
FROM held
UNION ALL
SELECT subject_id, object_id, assignment_id, request_id, reason, message, evidence
FROM wanted
