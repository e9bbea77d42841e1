-- id: HOUSE-12
-- title: A policy asks nobody for a reason
-- severity: medium
-- practice: P7
-- controls: NIST SP 800-53 r5 AC-2e
--
-- ## Why it matters
-- What the form does not ask for, nobody writes.
--
-- ## What to do
-- Ask for a justification.
SELECT
    'policy' AS subject_kind,
    p.policy_id AS subject_id,
    p.policy_name AS subject_name,
    p.package_id AS object_id,
    'no-reason-asked' AS reason,
    'the policy ' || p.policy_name || ' asks for no reason' AS message,
    p.record AS evidence
FROM policies AS p
LEFT JOIN packages AS k ON p.package_id = k.package_id
WHERE p.is_newest
    AND NOT p.is_automatic
    AND NOT COALESCE(k.is_removed, FALSE)
    AND p.target_scope IS NOT NULL
    AND LOWER(p.target_scope) NOT IN ('notspecified', 'nosubjects')
    AND (
        NOT COALESCE(p.requestor_justification, TRUE)
        OR (
            p.approval_required
            AND NOT COALESCE(p.approver_justification, TRUE)
            AND p.expiration_type IS NOT NULL
            -- Access that lasts hours is just in time.
            AND NOT COALESCE(p.expiration_duration LIKE 'PT%' OR p.expiration_duration = 'P1D', FALSE)
        )
    )
