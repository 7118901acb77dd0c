-- The services of the charges of nobody that meet a pool's conditions.
SELECT coalesce(key_0, ''), sum(amount), sum(rows)::bigint
FROM (
    SELECT
        {keys},
        coalesce({cost} * exchange_rate, 0) AS amount,
        1 AS rows
    FROM charges
    WHERE
        billing_period = ANY(%(periods)s)
        AND snapshot_id = ANY(%(snapshots)s)
        AND accounting_month = %(month)s
        AND coalesce({value}, '') = ''
) AS keyed
WHERE {condition}
GROUP BY 1
ORDER BY abs(sum(amount)) DESC, 1
LIMIT %(listed)s
