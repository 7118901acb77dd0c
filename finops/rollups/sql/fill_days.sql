INSERT INTO cost_by_day
SELECT dimension, value, (hour AT TIME ZONE %(zone)s)::date, model, {sums}
FROM cost_by_hour
JOIN unnest(%(day_starts)s::timestamptz[], %(day_ends)s::timestamptz[]) AS stale (day_start, day_end)
    ON hour >= day_start AND hour < day_end
GROUP BY 1, 2, 3, 4
