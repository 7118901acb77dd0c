INSERT INTO run_workflows
SELECT
    coalesce(calls.workflow, ''),
    calls.source_id,
    calls.run,
    min(calls.started_at),
    sum(calls.cost),
    sum(calls.requests)
FROM calls
JOIN touched ON touched.source_id = calls.source_id AND touched.run = calls.run
WHERE calls.started_at >= %(reach_from)s AND calls.started_at <= %(reach_to)s
  AND calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
GROUP BY 1, 2, 3
