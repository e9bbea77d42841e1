-- What was done from an address?
-- for: incident responder
-- param ip text: address as recorded
SELECT occurred_at, actor_name, actor_id, activity, result, targets, changes, record
FROM events
WHERE actor_ip = :ip
ORDER BY occurred_at, record
