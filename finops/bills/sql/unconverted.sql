-- Rows of a month's bills whose currency has no rate.
SELECT billing_currency, sum(unconverted_rows)::bigint
FROM charges_by_month
WHERE billing_period = %(month)s AND unconverted_rows > 0
GROUP BY billing_currency
ORDER BY billing_currency
