-- Audit events that are acts on access: the vocabulary says which. Their order is that of the log.
SELECT id, at, activity_key, service, result, correlation_id, actor_kind, actor_id, actor_name, actor_upn, targets, details, content_hash
FROM audit_events
WHERE at IS NOT NULL AND activity_key IN (SELECT activity FROM activities WHERE action <> 'noted')
ORDER BY at, id, content_hash
