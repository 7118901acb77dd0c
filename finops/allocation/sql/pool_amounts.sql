-- What each pool picks of a month's charges that are nobody's, by the month they were incurred in.
-- Charges are grouped by what pools look at before any pool is asked, so each distinct key is
-- looked at once. `pool` is null for what none picks.
WITH keyed AS (
    SELECT
        {keys},
        least(
            date_trunc('month', charge_period_start AT TIME ZONE 'UTC')::date, %(month)s
        ) AS incurred,
        coalesce(sum({cost} * exchange_rate), 0) AS amount,
        count(*) AS rows,
        count(*) FILTER (WHERE exchange_rate IS NULL) AS unconverted,
        count(*) FILTER (WHERE {cost} IS NULL) AS missing
    FROM charges
    WHERE
        billing_period = ANY(%(periods)s)
        AND snapshot_id = ANY(%(snapshots)s)
        AND accounting_month = %(month)s
        AND coalesce({value}, '') = ''
    GROUP BY {grouped}
),
picked AS (
    SELECT {pool} AS pool, incurred, amount, rows, unconverted, missing FROM keyed
)
SELECT
    pool,
    incurred,
    sum(amount),
    sum(rows)::bigint,
    sum(unconverted)::bigint,
    sum(missing)::bigint
FROM picked
GROUP BY pool, incurred
ORDER BY pool, incurred
