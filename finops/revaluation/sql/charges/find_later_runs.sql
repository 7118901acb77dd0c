-- Runs that changed some of the same charges after this one, the last one first. A run that is
-- undone has no images left.
SELECT later.id, count(*)
FROM finops_revaluation AS later
JOIN charge_before_images AS theirs ON theirs.revaluation_id = later.id
JOIN charge_before_images AS ours
    ON ours.charge_id = theirs.charge_id AND ours.revaluation_id = %(revaluation_id)s
WHERE later.applied_at > %(applied_at)s
GROUP BY later.id, later.applied_at
ORDER BY later.applied_at DESC
