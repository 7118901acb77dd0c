-- The marks that this snapshot sees, oldest first, as whole hours of the reporting zone.
-- A mark is an hour of UTC; in a zone at half past it touches two hours.
WITH taken AS (
    SELECT id, hour FROM stale_hours ORDER BY hour, id LIMIT %(limit)s
), local AS (
    SELECT DISTINCT date_trunc('hour', instant, %(zone)s) AS hour
    FROM taken, LATERAL (VALUES (hour), (hour + interval '59 minutes')) AS ends (instant)
), islands AS (
    SELECT hour, hour - row_number() OVER (ORDER BY hour) * interval '1 hour' AS island FROM local
)
SELECT
    (SELECT array_agg(id) FROM taken) AS marks,
    array_agg(range_start ORDER BY range_start) AS starts,
    array_agg(range_end ORDER BY range_start) AS ends
FROM (
    SELECT min(hour) AS range_start, max(hour) + interval '1 hour' AS range_end
    FROM islands GROUP BY island
) AS ranges
