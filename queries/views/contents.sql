-- One row for each resource role in a package, and when it was there.
-- column package_id: package
-- column package_name: name of the package
-- column entitlement_kind: kind of what it gives; empty for a kind that is not known
-- column entitlement_id: its key
-- column entitlement_name: its name
-- column target_id: the group, service principal, site or role alone
-- column held_from: first instant that is proved
-- column held_until: the end where there is one
-- column from_certainty: exact, bounded or unknown
-- column until_certainty: exact, bounded, open or unknown
-- column from_earliest: not before this
-- column from_latest: not after this
-- column until_earliest: did not end before this
-- column until_latest: did not end after this
-- column evidence: records, joined by ;
SELECT
    package_id,
    package_name,
    entitlement_kind,
    entitlement_id,
    entitlement_name,
    target_id,
    held_from,
    held_until,
    from_certainty,
    until_certainty,
    from_earliest,
    from_latest,
    until_earliest,
    until_latest,
    evidence
FROM kept_contents
