SELECT bucket, sum(runs)::bigint
FROM run_cost_sketch
WHERE workflow = ANY (%(workflows)s)
  AND (%(since)s::date IS NULL OR day >= %(since)s)
  AND (%(until)s::date IS NULL OR day < %(until)s)
GROUP BY bucket
ORDER BY bucket
