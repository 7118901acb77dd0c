-- Follow each run call by call, as it happened, and note where its value passed the limit. Tokens
-- are those of a call alone; everything else only grows. Dollars beyond a cap of dollars are those
-- above it; beyond any other cap they are what the calls cost that passed it, or came after.
CREATE TEMP TABLE held_values ON COMMIT DROP AS
WITH part AS (
    SELECT
        runs.cap_id, runs.kind, runs."limit", runs.set_at, runs.refreshed,
        runs.url_id, runs.run, runs.started_at AS run_started_at,
        calls.id, calls.started_at, calls.step, calls.cost, calls.requests, calls.tokens,
        depths.depth,
        calls.step IS NOT NULL AND row_number() OVER (
            PARTITION BY runs.cap_id, runs.url_id, calls.step ORDER BY calls.started_at, calls.id
        ) > 1 AS again
    FROM held_runs AS runs
    JOIN held_workflows AS spelled USING (cap_id)
    JOIN held_calls AS calls
        ON calls.url_id = runs.url_id AND calls.workflow = spelled.workflow
    LEFT JOIN held_depths AS depths ON depths.id = calls.id AND runs.kind = 'depth'
), followed AS (
    SELECT
        *,
        CASE kind
            WHEN 'run_cost' THEN sum(coalesce(cost, 0)) OVER so_far
            WHEN 'steps' THEN sum(requests) OVER so_far
            WHEN 'retries' THEN count(*) FILTER (WHERE again) OVER so_far
            WHEN 'depth' THEN coalesce(max(depth) OVER so_far, 0)
            ELSE tokens
        END AS value
    FROM part
    WINDOW so_far AS (
        PARTITION BY cap_id, url_id ORDER BY started_at, id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
SELECT
    cap_id, kind, "limit", set_at, refreshed, url_id, run, run_started_at AS started_at,
    max(value) AS value,
    CASE kind
        WHEN 'run_cost' THEN max(value) - "limit"
        ELSE sum(cost) FILTER (WHERE value > "limit")
    END AS beyond,
    min(started_at) FILTER (WHERE value > "limit") AS broken_at,
    (array_agg(id ORDER BY started_at, id) FILTER (WHERE value > "limit"))[1] AS call,
    (array_agg(step ORDER BY started_at, id) FILTER (WHERE value > "limit"))[1] AS step
FROM followed
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
