DELETE FROM runs USING touched
WHERE runs.source_id = touched.source_id AND runs.run = touched.run
