-- What did somebody ask for, for whom, and what became of it?
-- for: incident responder
-- param who principal: who asked or receives
SELECT created_at, request_type, state, package_name, package_id, policy_name, requestor_name, recipient_name, justification, completed_at, requested_until, request_id
FROM requests
WHERE requestor_id = :who OR recipient_id = :who OR administrator_id = :who
ORDER BY created_at, request_id
