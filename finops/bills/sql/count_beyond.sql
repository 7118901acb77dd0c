SELECT count(*)
FROM arriving
JOIN charges
    ON charges.snapshot_id = arriving.replaced_id
    AND charges.billing_period = arriving.billing_period
WHERE arriving.snapshot_id = %(snapshot)s
  AND NOT (
    (charges.charge_period_start AT TIME ZONE 'UTC')::date
        BETWEEN arriving.covers_from AND arriving.covers_to
  )
