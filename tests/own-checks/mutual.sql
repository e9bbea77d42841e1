-- id: HOUSE-11
-- title: Two people approve each other's requests
-- severity: low
-- practice: P3
-- controls: NIST SP 800-53 r5 AC-5
--
-- ## Why it matters
-- Two people who owe each other an approval are one approver.
--
-- ## What to do
-- Name an approver above them.
WITH acts AS (
    SELECT
        CASE WHEN a.approver_id < a.recipient_id THEN a.approver_id ELSE a.recipient_id END AS first_id,
        CASE WHEN a.approver_id < a.recipient_id THEN a.recipient_id ELSE a.approver_id END AS second_id,
        CASE WHEN a.approver_id < a.recipient_id THEN 1 ELSE 0 END AS by_first,
        a.decided_at,
        r.evidence
    FROM approvals AS a
    INNER JOIN requests AS r ON a.request_id = r.request_id
    WHERE a.decision = 'approved'
        AND a.approver_id <> a.recipient_id
        AND COALESCE(r.created_at, r.completed_at) >= :as_of - INTERVAL '365 days'
        AND COALESCE(r.created_at, r.completed_at) <= :as_of
),

ends AS (SELECT DISTINCT first_id, second_id, decided_at FROM acts),

quarters AS (
    SELECT
        e.first_id,
        e.second_id,
        e.decided_at,
        SUM(o.by_first) AS by_first,
        COUNT(o.by_first) AS both_ways,
        MIN(o.evidence) AS evidence
    FROM ends AS e
    INNER JOIN acts AS o ON e.first_id = o.first_id AND e.second_id = o.second_id
    WHERE o.decided_at <= e.decided_at AND o.decided_at >= e.decided_at - INTERVAL '90 days'
    GROUP BY e.first_id, e.second_id, e.decided_at
)

SELECT
    first_id AS subject_id,
    'principal' AS object_kind,
    second_id AS object_id,
    'mutual' AS reason,
    first_id || ' and ' || second_id || ' approve each other''s requests' AS message,
    MIN(evidence) AS evidence
FROM quarters
WHERE by_first >= 2 AND both_ways - by_first >= 2
GROUP BY first_id, second_id
