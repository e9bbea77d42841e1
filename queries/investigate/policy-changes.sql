-- Which policies of packages changed in a window, from what to what?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT new.policy_name, new.policy_id, new.package_name, new.changed_after, new.seen_from, new.modified_at,
    old.approval_required AS approval_before, new.approval_required AS approval_after,
    old.stage_count AS stages_before, new.stage_count AS stages_after,
    old.approvers AS approvers_before, new.approvers AS approvers_after,
    old.expiration_type AS expiration_before, new.expiration_type AS expiration_after,
    old.target_scope AS scope_before, new.target_scope AS scope_after
FROM policies AS new
INNER JOIN policies AS old ON old.policy_id = new.policy_id AND old.version + 1 = new.version
WHERE new.seen_from >= :from AND new.changed_after < :until
ORDER BY new.seen_from, new.policy_id, new.version
