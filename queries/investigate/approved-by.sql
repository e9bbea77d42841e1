-- What did an approver decide, denials too, and what followed from it?
-- for: incident responder
-- param who principal: the approver
SELECT a.decided_at, a.decision, a.recipient_name, a.package_name, h.held_now, a.stage, a.reason, a.recipient_id, a.package_id, a.request_state, a.request_id,
    h.held_from, h.from_certainty, h.held_until, h.until_certainty, h.ended_by, h.end_reason
FROM approvals AS a
LEFT JOIN holdings AS h ON h.request_id = a.request_id
WHERE a.approver_id = :who
ORDER BY a.decided_at, a.request_id, a.stage, h.held_from
