-- What was billed for the days of a month, on the bill of whatever month.
SELECT coalesce(sum(billed), 0)
FROM charges_by_month
WHERE month = %(month)s
