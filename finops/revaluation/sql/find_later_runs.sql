-- Runs that changed some of the same calls after this one, the last one first. A run that is
-- undone has no images left.
SELECT later.id, count(*)
FROM finops_revaluation AS later
JOIN call_before_images AS theirs ON theirs.revaluation_id = later.id
JOIN call_before_images AS ours
    ON ours.call_id = theirs.call_id AND ours.revaluation_id = %(revaluation_id)s
WHERE later.applied_at > %(applied_at)s
GROUP BY later.id, later.applied_at
ORDER BY later.applied_at DESC
