-- One row for each decision of an approver on a request.
-- column request_id: request
-- column stage: stage, from 1
-- column approver_id: object id of the approver; empty for decisions of the policy itself
-- column approver_name: name at that time
-- column decided_at: when
-- column decision: approved, auto-approved or denied
-- column reason: the approver's reason
-- column request_state: state of the request
-- column requestor_id: who asked
-- column recipient_id: who is to receive
-- column recipient_name: name of who is to receive
-- column package_id: package
-- column package_name: name of the package
-- column policy_id: policy
SELECT
    request_id,
    stage,
    approver_id,
    approver_name,
    decided_at,
    decision,
    reason,
    request_state,
    requestor_id,
    recipient_id,
    recipient_name,
    package_id,
    package_name,
    policy_id
FROM kept_approvals
