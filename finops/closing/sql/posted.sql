-- What is posted to a month on bills.
SELECT
    coalesce(sum(billed), 0),
    coalesce(sum(effective), 0),
    coalesce(sum(rows), 0)::bigint,
    coalesce(sum(unconverted_rows), 0)::bigint
FROM charges_by_day
WHERE accounting_month = %(month)s
