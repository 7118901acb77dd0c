-- What charges of a currency are worth now, where that has changed.
UPDATE charges
SET exchange_rate = days.rate
FROM (
    SELECT days.billing_currency, days.day, worth.rate
    FROM (
        SELECT DISTINCT
            billing_currency, (charge_period_start AT TIME ZONE 'UTC')::date AS day
        FROM charges
        WHERE billing_currency = %(of)s
          AND snapshot_id = ANY (%(snapshots)s) AND billing_period = ANY (%(periods)s)
    ) AS days
    LEFT JOIN LATERAL ({worth}) AS worth ON true
) AS days
WHERE charges.billing_currency = days.billing_currency
  AND (charges.charge_period_start AT TIME ZONE 'UTC')::date = days.day
  AND charges.exchange_rate IS DISTINCT FROM days.rate
  AND charges.snapshot_id = ANY (%(snapshots)s) AND charges.billing_period = ANY (%(periods)s)
