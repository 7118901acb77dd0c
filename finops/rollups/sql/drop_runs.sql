DELETE FROM runs USING touched WHERE runs.url_id = touched.url_id
