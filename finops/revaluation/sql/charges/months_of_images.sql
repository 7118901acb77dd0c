-- The months that a run's charges are posted to.
SELECT DISTINCT charge.accounting_month
FROM charge_before_images AS image
JOIN charges AS charge
    ON charge.billing_period = image.billing_period AND charge.id = image.charge_id
WHERE image.revaluation_id = %(revaluation_id)s
