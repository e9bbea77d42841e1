-- One row for each file that was read, with its arithmetic: read = kept + duplicate + rejected + unmapped.
-- column source: SHA-256 of the file
-- column file: path as given
-- column bytes: size
-- column format: what its content was found to be
-- column records_read: records read
-- column records_kept: records kept
-- column records_duplicate: records that were known
-- column records_rejected: bad records
-- column records_unmapped: records that no table takes
-- column records_conflicting: kept records whose id was known with other content
-- column observed_at: instant of its snapshots
-- column dated_by: where that instant comes from
-- column note: remarks
SELECT
    source,
    file,
    bytes,
    format,
    records_read,
    records_kept,
    records_duplicate,
    records_rejected,
    records_unmapped,
    records_conflicting,
    observed_at,
    dated_by,
    note
FROM kept_sources
