-- Control totals of the snapshots in `bill_days`, in the currencies of the bills. Days outside the
-- billing period are those of corrections; they say how far a bill reaches only where there are no
-- others.
SELECT
    days.snapshot_id,
    days.billing_currency,
    coalesce(days.service_name, '') AS service,
    days.provider,
    sum(days.rows)::bigint AS rows,
    sum(days.billed) AS billed_cost,
    sum(days.effective) AS effective_cost,
    sum(days.list) AS list_cost,
    sum(days.contracted) AS contracted_cost,
    sum(days.rows - days.billed_rows)::bigint AS missing_billed,
    sum(days.rows - days.effective_rows)::bigint AS missing_effective,
    sum(days.rows - days.list_rows)::bigint AS missing_list,
    sum(days.rows - days.contracted_rows)::bigint AS missing_contracted,
    min(days.day) FILTER (WHERE is_inside) AS first_inside,
    max(days.day) FILTER (WHERE is_inside) AS last_inside,
    min(days.day) AS first_day,
    max(days.day) AS last_day
FROM bill_days AS days
JOIN finops_billsnapshot AS bill ON bill.id = days.snapshot_id
CROSS JOIN LATERAL (SELECT date_trunc('month', days.day) = bill.billing_period) AS place (is_inside)
GROUP BY 1, 2, 3, 4
