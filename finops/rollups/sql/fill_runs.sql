-- A repeated step is a call beyond the first of its step: a retry, or a loop.
INSERT INTO runs
SELECT
    url_id,
    source_id,
    run,
    min(started_at),
    max(ended_at),
    sum(cost),
    sum(calls),
    count(DISTINCT step),
    sum(failed_calls),
    coalesce(sum(rows) FILTER (WHERE step IS NOT NULL), 0) - count(DISTINCT step),
    sum(cost_of_failed)
FROM gathered_runs
GROUP BY 1, 2, 3
