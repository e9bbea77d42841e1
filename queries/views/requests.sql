-- One row for each request for a package, from its record and from the audit log.
-- column request_id: id
-- column request_type: userAdd, adminAdd, userUpdate, userRemove, systemAdd ...
-- column state: delivered, denied, canceled ...; empty when only the log tells
-- column created_at: when it was made
-- column completed_at: when it was over
-- column requestor_id: who asked
-- column requestor_name: name of who asked
-- column recipient_id: who is to receive
-- column recipient_name: name of who is to receive
-- column administrator_id: administrator who assigned directly
-- column administrator_name: name of the administrator
-- column removed_by: who asked for the removal, by name
-- column package_id: package
-- column package_name: name of the package
-- column policy_id: policy
-- column policy_name: name of the policy
-- column assignment_id: assignment
-- column justification: the reason given
-- column justification_visible: whether a record that could hold a reason was seen
-- column decision_count: number of decisions on it
-- column requested_until: end that was asked for
-- column expiration_type: noExpiration, afterDateTime ...
-- column evidence: records, joined by ;
SELECT
    request_id,
    request_type,
    state,
    created_at,
    completed_at,
    requestor_id,
    requestor_name,
    recipient_id,
    recipient_name,
    administrator_id,
    administrator_name,
    removed_by,
    package_id,
    package_name,
    policy_id,
    policy_name,
    assignment_id,
    justification,
    justification_visible,
    decision_count,
    requested_until,
    expiration_type,
    evidence
FROM kept_requests
