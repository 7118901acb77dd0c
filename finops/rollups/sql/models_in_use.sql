-- The models of some days, the dearest first. A cost is null where every call is unpriced.
SELECT
    provider, model,
    CASE WHEN sum(unpriced_calls) < sum(calls) THEN sum(cost) END AS cost,
    sum(calls)::bigint AS calls,
    sum(unpriced_calls)::bigint AS unpriced_calls
FROM cost_by_day_full
WHERE (%(since)s::date IS NULL OR day >= %(since)s) AND (%(until)s::date IS NULL OR day < %(until)s)
GROUP BY provider, model
ORDER BY sum(cost) DESC, sum(calls) DESC, provider, model
LIMIT %(most_models)s
