INSERT INTO run_workflows
SELECT workflow, source_id, run, min(started_at), sum(cost), sum(calls)
FROM gathered_runs
GROUP BY 1, 2, 3
