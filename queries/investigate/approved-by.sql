-- What did an approver decide, and what became of the requests?
-- for: incident responder
-- param who principal: the approver
SELECT a.decided_at, a.decision, a.stage, a.reason, a.recipient_name, a.recipient_id, a.package_name, a.package_id, a.request_state, a.request_id,
    h.held_from, h.held_until, h.until_certainty, h.held_now
FROM approvals AS a
LEFT JOIN holdings AS h ON h.request_id = a.request_id
WHERE a.approver_id = :who
ORDER BY a.decided_at, a.request_id, a.stage, h.held_from
