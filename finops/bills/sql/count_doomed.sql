-- Charges of an import in bills that count; what waits is thrown away beside them.
SELECT count(*), coalesce(sum(charges.billed_cost * charges.exchange_rate), 0)
FROM charges
JOIN finops_billsnapshot AS bill ON bill.id = charges.snapshot_id AND bill.status = 'current'
WHERE charges.import_id = %(import_id)s
  AND charges.snapshot_id = ANY (%(snapshots)s)
  AND charges.billing_period = ANY (%(periods)s)
