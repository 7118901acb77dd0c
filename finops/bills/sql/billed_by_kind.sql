-- What the bills of a month pay for, tax included.
SELECT kind, sum(billed)
FROM charges_by_month
WHERE billing_period = %(month)s
GROUP BY kind
ORDER BY sum(billed) DESC, kind
