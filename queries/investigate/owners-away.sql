-- Which groups and applications are owned by accounts that cannot sign in?
-- for: security team
SELECT object_name, object_id, owner_name, owner_id, owner_state
FROM owners
WHERE owner_state IN ('disabled', 'deleted')
ORDER BY object_name, object_id, owner_id
