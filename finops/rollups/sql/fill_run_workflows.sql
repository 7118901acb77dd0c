INSERT INTO run_workflows
SELECT url_id, workflow, min(started_at), sum(cost), sum(calls)
FROM gathered_runs
GROUP BY 1, 2
