-- One row for each act on access that the audit log tells, each act once, whoever told it.
-- column occurred_at: when
-- column action: requested, approved, denied, granted, removed, expired, extended, configured ...
-- column outcome: success, failure or unknown
-- column principal_id: whose access
-- column principal_name: that principal's name at that time
-- column entitlement_kind: which kind of entitlement
-- column entitlement_id: its key
-- column entitlement_name: its name at that time
-- column target_id: the package, group, service principal or role alone
-- column actor_id: who did it
-- column actor_name: the actor's name at that time
-- column actor_kind: person, application, service (of Microsoft) or unknown
-- column actor_app_id: application id of the actor
-- column by_pim: whether privileged identity management did or tells it
-- column starts_at: a later beginning that the record sets
-- column ends_at: the end that the record sets
-- column stage: approval stage, from 1
-- column justification: the reason given
-- column request_id: request it belongs to
-- column assignment_id: assignment it belongs to
-- column policy_id: policy that it went by
-- column correlation_id: ties acts of one operation together
-- column record: audit_events:id
SELECT
    occurred_at,
    action,
    outcome,
    principal_id,
    principal_name,
    entitlement_kind,
    entitlement_id,
    entitlement_name,
    target_id,
    actor_id,
    actor_name,
    actor_kind,
    actor_app_id,
    by_pim,
    starts_at,
    ends_at,
    stage,
    justification,
    request_id,
    assignment_id,
    policy_id,
    correlation_id,
    record
FROM kept_facts
