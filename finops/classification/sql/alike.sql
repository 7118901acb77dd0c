-- Charges of current bills that a rule matches or has decided, by all that rules may look at.
SELECT
    {facts},
    sku_price_details::text,
    max(charge_period_start),
    coalesce(sum(billed_cost * exchange_rate), 0) AS billed,
    count(*) AS rows
FROM charges
WHERE billing_period >= %(first)s
    AND charge_period_start >= %(since)s AND charge_period_start < %(until)s
    AND snapshot_id IN (SELECT id FROM finops_billsnapshot WHERE status = 'current')
    AND ({matches} OR kind_rule_id = %(replaces)s)
GROUP BY {numbers}
ORDER BY abs(coalesce(sum(billed_cost * exchange_rate), 0)) DESC
LIMIT %(limit)s
