-- The bills that a stage holds. Days outside the billing period are those of corrections; they say
-- nothing about how far the delivery reaches, unless there are no others.
SELECT
    billing_account_id,
    billing_period,
    coalesce(max(billing_account_name), '') AS billing_account_name,
    coalesce(min(day) FILTER (WHERE is_inside), min(day)) AS first_day,
    coalesce(max(day) FILTER (WHERE is_inside), max(day)) AS last_day
FROM (
    SELECT *, date_trunc('month', day)::date = billing_period AS is_inside FROM staged_days
) AS days
GROUP BY billing_account_id, billing_period
ORDER BY billing_period, billing_account_id
