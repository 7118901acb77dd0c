-- One run after the other, each by its key and within its reach; never the calls as a whole.
SELECT runs.url_id, calls.*
FROM runs
CROSS JOIN LATERAL (
    SELECT id, started_at, source_id, run, step, attempt, status, requests, cost
    FROM calls
    WHERE calls.run = runs.run AND calls.source_id = runs.source_id
      AND calls.started_at BETWEEN runs.started_at AND runs.ended_at
    OFFSET 0
) AS calls
WHERE runs.url_id = ANY (%(runs)s)
