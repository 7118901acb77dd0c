DELETE FROM cost_by_hour
USING unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS stale (range_start, range_end)
WHERE cost_by_hour.hour >= stale.range_start AND cost_by_hour.hour < stale.range_end
