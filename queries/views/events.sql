-- One row for each record of the audit log, acts on access or not.
-- column occurred_at: when
-- column activity: activity as recorded
-- column action: what it means for access; empty where it is no act on access
-- column result: success, failure ...
-- column result_reason: reason of the result
-- column service: service that logged it
-- column category: category
-- column actor_id: who did it
-- column actor_name: name of the actor at that time
-- column actor_kind: person, application or unknown
-- column actor_ip: address of the actor
-- column targets: what it happened to, joined by ;
-- column changes: name: old -> new of what changed, joined by ;
-- column details: additional details, joined by ;
-- column correlation_id: ties records of one operation together
-- column record: audit_events:id
-- column source: SHA-256 of the file
-- column source_row: ordinal of the record in that file, from 0
SELECT
    occurred_at,
    activity,
    action,
    result,
    result_reason,
    service,
    category,
    actor_id,
    actor_name,
    actor_kind,
    actor_ip,
    targets,
    changes,
    details,
    correlation_id,
    record,
    source,
    source_row
FROM kept_records WHERE is_first
