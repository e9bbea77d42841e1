-- One row for each owner of a group or an application, as last seen.
-- column object_id: group or application
-- column object_name: its name
-- column owner_id: owner
-- column owner_name: name of the owner
-- column owner_state: active, disabled, deleted or unknown
SELECT
    object_id,
    object_name,
    owner_id,
    owner_name,
    owner_state
FROM kept_owners
