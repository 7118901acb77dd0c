SELECT
    part.workflow,
    (part.started_at AT TIME ZONE %(zone)s)::date AS day,
    ceil(ln(greatest(part.cost, 1e-9)) / ln(1.02))::integer AS bucket,
    count(*) AS runs
FROM ({run_workflows}) AS part
WHERE part.cost IS NOT NULL
GROUP BY 1, 2, 3
