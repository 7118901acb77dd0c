SELECT DISTINCT (run_workflows.started_at AT TIME ZONE %(zone)s)::date
FROM touched JOIN run_workflows USING (url_id)
