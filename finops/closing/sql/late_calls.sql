-- Calls of meters that were posted to a later month than their own, because that was closed.
SELECT
    calls.accounting_month,
    date_trunc('month', calls.started_at AT TIME ZONE %(zone)s)::date AS own_month,
    source.name,
    calls.import_id,
    count(*),
    sum(calls.cost),
    count(*) FILTER (WHERE calls.cost IS NULL)
FROM calls
JOIN finops_source AS source ON source.id = calls.source_id
WHERE calls.accounting_month > date_trunc('month', calls.started_at AT TIME ZONE 'UTC')
  AND calls.accounting_month
      > date_trunc('month', calls.started_at AT TIME ZONE %(zone)s)::date
  AND source.role = 'meter'
GROUP BY 1, 2, 3, 4
ORDER BY 1 DESC, 2 DESC, 3, 4
LIMIT %(limit)s
