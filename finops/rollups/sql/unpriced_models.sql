-- Models whose calls wait for a price; reads such calls alone, and not endlessly many.
SELECT
    provider, model, count(*) AS calls,
    min((started_at AT TIME ZONE %(zone)s)::date) AS first_day,
    max((started_at AT TIME ZONE %(zone)s)::date) AS last_day,
    array_agg(DISTINCT unpriced_reason) AS reasons,
    array_agg(DISTINCT coalesce(region, '')) AS regions,
    array_agg(DISTINCT processing) AS modes
FROM (
    SELECT provider, model, started_at, unpriced_reason, region, processing
    FROM calls
    WHERE cost IS NULL AND unpriced_reason = ANY (%(reasons)s)
      AND (%(provider)s = '' OR provider = %(provider)s)
      AND (%(model)s = '' OR model = %(model)s)
      AND source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
    ORDER BY started_at DESC
    LIMIT %(most_calls)s
) AS waiting
GROUP BY provider, model
ORDER BY calls DESC, provider, model
LIMIT %(most_models)s
