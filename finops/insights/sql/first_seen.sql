-- Values of a dimension that occur in the window and never before it; a value without one price
-- has no cost.
WITH seen AS (
    SELECT {value} AS value, min(day) AS first_day, sum(calls)::bigint AS calls,
        sum(unpriced_calls)::bigint AS unpriced_calls,
        CASE WHEN sum(calls) > sum(unpriced_calls) THEN sum(cost) END AS cost
    FROM cost_by_day
    WHERE dimension = %(dimension)s AND day >= %(since)s AND day < %(until)s
    GROUP BY 1
)
SELECT seen.value, seen.first_day, seen.calls, seen.unpriced_calls, seen.cost
FROM seen
WHERE seen.value <> '' AND NOT EXISTS (
    SELECT FROM cost_by_day AS before
    WHERE before.dimension = %(dimension)s AND before.{value} = seen.value
      AND before.day < %(since)s
)
ORDER BY seen.cost DESC NULLS LAST, seen.value
LIMIT %(limit)s
