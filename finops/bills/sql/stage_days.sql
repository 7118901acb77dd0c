-- What a stage holds, per bill, currency and day; and what the currency was worth then.
CREATE TEMP TABLE staged_days ON COMMIT DROP AS
SELECT days.*, worth.rate
FROM (
    SELECT
        billing_account_id,
        billing_period,
        billing_currency,
        (charge_period_start AT TIME ZONE 'UTC')::date AS day,
        max(billing_account_name) AS billing_account_name,
        count(*) AS rows,
        count(billed_cost) AS billed_rows,
        sum(billed_cost) AS billed,
        min(charge_period_start) AS since,
        max(charge_period_start) AS until
    FROM {rows}
    GROUP BY 1, 2, 3, 4
) AS days
LEFT JOIN LATERAL ({worth}) AS worth ON true
