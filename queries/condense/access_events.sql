-- Audit events that are acts on access or name objects, and those of activities that the vocabulary does not know.
SELECT id, at, activity_key, service, result, correlation_id, actor_kind, actor_id, actor_name, actor_upn, actor_app_id, targets, details, content_hash
FROM audit_events
WHERE at IS NOT NULL AND activity_key NOT IN (SELECT activity FROM activities WHERE action = 'noted')
ORDER BY at, id, content_hash
