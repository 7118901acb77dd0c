SELECT max(started_at)
FROM run_workflows
WHERE workflow = ANY (%(workflows)s) AND started_at < %(before)s
