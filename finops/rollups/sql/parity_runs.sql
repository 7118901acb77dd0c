SELECT
    calls.source_id,
    calls.run,
    md5(calls.source_id || '/' || calls.run)::uuid AS url_id,
    min(calls.started_at) AS started_at,
    max(calls.started_at) AS ended_at,
    sum(calls.cost) AS cost,
    sum(calls.requests) AS calls,
    count(DISTINCT calls.step) AS steps,
    count(*) FILTER (WHERE calls.status IN ('error', 'timeout', 'cancelled')) AS failed_calls,
    count(calls.step) - count(DISTINCT calls.step) AS repeated_steps,
    coalesce(sum(calls.cost) FILTER (WHERE calls.status IN ('error', 'timeout', 'cancelled')), 0)
        AS cost_of_failed
FROM calls
WHERE calls.run IS NOT NULL
  AND calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
GROUP BY 1, 2
