-- Audit events of which no time can be read: they may be of any time.
SELECT COUNT(*) AS records
FROM audit_events
WHERE at IS NULL
