-- What current bills say of a provider, around a month: what its bill of the month holds, and usage
-- of the month that stands on other bills. Amounts are in the reporting currency.
-- A charge of a day or more is cut by the bill's own days, a shorter one by the provider's clock.
WITH told AS (
    SELECT
        charges.*,
        charge_period_end - charge_period_start AS length,
        accounting_month = %(month)s AS here,
        CASE
            WHEN charge_period_end - charge_period_start < interval '20 hours'
                THEN (charge_period_start AT TIME ZONE %(zone)s)::date
            ELSE (charge_period_start AT TIME ZONE 'UTC')::date
        END AS began
    FROM charges
    WHERE snapshot_id = ANY (%(snapshots)s)
      AND billing_period = ANY (%(periods)s)
      AND provider = %(provider)s
),

sorted AS (
    SELECT
        *,
        began >= %(month)s AND began < %(next_month)s AS in_month,
        CASE
            WHEN charge_category = 'Tax' THEN 'tax'
            WHEN kind IS DISTINCT FROM %(llm_usage)s THEN 'not_llm'
            WHEN charge_category IN ('Credit', 'Adjustment') OR charge_class IS NOT NULL
                OR billed_cost < 0 THEN 'credits'
            WHEN charge_category = 'Purchase' THEN 'bought'
            ELSE 'usage'
        END AS part,
        -- A list or contracted cost of 0 beside a cost is one that the bill does not know.
        CASE
            WHEN list_cost <> 0 OR (list_cost = 0 AND billed_cost = 0) THEN list_cost
            WHEN contracted_cost <> 0 OR (contracted_cost = 0 AND billed_cost = 0)
                THEN contracted_cost
            ELSE billed_cost
        END AS listed
    FROM told
)

SELECT
    part,
    here,
    in_month,
    CASE WHEN length <= interval '25 hours' THEN began END AS day,
    left(coalesce(sub_account_id, ''), 500) AS account,
    left(coalesce(credential_id, principal_id, ''), 500) AS credential,
    left(coalesce(model, ''), 500) AS model,
    coalesce(token_kind, '') AS token_kind,
    CASE WHEN exchange_rate IS NULL THEN billing_currency END AS unconverted,
    count(*) AS rows,
    count(*) FILTER (WHERE billed_cost IS NULL) AS missing,
    count(*) FILTER (WHERE invoice_id IS NULL) AS not_invoiced,
    CASE
        WHEN bool_and(tokens IS NOT NULL OR listed = 0) FILTER (WHERE billed_cost IS NOT NULL)
            THEN coalesce(sum(tokens) FILTER (WHERE billed_cost IS NOT NULL), 0)
    END AS tokens,
    coalesce(sum(billed_cost), 0) AS in_currency,
    coalesce(sum(listed * exchange_rate) FILTER (WHERE billed_cost IS NOT NULL), 0) AS listed,
    coalesce(sum(billed_cost * exchange_rate), 0) AS billed
FROM sorted
WHERE here OR (in_month AND part = 'usage')
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
