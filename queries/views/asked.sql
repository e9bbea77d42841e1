-- One row: what the other views are made from.
-- column tenant_id: tenant
-- column as_of: instant of the questions
-- column commit_id: commit of the lake
-- column commit_sequence: its number in the log
SELECT
    tenant_id,
    as_of,
    commit_id,
    commit_sequence
FROM kept_asked
