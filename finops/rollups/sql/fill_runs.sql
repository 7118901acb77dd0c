-- A repeated step is a call beyond the first of its step: a retry, or a loop.
INSERT INTO runs
SELECT
    calls.source_id,
    calls.run,
    md5(calls.source_id || '/' || calls.run)::uuid,
    min(calls.started_at),
    max(calls.started_at),
    sum(calls.cost),
    sum(calls.requests),
    count(DISTINCT calls.step),
    count(*) FILTER (WHERE calls.status IN ('error', 'timeout', 'cancelled')),
    count(calls.step) - count(DISTINCT calls.step),
    coalesce(sum(calls.cost) FILTER (WHERE calls.status IN ('error', 'timeout', 'cancelled')), 0)
FROM calls
JOIN touched ON touched.source_id = calls.source_id AND touched.run = calls.run
WHERE calls.started_at >= %(reach_from)s AND calls.started_at <= %(reach_to)s
  AND calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
GROUP BY 1, 2
