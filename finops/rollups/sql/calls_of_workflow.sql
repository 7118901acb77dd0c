SELECT id, started_at, source_id, run, step, attempt, status, requests, cost
FROM calls
WHERE started_at >= %(since)s AND started_at < %(until)s
  AND coalesce(workflow, '') = ANY (%(workflows)s)
  AND source_id = ANY (%(meters)s)
