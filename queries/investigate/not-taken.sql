-- Which records were not taken in, from which file and why?
-- for: auditor
SELECT file, source_row, verdict, reason, source
FROM rejects
ORDER BY file, source_row, reason
