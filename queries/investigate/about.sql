-- Which records of the audit log name an object?
-- for: incident responder
-- param what object: any object id or name
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, object_role, activity, result, actor_name, actor_ip, targets, changes, record
FROM mentions
WHERE object_id = :what AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record, object_role
