-- The bills that are posted to a month.
SELECT DISTINCT snapshot_id, billing_period
FROM charges_by_day
WHERE accounting_month = %(month)s
