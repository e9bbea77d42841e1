-- Activities of the audit log, with the number of their records: those that no vocabulary knows are shown, never dropped in silence.
SELECT activity, activity_key, COUNT(*) AS events
FROM audit_events
GROUP BY activity, activity_key
ORDER BY activity, activity_key
