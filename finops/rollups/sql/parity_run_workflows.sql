SELECT
    md5(calls.source_id || '/' || calls.run)::uuid AS url_id,
    coalesce(calls.workflow, '') AS workflow,
    min(calls.started_at) AS started_at,
    sum(calls.cost) AS cost,
    sum(calls.requests) AS calls
FROM calls
WHERE calls.run IS NOT NULL
  AND calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
GROUP BY 1, 2
