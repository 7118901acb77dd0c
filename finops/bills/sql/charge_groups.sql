-- A page of groups of charges, dearest first; behind each what all groups sum to, and how many.
WITH grouped AS (
    SELECT
        {keys},
        sum(rows)::bigint AS rows,
        sum(unconverted_rows)::bigint AS unconverted_rows,
        sum(missing_billed_rows)::bigint AS missing_billed_rows,
        sum(missing_effective_rows)::bigint AS missing_effective_rows,
        sum(missing_list_rows)::bigint AS missing_list_rows,
        sum(missing_contracted_rows)::bigint AS missing_contracted_rows,
        sum(tokens) AS tokens,
        sum(billed) AS billed,
        sum(effective) AS effective,
        sum(list) AS list,
        sum(contracted) AS contracted
    FROM charges_by_day
    WHERE {conditions}
    GROUP BY {names}
)

SELECT
    *,
    sum(rows) OVER ()::bigint,
    sum(unconverted_rows) OVER ()::bigint,
    sum(missing_billed_rows) OVER ()::bigint,
    sum(missing_effective_rows) OVER ()::bigint,
    sum(missing_list_rows) OVER ()::bigint,
    sum(missing_contracted_rows) OVER ()::bigint,
    sum(tokens) OVER (),
    sum(billed) OVER (),
    sum(effective) OVER (),
    sum(list) OVER (),
    sum(contracted) OVER (),
    count(*) OVER ()
FROM grouped
ORDER BY billed DESC, {names}
LIMIT %(limit)s OFFSET %(offset)s
