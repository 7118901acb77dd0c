-- The sources of a run's charges, always in the same order.
SELECT DISTINCT charge.source_id
FROM charge_before_images AS image
JOIN charges AS charge
    ON charge.billing_period = image.billing_period AND charge.id = image.charge_id
WHERE image.revaluation_id = %(revaluation_id)s
ORDER BY 1
