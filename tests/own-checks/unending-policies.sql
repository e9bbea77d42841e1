-- id: HOUSE-05
-- title: A policy lets access last for ever
-- severity: medium
-- practice: P4
-- controls: NIST SP 800-53 r5 AC-2(2)
--
-- ## Why it matters
-- What a policy does not end nobody ends.
--
-- ## What to do
-- Set an expiration.
SELECT
    'policy' AS subject_kind,
    p.policy_id AS subject_id,
    p.policy_name AS subject_name,
    p.package_id AS object_id,
    'no-expiry' AS reason,
    'the policy ' || p.policy_name || ' never lets access end' AS message,
    p.record AS evidence
FROM policies AS p
LEFT JOIN packages AS k ON p.package_id = k.package_id
WHERE p.is_newest
    AND NOT p.is_automatic
    AND NOT COALESCE(k.is_removed, FALSE)
    AND LOWER(p.expiration_type) = 'noexpiration'
