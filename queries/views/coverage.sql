-- Which time each log covers and on what basis, and what is known to be missing.
-- column subject: audit, sign_ins:interactiveUser ..., or a collection
-- column basis: proven, asserted, inferred or gap
-- column covered_from: beginning; empty for a gap without a time
-- column covered_until: end, exclusive
-- column reason: why there is a gap, or who asserts it
-- column source: SHA-256 of the file
SELECT
    subject,
    basis,
    covered_from,
    covered_until,
    reason,
    source
FROM kept_coverage
