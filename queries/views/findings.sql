-- One row for each result of a check that is no pass, with the configuration in force.
-- column check_id: id of the check
-- column result: finding, exception or not-evaluable
-- column severity: info, low, medium or high
-- column subject_kind: kind of what it is about
-- column subject_id: id of what it is about
-- column subject_name: name of what it is about
-- column object_kind: kind of what the subject holds or does
-- column object_id: its id
-- column object_name: its name
-- column assignment_id: assignment concerned
-- column request_id: request concerned
-- column found_from: beginning of the interval
-- column found_until: end of the interval
-- column reason: variant, or why it could not be looked at
-- column message: one sentence with the numbers
-- column controls: control ids, joined by ;
-- column evidence: records, joined by ;
-- column fingerprint: stable over time
-- column clears_when: what would clear it
SELECT
    check_id,
    result,
    severity,
    subject_kind,
    subject_id,
    subject_name,
    object_kind,
    object_id,
    object_name,
    assignment_id,
    request_id,
    found_from,
    found_until,
    reason,
    message,
    controls,
    evidence,
    fingerprint,
    clears_when
FROM kept_findings
