-- Charges that nobody owns, by account, sub account and service; groups beyond the first are one.
WITH grouped AS (
    SELECT
        billing_account_id,
        sub_account_id,
        service_name,
        sum(rows) AS rows,
        sum(least(rows, unconverted_rows + {missing})) AS without,
        sum({amount}) AS cost,
        row_number() OVER (
            ORDER BY abs(sum({amount})) DESC, sum(rows) DESC,
                billing_account_id, sub_account_id, service_name
        ) AS place
    FROM charges_by_day
    WHERE day >= %(since)s AND day < %(until)s AND {filters}
    GROUP BY billing_account_id, sub_account_id, service_name
)
SELECT
    least(place, %(keep)s + 1) <= %(keep)s AS is_kept,
    CASE WHEN place <= %(keep)s THEN billing_account_id END,
    CASE WHEN place <= %(keep)s THEN sub_account_id END,
    CASE WHEN place <= %(keep)s THEN service_name END,
    count(*),
    sum(rows)::bigint,
    sum(without)::bigint,
    sum(cost)
FROM grouped
GROUP BY least(place, %(keep)s + 1), 1, 2, 3, 4
ORDER BY least(place, %(keep)s + 1)
