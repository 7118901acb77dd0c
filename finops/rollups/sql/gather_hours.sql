-- One pass over the calls of the stale hours; everything by hour and day comes from this.
CREATE TEMP TABLE gathered ON COMMIT DROP AS
SELECT
    date_trunc('hour', calls.started_at, %(zone)s) AS hour,
    calls.source_id,
    coalesce(calls.feature, '') AS feature,
    coalesce(calls.team, '') AS team,
    coalesce(calls.customer, '') AS customer,
    coalesce(calls.workflow, '') AS workflow,
    calls.provider,
    calls.model,
    coalesce(calls.environment, '') AS environment,
    calls.status,
    {measures}
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS stale (range_start, range_end)
JOIN calls ON calls.started_at >= stale.range_start AND calls.started_at < stale.range_end
WHERE calls.source_id = ANY (%(meters)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
