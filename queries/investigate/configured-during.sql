-- Which packages, policies and catalogs were changed in a window, by whom?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, activity, result, actor_name, actor_id, actor_ip, targets, changes, record
FROM events
WHERE action = 'configured' AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
