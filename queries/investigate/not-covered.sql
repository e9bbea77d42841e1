-- Which time and which collections are missing, and why?
-- for: auditor
SELECT subject, basis, covered_from, covered_until, reason
FROM coverage
WHERE basis = 'gap' OR basis = 'inferred'
ORDER BY subject, basis, covered_from, covered_until, reason
