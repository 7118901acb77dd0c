-- What AI cost on the bills, before tax, by billing period and provider.
SELECT billing_period, provider, sum(billed)
FROM charges_by_month
WHERE billing_period >= %(since)s AND billing_period < %(until)s
  AND kind NOT IN ('', 'not_ai')
  AND charge_category <> 'Tax'
GROUP BY billing_period, provider
