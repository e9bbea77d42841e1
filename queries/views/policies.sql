-- Assignment policies over time: one row for each stretch during which snapshots showed a policy to be the same.
-- column policy_id: policy
-- column policy_name: its name then
-- column package_id: package
-- column package_name: name of the package
-- column version: 1 for the first that was seen, then on
-- column is_newest: whether it is the last that was seen
-- column changed_after: last snapshot that showed the version before: the change lies after it and not after seen_from
-- column seen_from: first snapshot of this version
-- column seen_until: last snapshot of this version
-- column modified_at: time of change by the record, where it lies between the two snapshots
-- column approval_required: whether new requests need approval
-- column approval_required_for_extension: whether extensions need approval
-- column stage_count: number of approval stages
-- column approvers: primary approvers, kind:id joined by ;
-- column fallback_approvers: fallback approvers, kind:id joined by ;
-- column approver_justification: whether approvers must give a reason
-- column requestor_justification: whether requestors must (beta)
-- column expiration_type: noExpiration, afterDuration, afterDateTime, notSpecified
-- column expiration_duration: ISO 8601 duration
-- column expiration_at: fixed end
-- column target_scope: who may ask: allMemberUsers, specificDirectoryUsers, notSpecified ...
-- column is_automatic: whether a rule assigns
-- column review_enabled: whether reviews are on
-- column review_recurrence: period of reviews, ISO 8601
-- column review_self: whether holders review themselves
-- column reviewers: primary reviewers, kind:id joined by ;
-- column record: policies:id
SELECT
    policy_id,
    policy_name,
    package_id,
    package_name,
    version,
    is_newest,
    changed_after,
    seen_from,
    seen_until,
    modified_at,
    approval_required,
    approval_required_for_extension,
    stage_count,
    approvers,
    fallback_approvers,
    approver_justification,
    requestor_justification,
    expiration_type,
    expiration_duration,
    expiration_at,
    target_scope,
    is_automatic,
    review_enabled,
    review_recurrence,
    review_self,
    reviewers,
    record
FROM kept_policies
