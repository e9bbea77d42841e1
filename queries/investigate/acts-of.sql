-- What did somebody do in a window, by the audit log?
-- for: incident responder
-- param who principal: who acted
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, activity, result, targets, changes, actor_ip, service, correlation_id, record
FROM events
WHERE actor_id = :who AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
