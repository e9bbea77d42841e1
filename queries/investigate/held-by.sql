-- What did somebody hold at some moment of a window, and by which path?
-- for: incident responder
-- param who principal: person, group or application
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT entitlement_kind, entitlement_name, entitlement_id, assignment_state, path, grant_kind, outer_from, held_from, from_certainty, held_until, outer_until, until_certainty,
    requested_by, approved_by, justification, evidence
FROM holders
WHERE principal_id = :who AND (outer_from IS NULL OR outer_from < :until) AND (outer_until IS NULL OR outer_until > :from)
ORDER BY entitlement_kind, entitlement_name, entitlement_id, path, held_from, evidence
