-- Which requests of people were delivered without a decision by a person?
-- for: auditor
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT r.created_at, r.completed_at, r.request_type, r.recipient_name, r.recipient_id, r.package_name, r.package_id, r.policy_name, r.justification, r.request_id
FROM requests AS r
WHERE r.state IN ('delivered', 'partiallyDelivered') AND r.request_type IN ('userAdd', 'onBehalfAdd', 'userUpdate')
    AND r.created_at >= :from AND r.created_at < :until
    AND r.request_id NOT IN (SELECT request_id FROM approvals WHERE decision = 'approved')
ORDER BY r.created_at, r.request_id
