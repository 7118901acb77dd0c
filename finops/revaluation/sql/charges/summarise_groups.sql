-- The whole scope by one dimension, before and after: what the bills hold, less what leaves each
-- group, plus what comes to it. Groups beyond the first places are one row, so that parts sum.
WITH signed AS (
    SELECT
        charge.{dimension} AS value,
        count(*) AS charges_before, count(*) AS charges_after,
        coalesce(sum(billed_cost * exchange_rate), 0) AS billed_before,
        coalesce(sum(billed_cost * exchange_rate), 0) AS billed_after,
        coalesce(sum(effective_cost * exchange_rate), 0) AS effective_before,
        coalesce(sum(effective_cost * exchange_rate), 0) AS effective_after
    FROM charges AS charge
    WHERE {scope}
    GROUP BY 1
    UNION ALL
    SELECT
        CASE WHEN before ? {name} THEN before ->> {name} ELSE {dimension} END,
        0, -count(*), 0, -coalesce(sum(billed), 0), 0, -coalesce(sum(effective), 0)
    FROM {stage} AS stage
    GROUP BY 1
    UNION ALL
    SELECT
        {dimension}, 0, count(*), 0, coalesce(sum(billed), 0), 0, coalesce(sum(effective), 0)
    FROM {stage} AS stage
    GROUP BY 1
), summed AS (
    SELECT
        value,
        sum(charges_before) AS charges_before, sum(charges_after) AS charges_after,
        sum(billed_before) AS billed_before, sum(billed_after) AS billed_after,
        sum(effective_before) AS effective_before, sum(effective_after) AS effective_after
    FROM signed
    GROUP BY value
), ranked AS (
    SELECT *, row_number() OVER (
        ORDER BY abs(billed_after - billed_before) + abs(effective_after - effective_before) DESC,
            abs(charges_after - charges_before) DESC, effective_after DESC, value
    ) AS place
    FROM summed
)
SELECT
    CASE WHEN place <= %(places)s THEN coalesce(value, %(missing)s) END AS value,
    count(*) AS groups,
    sum(charges_before)::bigint, sum(charges_after)::bigint,
    sum(billed_before), sum(billed_after), sum(effective_before), sum(effective_after)
FROM ranked
GROUP BY least(place, %(places)s + 1), 1
ORDER BY least(place, %(places)s + 1)
