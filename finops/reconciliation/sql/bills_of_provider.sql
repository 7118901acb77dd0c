-- Bills that have anything of a provider's month: charges posted to it, or usage of its days. A day
-- more on both sides, because the provider's clock may be another one.
SELECT DISTINCT snapshot_id, billing_period
FROM charges_by_day
WHERE snapshot_id = ANY (%(snapshots)s)
  AND provider = %(provider)s
  AND (
    accounting_month = %(month)s
    OR (
        kind = %(llm_usage)s
        AND day BETWEEN %(month)s::date - 1 AND %(next_month)s::date + 1
    )
  )
