DELETE FROM run_workflows USING touched
WHERE run_workflows.source_id = touched.source_id AND run_workflows.run = touched.run
