-- Activities that no vocabulary knows: counted and shown, never dropped in silence.
SELECT activity, COUNT(*) AS events
FROM audit_events
WHERE activity_key NOT IN (SELECT activity FROM activities)
GROUP BY activity
ORDER BY activity
