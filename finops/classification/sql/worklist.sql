-- Charges of current bills that no rule knows, by what a rule could ask for. Candidates look like AI
-- by their category or their words; of all others only the sum is of interest.
WITH unknown AS (
    SELECT
        coalesce(service_provider_name, host_provider_name, invoice_issuer_name, '') AS provider,
        coalesce(service_name, '') AS service,
        coalesce(service_category, '') AS category,
        coalesce(sku_meter, '') AS meter,
        coalesce(consumed_unit, pricing_unit, '') AS unit,
        sum(billed_cost * exchange_rate) AS billed,
        count(*) AS rows,
        count(*) FILTER (WHERE exchange_rate IS NULL) AS unconverted,
        max(charge_period_start) AS latest
    FROM charges
    WHERE kind IS NULL AND billing_period >= %(first)s
        AND charge_period_start >= %(since)s AND charge_period_start < %(until)s
        AND snapshot_id = ANY (%(current)s)
    GROUP BY 1, 2, 3, 4, 5
), told AS (
    SELECT
        *,
        lower(category) = 'ai and machine learning'
        OR concat_ws(' ', provider, service, meter, unit) ~* %(words)s AS is_candidate
    FROM unknown
)
SELECT
    is_candidate,
    CASE WHEN is_candidate THEN provider END,
    CASE WHEN is_candidate THEN service END,
    CASE WHEN is_candidate THEN category END,
    CASE WHEN is_candidate THEN meter END,
    CASE WHEN is_candidate THEN unit END,
    coalesce(sum(billed), 0) AS billed,
    sum(rows)::bigint,
    sum(unconverted)::bigint,
    max(latest)
FROM told
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY is_candidate, abs(coalesce(sum(billed), 0)) DESC, 3, 5
