-- One row for each change of an assignment policy that the audit log tells.
-- column occurred_at: when
-- column policy_id: policy
-- column policy_name: its name as last seen
-- column package_id: package
-- column package_name: name of the package
-- column act: created, updated or deleted
-- column actor_id: who did it
-- column actor_name: name of the actor at that time
-- column approval_before: whether approval was asked before, where the record tells
-- column approval_after: whether approval is asked after, where the record tells
-- column properties: properties that the record names, joined by ;
-- column record: audit_events:id
SELECT
    occurred_at,
    policy_id,
    policy_name,
    package_id,
    package_name,
    act,
    actor_id,
    actor_name,
    approval_before,
    approval_after,
    properties,
    record
FROM kept_policy_changes
