-- One pass over the calls of the touched runs; runs and their parts come from this.
CREATE TEMP TABLE gathered_runs ON COMMIT DROP AS
SELECT
    touched.url_id,
    calls.source_id,
    calls.run,
    coalesce(calls.workflow, '') AS workflow,
    calls.step,
    min(calls.started_at) AS started_at,
    max(calls.started_at) AS ended_at,
    sum(calls.cost) AS cost,
    sum(calls.requests) AS calls,
    count(*) AS rows,
    count(*) FILTER (WHERE calls.status IN ('error', 'timeout', 'cancelled')) AS failed_calls,
    coalesce(sum(calls.cost) FILTER (WHERE calls.status IN ('error', 'timeout', 'cancelled')), 0)
        AS cost_of_failed
FROM calls
JOIN touched ON touched.source_id = calls.source_id AND touched.run = calls.run
WHERE calls.started_at >= %(reach_from)s AND calls.started_at <= %(reach_to)s
  AND calls.source_id = ANY (%(meters)s)
GROUP BY 1, 2, 3, 4, 5
