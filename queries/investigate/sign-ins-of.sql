-- When and with what did somebody sign in?
-- for: incident responder
-- param who principal: who signed in
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT day, resource_app_id, resource_sp_id, client_app_id, successes, failures, single_factor, unprotected, last_success
FROM usage
WHERE principal_id = :who AND day >= :from AND day < :until
ORDER BY day, resource_app_id, resource_sp_id, client_app_id
