-- One row for each user, group and service principal that anything names.
-- column principal_id: object id
-- column principal_name: principal name, else display name, else the id
-- column display_name: display name
-- column principal_type: user, guest, group, service_principal
-- column principal_state: active, disabled, deleted or unknown
-- column principal_state_since: when that state began, where a witness tells
-- column created_at: when it was made
-- column deleted_at: when it was deleted
-- column leave_at: when the person leaves or left
-- column department: department
-- column employee_type: employee type
-- column manager_id: object id of the manager
-- column sponsor_ids: object ids of sponsors, joined by ;
-- column mail: mail address
-- column app_id: application id of a service principal
-- column role_assignable: whether a group may carry directory roles
-- column dynamic_membership: whether a rule makes a group's members
-- column is_exported: whether an export has it, and not only the log
SELECT
    principal_id,
    principal_name,
    display_name,
    principal_type,
    principal_state,
    principal_state_since,
    created_at,
    deleted_at,
    leave_at,
    department,
    employee_type,
    manager_id,
    sponsor_ids,
    mail,
    app_id,
    role_assignable,
    dynamic_membership,
    is_exported
FROM kept_principals
