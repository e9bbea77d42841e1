-- Who was denied a package and holds it nevertheless?
-- for: security team
SELECT a.recipient_name, a.recipient_id, a.package_name, a.package_id, a.decided_at AS denied_at, a.approver_name AS denied_by, h.held_from, h.grant_kind, h.granted_by, h.request_id
FROM approvals AS a
INNER JOIN holdings AS h ON h.principal_id = a.recipient_id AND h.target_id = a.package_id
WHERE a.decision = 'denied' AND h.held_from > a.decided_at
ORDER BY a.recipient_name, a.recipient_id, a.package_id, a.decided_at, h.held_from
