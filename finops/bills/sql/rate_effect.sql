-- Current charges of these currencies in open months by day: billed, and what that is worth now.
SELECT
    charges.billing_currency,
    (charges.charge_period_start AT TIME ZONE 'UTC')::date,
    count(*),
    count(*) FILTER (WHERE charges.exchange_rate IS NULL),
    coalesce(sum(charges.billed_cost), 0),
    coalesce(sum(charges.billed_cost * charges.exchange_rate), 0)
FROM charges
INNER JOIN finops_billsnapshot AS bill ON bill.id = charges.snapshot_id
WHERE bill.status = 'current'
  AND charges.billing_period = bill.billing_period
  AND charges.billing_currency = ANY (%(currencies)s)
  AND NOT charges.accounting_month = ANY (%(closed)s)
GROUP BY 1, 2
