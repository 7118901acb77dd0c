-- Charges of snapshots by day and by everything that the projection holds, in the currencies of the
-- bills: what both the projection and the control totals are made of, in one pass.
CREATE TEMP TABLE bill_days ON COMMIT DROP AS
SELECT
    snapshot_id,
    (charge_period_start AT TIME ZONE 'UTC')::date AS day,
    sub_account_id,
    billing_currency,
    exchange_rate,
    charge_category,
    service_name,
    kind,
    provider,
    model,
    token_kind,
    feature,
    team,
    customer,
    workflow,
    environment,
    count(*) AS rows,
    count(billed_cost) AS billed_rows,
    count(effective_cost) AS effective_rows,
    count(list_cost) AS list_rows,
    count(contracted_cost) AS contracted_rows,
    sum(tokens) AS tokens,
    sum(billed_cost) AS billed,
    sum(effective_cost) AS effective,
    sum(list_cost) AS list,
    sum(contracted_cost) AS contracted
FROM charges
WHERE snapshot_id = ANY (%(snapshots)s) AND billing_period = ANY (%(periods)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
