-- What some stored values cost in all, and when they were seen; one row, of nulls when never.
SELECT
    min(day),
    max(day),
    coalesce(sum(calls), 0)::bigint,
    coalesce(sum(unpriced_calls), 0)::bigint,
    coalesce(sum(cost), 0)
FROM ({spend}) AS spend
WHERE value = ANY (%(stored)s)
