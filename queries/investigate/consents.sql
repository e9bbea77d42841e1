-- Which applications were given rights by consent or app roles in a window?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT occurred_at, activity, result, actor_name, actor_id, actor_ip, targets, changes, record
FROM events
WHERE (LOWER(activity) LIKE '%consent%' OR LOWER(activity) LIKE '%delegated permission grant%' OR LOWER(activity) LIKE '%app role assignment%')
    AND occurred_at >= :from AND occurred_at < :until
ORDER BY occurred_at, record
