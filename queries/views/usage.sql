-- Sign-ins of one principal to one application on one day.
-- column principal_id: who signed in
-- column principal_name: name
-- column resource_app_id: application id of the resource
-- column resource_sp_id: service principal of the resource
-- column client_app_id: application id of the client
-- column day: midnight of the day, UTC
-- column successes: sign-ins that succeeded
-- column failures: sign-ins that failed
-- column single_factor: interactive successes for which one factor was enough
-- column unprotected: interactive successes to which no policy applied, where the record says nothing of factors
-- column last_success: last success of the day
SELECT
    principal_id,
    principal_name,
    resource_app_id,
    resource_sp_id,
    client_app_id,
    day,
    successes,
    failures,
    single_factor,
    unprotected,
    last_success
FROM kept_usage
