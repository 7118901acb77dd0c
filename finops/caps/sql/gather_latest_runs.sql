-- The latest runs of a workflow, to learn what is usual: as gather_runs.sql, whatever they cost.
CREATE TEMP TABLE held_runs ON COMMIT DROP AS
WITH parts AS (
    SELECT part.url_id, min(part.started_at) AS started_at
    FROM run_workflows AS part
    WHERE part.workflow = ANY (%(workflows)s) AND part.started_at >= %(since)s
    GROUP BY 1
    ORDER BY 2 DESC, 1
    LIMIT %(most)s
)
SELECT
    caps.cap_id, caps.kind, caps."limit", caps.set_at, false AS refreshed, parts.started_at,
    url_id, runs.source_id, runs.run, runs.started_at AS reach_from, runs.ended_at AS reach_to
FROM parts
JOIN runs USING (url_id)
CROSS JOIN held_caps AS caps
