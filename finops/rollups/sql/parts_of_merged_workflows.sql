-- A run that touched two of the workflows began its part with the first of them.
SELECT url_id, min(started_at) AS started_at, sum(cost) AS cost, sum(calls) AS calls
FROM run_workflows
WHERE workflow = ANY (%(workflows)s)
GROUP BY url_id
