SELECT
    runs.run, runs.url_id, runs.started_at, runs.cost, runs.cost, runs.calls, runs.steps,
    runs.failed_calls, runs.repeated_steps, runs.cost_of_failed, runs.source_id, source.name,
    runs.ended_at
FROM runs
JOIN finops_source AS source ON source.id = runs.source_id
WHERE runs.url_id = %(url_id)s
