-- Who held an entitlement at some moment of a window, and how they came to it?
-- for: incident responder
-- param what entitlement: package, group, application or directory role
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT principal_name, principal_id, principal_type, principal_state, entitlement_name, assignment_state, path, grant_kind,
    outer_from, held_from, from_certainty, held_until, outer_until, until_certainty, approved_by, justification, evidence
FROM holders
WHERE target_id = :what AND (outer_from IS NULL OR outer_from < :until) AND (outer_until IS NULL OR outer_until > :from)
ORDER BY principal_name, principal_id, path, held_from, evidence
