-- Runs that may be beyond a cap. What is kept about a run is asked first, and its calls later:
-- no run costs or makes more in a workflow than its part says, none repeats more than as a whole,
-- and no chain of parents is longer than the run.
CREATE TEMP TABLE held_runs ON COMMIT DROP AS
WITH found AS (
    SELECT spelled.cap_id, url_id, true AS refreshed
    FROM runs
    JOIN run_workflows AS part USING (url_id)
    JOIN held_workflows AS spelled USING (workflow)
    WHERE runs.refreshed_at > %(checked_to)s AND runs.refreshed_at <= %(reaches_to)s
    UNION ALL
    SELECT caps.cap_id, part.url_id, false
    FROM held_caps AS caps
    JOIN held_workflows AS spelled USING (cap_id)
    JOIN run_workflows AS part
        ON part.workflow = spelled.workflow AND part.started_at >= caps.again_from
), asked AS (
    SELECT cap_id, url_id, bool_or(refreshed) AS refreshed FROM found GROUP BY 1, 2
), parts AS (
    SELECT
        cap_id, url_id, refreshed,
        min(part.started_at) AS started_at, sum(part.cost) AS cost, sum(part.calls) AS calls
    FROM asked
    JOIN held_workflows USING (cap_id)
    JOIN run_workflows AS part USING (url_id, workflow)
    GROUP BY 1, 2, 3
)
SELECT
    parts.cap_id, caps.kind, caps."limit", caps.set_at, parts.refreshed, parts.started_at,
    url_id, runs.source_id, runs.run, runs.started_at AS reach_from, runs.ended_at AS reach_to
FROM parts
JOIN held_caps AS caps USING (cap_id)
JOIN runs USING (url_id)
WHERE parts.started_at >= caps.since
  AND CASE caps.kind
      WHEN 'run_cost' THEN parts.cost > caps."limit"
      WHEN 'steps' THEN parts.calls > caps."limit"
      WHEN 'retries' THEN runs.repeated_steps > caps."limit"
      WHEN 'depth' THEN runs.calls > caps."limit"
      ELSE true
  END
