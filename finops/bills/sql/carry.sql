-- Days that the new snapshot does not reach stay as they were, as a part of it.
UPDATE charges
SET snapshot_id = arriving.snapshot_id, accounting_month = arriving.accounting_month
FROM arriving
WHERE charges.snapshot_id = arriving.replaced_id
  AND charges.billing_period = arriving.billing_period
  AND arriving.snapshot_id = ANY (%(snapshots)s)
  AND NOT (
    (charges.charge_period_start AT TIME ZONE 'UTC')::date
        BETWEEN arriving.covers_from AND arriving.covers_to
  )
