-- Who sold LLM usage in a month, by the bills of it and by the calls of its days.
SELECT DISTINCT provider
FROM charges_by_day
WHERE snapshot_id = ANY (%(snapshots)s)
  AND accounting_month = %(month)s
  AND kind = %(llm_usage)s
UNION
SELECT DISTINCT provider
FROM cost_by_day_full
WHERE day >= %(month)s AND day < %(until)s
ORDER BY provider
