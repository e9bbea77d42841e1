-- Sign-ins condensed by principal, resource, client and day: all that checks need of them.
-- One row in a hundred or fewer remains; nothing downstream reads raw sign-ins.
-- Where no policy applied, nothing asked for a second factor; that one applied does not tell what it asked.
-- What an agent does for a person is the agent's use and not the person's; an agent that has an account of a user uses that one.
SELECT
    COALESCE(CASE WHEN agent_type IS NULL OR LOWER(agent_type) = 'agentiduser' THEN user_id ELSE NULL END, sp_id) AS principal_id,
    COALESCE(LOWER(resource_id), '')            AS resource_app_id,
    COALESCE(LOWER(resource_sp_id), '')         AS resource_sp_id,
    COALESCE(LOWER(app_id), '')                 AS client_app_id,
    CAST(at AS DATE)                            AS day,
    SUM(CASE WHEN error_code = 0 THEN 1 ELSE 0 END)                                                        AS successes,
    SUM(CASE WHEN error_code <> 0 THEN 1 ELSE 0 END)                                                       AS failures,
    SUM(CASE WHEN error_code = 0 AND stream = 'interactiveUser'
              AND authentication_requirement = 'singleFactorAuthentication' THEN 1 ELSE 0 END)             AS single_factor,
    SUM(CASE WHEN error_code = 0 AND stream = 'interactiveUser'
              AND authentication_requirement IS NULL AND ca_status = 'notApplied' THEN 1 ELSE 0 END)       AS unprotected,
    SUM(CASE WHEN error_code = 0 AND stream = 'interactiveUser'
              AND COALESCE(authentication_requirement, CASE WHEN ca_status = 'notApplied' THEN 'nothing' ELSE '' END)
                  IN ('singleFactorAuthentication', 'multiFactorAuthentication', 'nothing') THEN 1 ELSE 0 END) AS telling,
    SUM(CASE WHEN error_code = 0 AND stream = 'interactiveUser'
              AND COALESCE(authentication_requirement, CASE WHEN ca_status = 'notApplied' THEN 'nothing' ELSE '' END)
                  NOT IN ('singleFactorAuthentication', 'multiFactorAuthentication', 'nothing') THEN 1 ELSE 0 END) AS untold,
    MAX(CASE WHEN error_code = 0 THEN at ELSE NULL END)                                                    AS last_success,
    MIN(CASE WHEN error_code = 0 AND stream = 'interactiveUser'
              AND (authentication_requirement = 'singleFactorAuthentication'
                   OR (authentication_requirement IS NULL AND ca_status = 'notApplied')) THEN id ELSE NULL END) AS weak_example
FROM sign_ins
WHERE at IS NOT NULL
  AND COALESCE(CASE WHEN agent_type IS NULL OR LOWER(agent_type) = 'agentiduser' THEN user_id ELSE NULL END, sp_id) IS NOT NULL
GROUP BY
    COALESCE(CASE WHEN agent_type IS NULL OR LOWER(agent_type) = 'agentiduser' THEN user_id ELSE NULL END, sp_id),
    COALESCE(LOWER(resource_id), ''), COALESCE(LOWER(resource_sp_id), ''), COALESCE(LOWER(app_id), ''), CAST(at AS DATE)
