-- Each run once, with the most that it went beyond any one cap: the same dollars may be beyond two.
SELECT workflow, count(*), sum(beyond)
FROM (
    SELECT caps.workflow, told.run_url_id, max(coalesce(told.beyond, 0)) AS beyond
    FROM unnest(%(caps)s::bigint[], %(workflows)s::text[]) AS caps (cap_id, workflow)
    JOIN finops_capviolation AS told USING (cap_id)
    WHERE told.cleared_at IS NULL
      AND told.started_at >= %(since)s AND told.started_at < %(until)s
    GROUP BY 1, 2
) AS runs
GROUP BY 1
