-- The whole scope by one dimension, before and after: what the ledger holds, less what leaves each
-- group, plus what comes to it. Groups beyond the first places are one row, so that parts sum.
WITH signed AS (
    SELECT
        call.{dimension} AS value,
        count(*) AS calls_before, count(*) AS calls_after,
        count(*) - count(call.cost) AS unpriced_before, count(*) - count(call.cost) AS unpriced_after,
        coalesce(sum(call.cost), 0) AS cost_before, coalesce(sum(call.cost), 0) AS cost_after
    FROM calls AS call
    WHERE call.source_id IN (SELECT id FROM finops_source WHERE role = 'meter') AND {scope}
    GROUP BY 1
    UNION ALL
    SELECT
        {old_dimension}, 0, -count(*), 0, count(old_cost) - count(*), 0, -coalesce(sum(old_cost), 0)
    FROM {stage} AS stage WHERE metered GROUP BY 1
    UNION ALL
    SELECT
        {dimension}, 0, count(*), 0, count(*) - count(cost), 0, coalesce(sum(cost), 0)
    FROM {stage} AS stage WHERE metered GROUP BY 1
), summed AS (
    SELECT
        value,
        sum(calls_before) AS calls_before, sum(calls_after) AS calls_after,
        sum(unpriced_before) AS unpriced_before, sum(unpriced_after) AS unpriced_after,
        sum(cost_before) AS cost_before, sum(cost_after) AS cost_after
    FROM signed GROUP BY value
), ranked AS (
    SELECT *, row_number() OVER (
        ORDER BY abs(cost_after - cost_before) DESC, abs(calls_after - calls_before) DESC,
            cost_after DESC, value
    ) AS place
    FROM summed
)
SELECT
    CASE WHEN place <= %(places)s THEN coalesce(value, %(unallocated)s) END AS value,
    count(*) AS groups,
    sum(calls_before)::bigint, sum(calls_after)::bigint,
    sum(unpriced_before)::bigint, sum(unpriced_after)::bigint,
    sum(cost_before), sum(cost_after)
FROM ranked
GROUP BY least(place, %(places)s + 1), 1
ORDER BY least(place, %(places)s + 1)
