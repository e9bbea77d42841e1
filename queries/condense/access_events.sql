-- Audit events that are acts on access: the vocabulary says which.
SELECT *
FROM audit_events
WHERE at IS NOT NULL AND activity_key IN (SELECT activity FROM activities WHERE action <> 'noted')
