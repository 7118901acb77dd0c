-- Runs with a call in a stale hour, now or at the last refresh.
CREATE TEMP TABLE touched ON COMMIT DROP AS
WITH stale AS (
    SELECT * FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])
        AS stale (range_start, range_end)
), known AS (
    SELECT runs.source_id, runs.run
    FROM stale JOIN runs
        ON runs.ended_at >= stale.range_start AND runs.started_at < stale.range_end
), present AS (
    SELECT calls.source_id, calls.run
    FROM stale JOIN calls
        ON calls.started_at >= stale.range_start AND calls.started_at < stale.range_end
    WHERE calls.run IS NOT NULL
)
SELECT source_id, run, md5(source_id || '/' || run)::uuid AS url_id
FROM (SELECT * FROM known UNION SELECT * FROM present) AS runs
