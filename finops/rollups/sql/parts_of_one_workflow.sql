SELECT url_id, started_at, cost, calls
FROM run_workflows
WHERE workflow = ANY (%(workflows)s)
