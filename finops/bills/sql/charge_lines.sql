-- One page of lines of current bills, dearest first in the reporting currency. The page is found
-- first: sorting whole lines would write out every column of all of them.
WITH page AS (
    SELECT
        charges.id,
        charges.billing_period,
        coalesce(charges.billed_cost * charges.exchange_rate, 0) AS place
    FROM charges
    WHERE charges.snapshot_id = ANY (%(current)s)
      AND {conditions}
    ORDER BY place DESC, charges.id
    LIMIT %(limit)s
)

SELECT
    id,
    (charges.charge_period_start AT TIME ZONE 'UTC')::date,
    billing_period,
    coalesce(charges.charge_description, charges.sku_meter, ''),
    coalesce(charges.service_name, ''),
    charges.provider,
    charges.billing_account_id,
    charges.charge_category,
    charges.charge_class IS NOT NULL,
    coalesce(charges.kind, ''),
    coalesce(charges.model, ''),
    coalesce(charges.token_kind, ''),
    coalesce(charges.team, ''),
    charges.billing_currency,
    charges.billed_cost,
    charges.effective_cost,
    charges.list_cost,
    charges.contracted_cost,
    charges.billed_cost * charges.exchange_rate,
    page.place
FROM page
INNER JOIN charges USING (billing_period, id)
ORDER BY page.place DESC, id
