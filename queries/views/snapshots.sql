-- One row for each look at a collection or a part of it.
-- column collection: table
-- column scope: tenant, or the group, application or review of which it is a part
-- column observed_from: when it began
-- column observed_at: when it was over
-- column object_count: number of objects
-- column completeness: proven, claimed or no: absence counts only in the first two
-- column dated_by: where the instant comes from
-- column reason: why it is not complete
SELECT
    collection,
    scope,
    observed_from,
    observed_at,
    object_count,
    completeness,
    dated_by,
    reason
FROM kept_snapshots
