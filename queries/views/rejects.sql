-- One row for each record that was not taken.
-- column source: SHA-256 of the file
-- column file: path as given
-- column source_row: ordinal of the record, from 0
-- column verdict: rejected or unmapped
-- column reason: why
SELECT
    source,
    file,
    source_row,
    verdict,
    reason
FROM kept_rejects
