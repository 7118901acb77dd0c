-- Runs with a call in a stale hour, now or at the last refresh, and how far they reach.
CREATE TEMP TABLE touched ON COMMIT DROP AS
WITH stale AS (
    SELECT * FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])
        AS stale (range_start, range_end)
), known AS (
    SELECT DISTINCT runs.source_id, runs.run
    FROM runs JOIN stale
        ON runs.started_at < stale.range_end AND runs.ended_at >= stale.range_start
), present AS (
    SELECT DISTINCT calls.source_id, calls.run
    FROM stale JOIN calls
        ON calls.started_at >= stale.range_start AND calls.started_at < stale.range_end
    WHERE calls.run IS NOT NULL
)
SELECT source_id, run FROM known UNION SELECT source_id, run FROM present
