-- Which policies asked for less than before: no approval, fewer stages, no end?
-- for: incident responder
SELECT new.policy_name, new.policy_id, new.package_name, new.package_id, new.version, new.changed_after, new.seen_from, new.modified_at, new.seen_until, new.is_newest,
    old.approval_required AS approval_before, new.approval_required AS approval_after,
    old.stage_count AS stages_before, new.stage_count AS stages_after,
    old.expiration_type AS expiration_before, new.expiration_type AS expiration_after
FROM policies AS new
INNER JOIN policies AS old ON old.policy_id = new.policy_id AND old.version + 1 = new.version
WHERE (old.approval_required AND new.approval_required = FALSE) OR new.stage_count < old.stage_count
    OR (old.expiration_type <> 'noExpiration' AND new.expiration_type = 'noExpiration')
ORDER BY new.seen_from, new.policy_id, new.version
