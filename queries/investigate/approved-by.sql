-- What did an approver decide, denials too, and what followed from it? An extension lengthens what the recipient has of the package.
-- for: incident responder
-- param who principal: the approver
SELECT a.decided_at, a.decision, a.recipient_name, a.package_name, h.held_now, a.stage, a.reason, a.recipient_id, a.package_id, a.request_state, a.request_id,
    h.held_from, h.from_certainty, h.held_until, h.until_certainty, h.ended_by, h.end_reason
FROM approvals AS a
INNER JOIN requests AS r ON r.request_id = a.request_id
LEFT JOIN holdings AS h ON h.request_id = a.request_id
WHERE a.approver_id = :who AND (r.request_type IS NULL OR r.request_type NOT IN ('userUpdate', 'userExtend', 'adminUpdate', 'systemUpdate') OR a.decision <> 'approved')
UNION ALL
SELECT a.decided_at, a.decision, a.recipient_name, a.package_name, h.held_now, a.stage, a.reason, a.recipient_id, a.package_id, a.request_state, a.request_id,
    h.held_from, h.from_certainty, h.held_until, h.until_certainty, h.ended_by, h.end_reason
FROM approvals AS a
INNER JOIN requests AS r ON r.request_id = a.request_id
LEFT JOIN holdings AS h ON h.principal_id = a.recipient_id AND h.target_id = a.package_id
WHERE a.approver_id = :who AND r.request_type IN ('userUpdate', 'userExtend', 'adminUpdate', 'systemUpdate') AND a.decision = 'approved'
ORDER BY decided_at, request_id, stage, held_from
