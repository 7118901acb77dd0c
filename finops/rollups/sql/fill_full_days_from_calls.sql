INSERT INTO cost_by_day_full
SELECT
    (calls.started_at AT TIME ZONE %(zone)s)::date,
    calls.source_id,
    coalesce(calls.feature, ''),
    coalesce(calls.team, ''),
    coalesce(calls.customer, ''),
    coalesce(calls.workflow, ''),
    calls.provider,
    calls.model,
    coalesce(calls.environment, ''),
    calls.status,
    {measures}
FROM unnest(%(part_starts)s::timestamptz[], %(part_ends)s::timestamptz[]) AS stale (day_start, day_end)
JOIN calls ON calls.started_at >= stale.day_start AND calls.started_at < stale.day_end
WHERE calls.source_id = ANY (%(meters)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
