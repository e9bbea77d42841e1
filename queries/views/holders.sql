-- One row for each way in which a principal came to hold an entitlement, ever: direct ones, and what follows from packages and nested groups.
-- column principal_id: object id of the holder, lower case
-- column principal_name: principal name, else display name, else the id
-- column principal_type: user, guest, group, service_principal or unknown
-- column principal_state: active, disabled, deleted or unknown, as of the instant of the questions
-- column principal_state_since: when that state began, where a witness tells
-- column entitlement_kind: access_package, group, app_role, directory_role or site
-- column entitlement_id: key of the entitlement: package id, group id (|owner, |eligible), service principal/app role, role|scope|active or eligible
-- column entitlement_name: its name, else its id
-- column target_id: the package, group, service principal or role alone: what to join on
-- column resource_id: group, site or service principal; empty for packages and roles
-- column role_id: app role or directory role
-- column role: name of the role; Member or Owner of a group
-- column scope_id: scope of a directory role
-- column assignment_state: active or eligible
-- column delivery: partial where a package was delivered in part only
-- column held_now: at the instant of the questions: certain, possible or no
-- column held_from: first instant that is proved
-- column held_until: the end where there is one; empty while held
-- column from_certainty: exact, bounded or unknown
-- column until_certainty: exact, bounded, scheduled, open or unknown
-- column from_earliest: it did not begin before this
-- column from_latest: it did not begin after this
-- column until_earliest: it did not end before this
-- column until_latest: it did not end after this
-- column scheduled_until: the end that was set, past or future
-- column no_expiration: whether the assignment is known to have no end
-- column last_seen: last snapshot that listed it
-- column outer_from: outside of outer_from and outer_until it was surely not held; empty where nothing bounds it
-- column outer_until: see outer_from; exclusive
-- column path: names from the holder to the entitlement
-- column is_direct: false where it follows from a package or a group
-- column grant_kind: user_request, admin_direct, auto_assignment, on_behalf, system, direct, group, pim or unknown
-- column requested_by: object id of who asked
-- column on_behalf_of: object id of whom it was asked for, when by another
-- column granted_by: name of who granted it
-- column approved_by: names of approvers, joined by ;
-- column decisions: JSON: stage, who, at, decision, reason
-- column justification: the reason given
-- column ended_by: name of who ended it
-- column end_reason: removed, expired, account_deleted, not_listed, left_package, scheduled_end ...
-- column assignment_id: assignment behind it
-- column request_id: request behind it
-- column policy_id: policy behind it
-- column evidence: records that show it, table:id, joined by ;
SELECT
    principal_id,
    principal_name,
    principal_type,
    principal_state,
    principal_state_since,
    entitlement_kind,
    entitlement_id,
    entitlement_name,
    target_id,
    resource_id,
    role_id,
    role,
    scope_id,
    assignment_state,
    delivery,
    held_now,
    held_from,
    held_until,
    from_certainty,
    until_certainty,
    from_earliest,
    from_latest,
    until_earliest,
    until_latest,
    scheduled_until,
    no_expiration,
    last_seen,
    outer_from,
    outer_until,
    path,
    is_direct,
    grant_kind,
    requested_by,
    on_behalf_of,
    granted_by,
    approved_by,
    decisions,
    justification,
    ended_by,
    end_reason,
    assignment_id,
    request_id,
    policy_id,
    evidence
FROM kept_holders
