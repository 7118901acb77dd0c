-- The marks that this snapshot sees, oldest first, as ranges of whole hours of the reporting zone.
-- A mark is an hour of UTC; in a zone at half past it touches two hours. Where a zone shifts by
-- half an hour, two neighbours begin less than an hour apart, and are refilled together.
WITH taken AS (
    SELECT id, hour FROM stale_hours ORDER BY hour, id LIMIT %(limit)s
), touched AS (
    SELECT DISTINCT date_trunc('hour', instant, %(zone)s) AS hour
    FROM taken, LATERAL (
        VALUES (hour), (hour + interval '30 minutes'), (hour + interval '59 minutes')
    ) AS ends (instant)
), local AS (
    SELECT hour FROM touched
    UNION
    SELECT neighbour
    FROM touched, LATERAL (
        VALUES
            (date_trunc('hour', hour - interval '1 minute', %(zone)s)),
            (date_trunc('hour', hour + interval '1 hour', %(zone)s))
    ) AS beside (neighbour)
    WHERE neighbour > hour - interval '1 hour' AND neighbour < hour + interval '1 hour'
), starts AS (
    SELECT hour, hour > lag(hour) OVER (ORDER BY hour) + interval '1 hour' AS apart FROM local
), islands AS (
    SELECT hour, count(*) FILTER (WHERE apart) OVER (ORDER BY hour) AS island FROM starts
)
SELECT
    (SELECT array_agg(id) FROM taken) AS marks,
    array_agg(range_start ORDER BY range_start) AS starts,
    array_agg(range_end ORDER BY range_start) AS ends
FROM (
    SELECT min(hour) AS range_start, max(hour) + interval '1 hour' AS range_end
    FROM islands GROUP BY island
) AS ranges
