-- The current charges by day, in the reporting currency; what has no rate is counted and not added.
INSERT INTO charges_by_day
SELECT
    days.snapshot_id,
    bill.source_id,
    bill.billing_period,
    bill.accounting_month,
    days.day,
    bill.billing_account_id,
    coalesce(days.sub_account_id, ''),
    days.billing_currency,
    days.charge_category,
    coalesce(days.service_name, ''),
    coalesce(days.kind, ''),
    days.provider,
    coalesce(days.model, ''),
    coalesce(days.token_kind, ''),
    coalesce(days.feature, ''),
    coalesce(days.team, ''),
    coalesce(days.customer, ''),
    coalesce(days.workflow, ''),
    coalesce(days.environment, ''),
    days.rows,
    CASE WHEN days.exchange_rate IS NULL THEN days.rows ELSE 0 END,
    days.rows - days.billed_rows,
    days.rows - days.effective_rows,
    coalesce(days.tokens, 0),
    coalesce(days.billed * days.exchange_rate, 0),
    coalesce(days.effective * days.exchange_rate, 0),
    coalesce(days.list * days.exchange_rate, 0),
    coalesce(days.contracted * days.exchange_rate, 0),
    days.rows - days.list_rows,
    days.rows - days.contracted_rows
FROM bill_days AS days
JOIN finops_billsnapshot AS bill ON bill.id = days.snapshot_id
WHERE days.snapshot_id = ANY (%(snapshots)s)
