-- id: HOUSE-07
-- title: A workload identity holds a package for people
-- severity: medium
-- practice: P5
-- controls: PCI DSS 4.0.1 7.2.5
--
-- ## Why it matters
-- Workloads have policies of their own.
--
-- ## What to do
-- Move it to a policy for workloads.
SELECT
    h.principal_id AS subject_id,
    h.target_id AS object_id,
    h.assignment_id,
    h.request_id,
    'workload' AS reason,
    h.principal_name || ' is no person and holds ' || h.entitlement_name || ' by a policy for people' AS message,
    h.evidence
FROM holdings AS h
INNER JOIN (SELECT policy_id, target_scope FROM policies WHERE is_newest) AS p ON h.policy_id = p.policy_id
INNER JOIN principals AS w ON h.principal_id = w.principal_id
WHERE h.entitlement_kind = 'access_package'
    AND COALESCE(h.from_latest, h.held_from) <= :as_of
    AND (h.held_until IS NULL OR h.held_until > :as_of)
    AND w.principal_type = 'service_principal'
    AND p.target_scope IN (
        'allMemberUsers', 'specificDirectoryUsers', 'specificConnectedOrganizationUsers', 'allDirectoryUsers',
        'allConfiguredConnectedOrganizationUsers', 'allExternalUsers', 'AllExistingDirectoryMemberUsers',
        'SpecificDirectorySubjects', 'SpecificConnectedOrganizationSubjects', 'AllExistingDirectorySubjects',
        'AllConfiguredConnectedOrganizationSubjects', 'AllExistingConnectedOrganizationSubjects', 'AllExternalSubjects'
    )
