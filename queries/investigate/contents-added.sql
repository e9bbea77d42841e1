-- Which roles were put into packages in a window, and so given to everyone assigned?
-- for: incident responder
-- param from time: first instant of the window
-- param until time: first instant after the window
SELECT package_name, package_id, entitlement_kind, entitlement_name, entitlement_id, from_earliest, from_latest, from_certainty, held_until, evidence
FROM contents
WHERE from_latest >= :from AND from_earliest < :until
ORDER BY from_latest, package_id, entitlement_id
