-- Rows of which a rollup and the calls tell different things, one line per measure; `rows` counts
-- those rows. A stale mark between the first and the last instant that a row depends on explains it.
WITH differing AS (
    SELECT
        row_number() OVER (ORDER BY {keys}) AS place,
        count(*) OVER () AS rows,
        jsonb_build_object({key_pairs}) AS key,
        EXISTS (
            SELECT FROM stale_hours
            WHERE stale_hours.hour <= {row_end}
              AND stale_hours.hour + interval '1 hour' > {row_start}
        ) AS pending,
        held,
        due
    FROM ({rollup}) AS held
    FULL JOIN ({calls}) AS due USING ({keys})
    WHERE ({rollup_measures}) IS DISTINCT FROM ({call_measures})
)
SELECT place, rows, key, pending, measure, in_rollup, in_calls
FROM differing
CROSS JOIN LATERAL (VALUES {pairs}) AS pair (measure, in_rollup, in_calls, differs)
WHERE differs AND place <= %(limit)s
ORDER BY place
