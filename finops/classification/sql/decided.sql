-- What each rule decided of the current bills, in two months of charges, in the reporting currency.
SELECT
    charges.kind_rule_id,
    coalesce(sum(billed_cost * exchange_rate) FILTER (WHERE charge_period_start >= %(since)s), 0),
    coalesce(sum(billed_cost * exchange_rate) FILTER (WHERE charge_period_start < %(since)s), 0),
    count(*)
FROM charges
WHERE charges.billing_period >= %(first)s AND charges.billing_period < %(after)s
    AND charges.charge_period_start >= %(before)s AND charges.charge_period_start < %(until)s
    AND snapshot_id = ANY (%(current)s)
GROUP BY 1
