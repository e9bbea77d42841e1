-- id: HOUSE-02
-- title: A request gives no reason where one is asked
-- severity: medium
-- practice: P7
-- controls: NIST SP 800-53 r5 AU-3
--
-- ## Why it matters
-- Nobody can judge what nobody explained.
--
-- ## What to do
-- Ask for the reason.
SELECT
    COALESCE(r.requestor_id, r.recipient_id) AS subject_id,
    r.package_id AS object_id,
    r.request_id,
    r.created_at AS found_from,
    'no-reason' AS reason,
    COALESCE(r.requestor_name, r.recipient_name) || ' asked for ' || r.package_name || ' without a reason' AS message,
    r.evidence
FROM requests AS r
INNER JOIN (SELECT policy_id, is_automatic, requestor_justification FROM policies WHERE is_newest) AS p ON r.policy_id = p.policy_id
WHERE r.request_type IN ('userAdd', 'onBehalfAdd')
    AND NOT LOWER(COALESCE(r.state, '')) LIKE 'cancel%'
    AND COALESCE(r.created_at, r.completed_at) >= :as_of - INTERVAL '365 days'
    AND COALESCE(r.created_at, r.completed_at) <= :as_of
    AND p.requestor_justification
    AND NOT p.is_automatic
    AND r.justification_visible
    AND TRIM(COALESCE(r.justification, '')) = ''
