DELETE FROM run_workflows USING touched WHERE run_workflows.url_id = touched.url_id
