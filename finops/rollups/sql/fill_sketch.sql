-- Buckets grow by 2 %%, so a percentile read from them is within 1 %% of the truth. Runs that cost
-- nothing, or less than a billionth of a dollar, share the lowest bucket.
INSERT INTO run_cost_sketch
SELECT
    run_workflows.workflow,
    (run_workflows.started_at AT TIME ZONE %(zone)s)::date,
    ceil(ln(greatest(run_workflows.cost, 1e-9)) / ln(1.02))::integer,
    count(*)
FROM unnest(%(run_day_starts)s::timestamptz[], %(run_day_ends)s::timestamptz[])
    AS stale (day_start, day_end)
JOIN run_workflows
    ON run_workflows.started_at >= stale.day_start AND run_workflows.started_at < stale.day_end
WHERE run_workflows.cost IS NOT NULL
GROUP BY 1, 2, 3
