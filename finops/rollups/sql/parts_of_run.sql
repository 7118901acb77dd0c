SELECT workflow, cost, calls FROM run_workflows WHERE url_id = %(url_id)s
