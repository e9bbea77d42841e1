-- How many findings has each check, by severity?
-- for: security team
SELECT check_id, result, severity, COUNT(*) AS found
FROM findings
GROUP BY check_id, result, severity
ORDER BY check_id, result, severity
