-- What a new snapshot says of the days that it covers, beside what the one that it replaces says.
SELECT
    arriving.snapshot_id,
    charges.billing_currency,
    coalesce(charges.service_name, '') AS service,
    coalesce(charges.team, '') AS team,
    charges.snapshot_id = arriving.snapshot_id AS is_new,
    count(*) AS rows,
    coalesce(sum(charges.billed_cost), 0) AS billed,
    coalesce(sum(charges.effective_cost), 0) AS effective
FROM arriving
JOIN charges
    ON charges.snapshot_id IN (arriving.snapshot_id, arriving.replaced_id)
    AND charges.billing_period = arriving.billing_period
    AND (
        charges.snapshot_id = arriving.snapshot_id
        OR (charges.charge_period_start AT TIME ZONE 'UTC')::date
            BETWEEN arriving.covers_from AND arriving.covers_to
    )
WHERE arriving.replaced_id IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
