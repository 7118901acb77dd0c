-- The days of snapshots by month, as the page of bills reads them.
INSERT INTO charges_by_month
SELECT
    snapshot_id,
    billing_period,
    date_trunc('month', day)::date,
    billing_currency,
    charge_category,
    kind,
    provider,
    sum(rows),
    sum(unconverted_rows),
    sum(missing_billed_rows),
    sum(missing_effective_rows),
    sum(billed),
    sum(effective)
FROM charges_by_day
WHERE snapshot_id = ANY (%(snapshots)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7
