SELECT
    runs.run, runs.url_id, runs.started_at, part.cost, runs.cost, runs.calls, runs.steps,
    runs.failed_calls, runs.repeated_steps, runs.cost_of_failed
FROM ({parts}) AS part
JOIN runs USING (url_id)
WHERE {kind} AND (%(since)s::timestamptz IS NULL OR part.started_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR part.started_at < %(until)s)
ORDER BY {order}, runs.url_id
LIMIT %(limit)s
