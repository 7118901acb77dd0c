-- The months that a run's calls are posted to.
SELECT DISTINCT call.accounting_month
FROM call_before_images AS image
JOIN calls AS call ON call.started_at = image.started_at AND call.id = image.call_id
WHERE image.revaluation_id = %(revaluation_id)s
