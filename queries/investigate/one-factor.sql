-- Who signed in with one factor or without a policy, and to what?
-- for: security team
SELECT principal_name, principal_id, resource_app_id, client_app_id, SUM(single_factor) AS single_factor, SUM(unprotected) AS unprotected, MAX(last_success) AS last_success
FROM usage
WHERE single_factor > 0 OR unprotected > 0
GROUP BY principal_name, principal_id, resource_app_id, client_app_id
ORDER BY principal_name, principal_id, resource_app_id, client_app_id
